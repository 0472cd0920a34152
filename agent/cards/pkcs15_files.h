// What stands in the files of an ISO/IEC 7816-15 (PKCS#15 v1.1) application: pure
// functions over bytes that may be hostile. No recursion; strings are cleaned.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Most entries looked at in one directory file.
inline constexpr size_t kMaxDirectoryEntries = 4096;

// Where a directory file's entries end, by what has been read of it: at the
// first 00 or FF that stands where an entry would begin (padding), or after what
// is no DER. kUntilEnd (file_reader.h): they may go on.
size_t DirectoryEnd(ByteView so_far);

// Whether what has been read of a directory file does not end within an entry.
bool EndsBetweenEntries(ByteView so_far);

// A Path (PKCS#15 v1.1, 6.1.5).
struct Pkcs15Path {
  bool absolute = false;  // was written with 3F00
  Bytes path = {};        // without it; 2 to 14 bytes, even
  size_t index = 0;       // offset in the file
  std::optional<size_t> length = {};

  bool operator==(const Pkcs15Path&) const = default;
};

// Entry of EF(ODF): where one kind of objects is listed.
struct ObjectDirectoryEntry {
  enum class Kind { kPrivateKeys, kCertificates, kTrustedCertificates, kUsefulCertificates };
  Kind kind = Kind::kCertificates;
  std::optional<Pkcs15Path> path;
  Bytes objects;  // the entries themselves, when they are not in a file
};

// Entry of a certificate directory.
struct CertificateEntry {
  Bytes id;  // joins it with its key; may be empty
  std::optional<Pkcs15Path> path;
  Bytes der;  // the certificate itself, when it is not in a file
};

// A directory as far as it makes sense. An entry that does not is left out and
// counted; `fault` says what was wrong with the first.
template <typename Entry>
struct ParsedDirectory {
  std::vector<Entry> entries;
  size_t bad_entries = 0;
  absl::Status fault;
};

// EF(ODF), PKCS#15 v1.1, 6.2. Kinds that are not listed above are left out.
ParsedDirectory<ObjectDirectoryEntry> ParseObjectDirectory(ByteView contents);
// EF(CDF), 6.6. Certificates that are not X.509, or of which it only says a URL, are left out.
ParsedDirectory<CertificateEntry> ParseCertificateDirectory(ByteView contents);
// EF(PrKDF), 6.3: the identifiers of the private keys.
ParsedDirectory<Bytes> ParsePrivateKeyDirectory(ByteView contents);

// EF(TokenInfo), 6.9.
struct TokenInfo {
  Bytes serial;
  std::string label;
  std::string manufacturer;
};
absl::StatusOr<TokenInfo> ParseTokenInfo(ByteView contents);

// An application in EF.DIR (ISO/IEC 7816-4, 12.2.3).
struct ApplicationEntry {
  Bytes aid = {};
  std::optional<Bytes> path = {};      // of its DF, without 3F00
  std::optional<Pkcs15Path> odf = {};  // of its EF(ODF), where that is said
};
std::vector<ApplicationEntry> ParseApplicationDirectory(ByteView contents);

}  // namespace kortvakt
