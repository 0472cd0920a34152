#include "common/certs/der.h"

#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr uint8_t kHighTagNumber = 0x1F;  // X.690, 8.1.2.4.1: more identifier octets follow
constexpr uint8_t kEndOfContents = 0x00;  // X.690, 8.1.5: ends an indefinite length, which DER has not
constexpr uint8_t kLongForm = 0x80;       // X.690, 8.1.3.5; alone: indefinite length (8.1.3.6)
constexpr size_t kMaxLengthOctets = 4;

}  // namespace

// Lengths that are longer written than needed are taken: X.690, 10.1 forbids
// them, but files on cards have them.
absl::StatusOr<DerHeader> ReadDerHeader(ByteView start) {
  if (start.empty()) return absl::OutOfRangeError("no identifier octet");
  DerHeader header;
  header.tag = start[0];
  if (header.tag == kEndOfContents) return absl::InvalidArgumentError("tag 00 starts no DER element");
  if ((header.tag & kHighTagNumber) == kHighTagNumber) {
    return absl::InvalidArgumentError(absl::StrFormat("tag %02X has a high tag number", header.tag));
  }
  if (start.size() < 2) return absl::OutOfRangeError("no length octet");
  const uint8_t first = start[1];
  if ((first & kLongForm) == 0) {
    header.header_size = 2;
    header.contents_size = first;
    return header;
  }
  const size_t octets = first & 0x7F;
  if (octets == 0 || octets > kMaxLengthOctets) {
    return absl::InvalidArgumentError(absl::StrFormat("length octet %02X is not supported", first));
  }
  if (start.size() < 2 + octets) return absl::OutOfRangeError("length is cut off");
  uint64_t length = 0;
  for (size_t i = 0; i < octets; ++i) length = length << 8 | start[2 + i];
  header.header_size = 2 + octets;
  header.contents_size = static_cast<size_t>(length);
  return header;
}

absl::StatusOr<DerElement> DerReader::Next() {
  absl::StatusOr<DerHeader> header = ReadDerHeader(rest_);
  if (!header.ok()) return absl::InvalidArgumentError(header.status().message());
  if (header->contents_size > rest_.size() - header->header_size) {
    return absl::InvalidArgumentError(absl::StrFormat("element %02X says %d bytes, %d are there", header->tag,
                                                      header->contents_size,
                                                      rest_.size() - header->header_size));
  }
  DerElement element;
  element.tag = header->tag;
  element.header_size = header->header_size;
  element.contents = rest_.subspan(header->header_size, header->contents_size);
  rest_ = rest_.subspan(element.total_size());
  return element;
}

absl::StatusOr<DerElement> DerReader::Next(uint8_t tag) {
  const ByteView before = rest_;
  ASSIGN_OR_RETURN(DerElement element, Next());
  if (element.tag != tag) {
    rest_ = before;
    return absl::InvalidArgumentError(absl::StrFormat("tag %02X where %02X belongs", element.tag, tag));
  }
  return element;
}

}  // namespace kortvakt
