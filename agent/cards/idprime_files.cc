#include "agent/cards/idprime_files.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "agent/cards/certificate_list.h"
#include "agent/cards/evidence.h"
#include "agent/cards/file_reader.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr uint8_t kCompressed[] = {0x01, 0x00};
constexpr size_t kCompressedHeader = 4;
constexpr uint8_t kLabelTag = 0x01;

// Text of a field padded with zeros.
std::string Field(ByteView field) {
  const auto end = std::find(field.begin(), field.end(), uint8_t{0});
  return CleanText(AsString(field.first(static_cast<size_t>(end - field.begin()))));
}

size_t BigEndian(ByteView two) { return static_cast<size_t>(two[0]) << 8 | two[1]; }
size_t LittleEndian(ByteView two) { return static_cast<size_t>(two[1]) << 8 | two[0]; }

bool IsCompressed(ByteView contents) {
  return contents.size() >= kCompressedHeader &&
         std::equal(std::begin(kCompressed), std::end(kCompressed), contents.begin());
}

struct Inflated {
  Bytes plain;        // what the stream gave: at most one byte more than `said`
  size_t said = 0;    // how many bytes it should give, by the file's header
  int result = Z_OK;  // of inflate(3)
  bool cut_off() const { return result == Z_BUF_ERROR && plain.size() <= said; }
};

// `file`: IsCompressed. Without memory for it `result` is Z_MEM_ERROR.
Inflated Inflate(ByteView file) {
  Inflated inflated;
  inflated.said = LittleEndian(file.subspan(2));
  const ByteView stream = file.subspan(kCompressedHeader);
  z_stream z{};
  z.next_in = const_cast<Bytef*>(stream.data());  // zlib's type; it only reads
  z.avail_in = static_cast<uInt>(stream.size());
  // 32: tells zlib and gzip apart by itself.
  inflated.result = inflateInit2(&z, MAX_WBITS + 32);
  if (inflated.result != Z_OK) return inflated;
  // One byte more than said, so that a longer stream is noticed.
  inflated.plain.resize(inflated.said + 1);
  z.next_out = inflated.plain.data();
  z.avail_out = static_cast<uInt>(inflated.plain.size());
  inflated.result = inflate(&z, Z_FINISH);
  inflated.plain.resize(inflated.plain.size() - z.avail_out);
  inflateEnd(&z);
  return inflated;
}

// Whether a file that begins as a compressed one goes on after `so_far`.
bool GoesOn(ByteView so_far) {
  if (so_far.size() < kCompressedHeader) return true;
  return IsCompressed(so_far) && Inflate(so_far).cut_off();
}

}  // namespace

size_t IdPrimeIndexSize(ByteView so_far) {
  return so_far.empty() ? kUntilEnd : 1 + so_far[0] * kIdPrimeIndexEntry;
}

std::vector<IdPrimeFile> ParseIdPrimeIndex(ByteView contents) {
  std::vector<IdPrimeFile> files;
  if (contents.empty()) return files;
  const size_t count = contents[0];
  contents = contents.subspan(1);
  for (size_t i = 0; i < count && contents.size() >= kIdPrimeIndexEntry; ++i) {
    const ByteView entry = contents.first(kIdPrimeIndexEntry);
    contents = contents.subspan(kIdPrimeIndexEntry);
    if (std::all_of(entry.begin(), entry.end(), [](uint8_t byte) { return byte == 0; })) continue;
    IdPrimeFile file;
    file.id = static_cast<uint16_t>(BigEndian(entry));
    file.size = BigEndian(entry.subspan(2));
    file.name = Field(entry.subspan(4, 8));
    file.directory = Field(entry.subspan(12, 8));
    files.push_back(std::move(file));
  }
  return files;
}

std::optional<IdPrimeContainer> ParseContainerName(std::string_view name) {
  const std::string_view kind = name.substr(0, 3);
  if (kind != "kxc" && kind != "ksc") return std::nullopt;
  IdPrimeContainer container;
  container.signature = kind == "ksc";
  const std::string_view digits = name.substr(3);
  size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  const bool same_in_both = number < 10 || digits.find_first_not_of("0123456789") != digits.npos;
  if (error == std::errc() && digits.size() == 2 && end == digits.data() + 2 && same_in_both) {
    container.number = number;
  }
  return container;
}

KeyPresence KeyInContainer(ByteView map, size_t first, const IdPrimeContainer& container) {
  if (!container.number.has_value() || *container.number < first) return KeyPresence::kUnknown;
  const size_t offset = (*container.number - first) * kContainerRecord;
  if (map.size() < 6 || offset > map.size() - 6) return KeyPresence::kUnknown;
  const ByteView fields = map.subspan(offset, 6);
  const bool valid = (fields[0] & 0x01) != 0;
  const size_t bits = LittleEndian(fields.subspan(container.signature ? 2 : 4));
  return valid && bits != 0 ? KeyPresence::kPresent : KeyPresence::kAbsent;
}

std::string ParseTokenLabel(ByteView contents) {
  while (contents.size() >= 2) {
    const uint8_t tag = contents[0];
    const size_t size = contents[1];
    if (size > contents.size() - 2) break;
    if (tag == kLabelTag) {
      std::string label = Field(contents.subspan(2, size));
      label.erase(label.find_last_not_of(' ') + 1);
      return label;
    }
    contents = contents.subspan(2 + size);
  }
  return "";
}

size_t CertificateFileSize(ByteView so_far, size_t size) {
  if (so_far.size() < size && (so_far.empty() || so_far[0] == kCompressed[0])) return size;
  if (so_far.empty()) return kUntilEnd;
  if (so_far[0] == kCompressed[0]) return GoesOn(so_far) ? kUntilEnd : so_far.size();
  const size_t by_header = CertificateSize(so_far);
  return by_header == kUntilEnd && so_far.size() < size ? size : by_header;
}

absl::StatusOr<Bytes> UnpackCertificate(Bytes contents) {
  if (!IsCompressed(contents)) return CutCertificate(std::move(contents));
  Inflated inflated = Inflate(contents);
  if (inflated.cut_off()) return ContentFault("the compressed certificate is cut off");
  const bool ended = inflated.result == Z_STREAM_END;
  if (ended && inflated.plain.size() == inflated.said) return CutCertificate(std::move(inflated.plain));
  if (ended || inflated.plain.size() > inflated.said) {
    return ContentFault(
        absl::StrCat("the compressed certificate is not of the ", inflated.said, " bytes it says"));
  }
  return ContentFault("the compressed certificate is damaged");
}

}  // namespace kortvakt
