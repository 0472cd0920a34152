#include "agent/cards/idprime_files.h"

#include <zlib.h>

#include <algorithm>

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

absl::StatusOr<Bytes> Inflate(ByteView stream, size_t plain_size) {
  z_stream z{};
  z.next_in = const_cast<Bytef*>(stream.data());  // zlib's type; it only reads
  z.avail_in = static_cast<uInt>(stream.size());
  // 32: tells zlib and gzip apart by itself.
  if (inflateInit2(&z, MAX_WBITS + 32) != Z_OK) return ContentFault("no memory to decompress");
  // One byte more than said, so that a longer stream is noticed.
  Bytes plain(plain_size + 1);
  z.next_out = plain.data();
  z.avail_out = static_cast<uInt>(plain.size());
  const int result = inflate(&z, Z_FINISH);
  const size_t size = plain.size() - z.avail_out;
  inflateEnd(&z);
  if (result == Z_STREAM_END && size == plain_size) {
    plain.resize(plain_size);
    return plain;
  }
  if (result == Z_STREAM_END || size > plain_size) {
    return ContentFault(
        absl::StrCat("the compressed certificate is not of the ", plain_size, " bytes it says"));
  }
  if (result == Z_BUF_ERROR) return ContentFault("the compressed certificate is cut off");
  return ContentFault("the compressed certificate is damaged");
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
  while (files.size() < count && contents.size() >= kIdPrimeIndexEntry) {
    const ByteView entry = contents.first(kIdPrimeIndexEntry);
    if (std::all_of(entry.begin(), entry.end(), [](uint8_t byte) { return byte == 0; })) break;
    IdPrimeFile file;
    file.id = static_cast<uint16_t>(BigEndian(entry));
    file.size = BigEndian(entry.subspan(2));
    file.name = Field(entry.subspan(4, 8));
    file.directory = Field(entry.subspan(12, 8));
    files.push_back(std::move(file));
    contents = contents.subspan(kIdPrimeIndexEntry);
  }
  return files;
}

std::optional<IdPrimeContainer> ParseContainerName(std::string_view name) {
  if (name.size() != 5) return std::nullopt;
  const std::string_view kind = name.substr(0, 3);
  if (kind != "kxc" && kind != "ksc") return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(name[3]) || !is_digit(name[4])) return std::nullopt;
  return IdPrimeContainer{static_cast<size_t>((name[3] - '0') * 10 + (name[4] - '0')), kind == "ksc"};
}

KeyPresence KeyInContainer(ByteView map, size_t first, const IdPrimeContainer& container) {
  if (container.number < first) return KeyPresence::kUnknown;
  const size_t offset = (container.number - first) * kContainerRecord;
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
  if (so_far.empty()) return size;
  if (so_far[0] == kCompressed[0]) return size;
  const size_t by_header = CertificateSize(so_far);
  return by_header == kUntilEnd ? size : by_header;
}

absl::StatusOr<Bytes> UnpackCertificate(Bytes contents) {
  if (!IsCompressed(contents)) return CutCertificate(std::move(contents));
  const ByteView view = contents;
  ASSIGN_OR_RETURN(Bytes plain, Inflate(view.subspan(kCompressedHeader), LittleEndian(view.subspan(2))));
  return CutCertificate(std::move(plain));
}

}  // namespace kortvakt
