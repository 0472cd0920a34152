// Whether a PKCS#15 card changed since it was read.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/cards/file_reader.h"
#include "common/base/bytes.h"

namespace kortvakt {

// The files that tell: EF(TokenInfo) for the chip's serial number (cards of one
// batch have the same directories), then the certificate directories.
// lastUpdate in TokenInfo is not enough: cards are re-issued in place without it.
struct Pkcs15Freshness {
  struct File {
    FilePath path;
    size_t size = 0;  // bytes to read; 0: a directory, to its end
  };
  Bytes application;  // empty: the files have paths from the MF
  std::vector<File> files;
  Bytes digest;  // SHA-256 over the files' contents, each behind its length
};

// SHA-256 over contents, each behind its length of 4 bytes.
Bytes FreshnessDigest(const std::vector<Bytes>& contents);

// As CardContents::freshness keeps it.
Bytes EncodeFreshness(const Pkcs15Freshness& freshness);

// Reads the files that `encoded` names, in one transaction, and compares. False:
// something differs, cannot be read, or `encoded` is not of this family. Errors
// are the session's.
absl::StatusOr<bool> Pkcs15Unchanged(FileReader& files, ByteView encoded);

}  // namespace kortvakt
