// What stands in the files of a Thales IDPrime application: pure functions over
// bytes that may be hostile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// An entry of the index file 0101.
struct IdPrimeFile {
  uint16_t id = 0;
  size_t size = 0;        // bytes
  std::string name;       // at most 8 characters, such as "kxc00"
  std::string directory;  // such as "mscp"; empty: the root
};

// The index: a count byte, then entries of 21 bytes each (file, size, name,
// directory, access), zeros after the last.
inline constexpr size_t kIdPrimeIndexEntry = 21;
// Bytes of the index by its count, from what has been read.
size_t IdPrimeIndexSize(ByteView so_far);
// Entries up to the count or the end of the bytes, without those of zeros.
std::vector<IdPrimeFile> ParseIdPrimeIndex(ByteView contents);

// Which key container a certificate file belongs to: "kxc" (key exchange) or "ksc"
// (signature) and two digits. nullopt: the name is not that of a certificate.
struct IdPrimeContainer {
  // nullopt: not told. Some software writes the digits in decimal, some in hexadecimal,
  // so only those that mean the same in both, or have a letter, tell the number.
  std::optional<size_t> number;
  bool signature = false;
};
std::optional<IdPrimeContainer> ParseContainerName(std::string_view name);

// Container map (file 0204): records of 86 bytes, of which the last 6 are flags
// (bit 0: valid), a reserved byte and the sizes in bits of the signature key and
// of the key exchange key, little-endian.
inline constexpr size_t kContainerRecord = 86;
inline constexpr size_t kContainerFlags = 80;
inline constexpr size_t kMaxContainers = 15;
// `map`: contents of the map from the flags of record `first` on. kUnknown: the
// record is not in it.
KeyPresence KeyInContainer(ByteView map, size_t first, const IdPrimeContainer& container);

// The token label in "tinfo": objects of tag, length and text; the label has tag
// 01. Cleaned; empty: none.
std::string ParseTokenLabel(ByteView contents);

// A certificate file: the certificate itself, or 01 00, its plain length (2 bytes,
// little-endian) and a zlib or gzip stream (RFC 1950, RFC 1952) of it. Bytes
// wanted in all, by what has been read; `size` is what the index says, which may be less
// than there is (kUntilEnd, file_reader.h, where it proves to be).
size_t CertificateFileSize(ByteView so_far, size_t size);
// The certificate. A fault: the stream is damaged, cut, or gives another length
// than is said (65,535 bytes at most, whatever the stream goes on to give).
absl::StatusOr<Bytes> UnpackCertificate(Bytes contents);

}  // namespace kortvakt
