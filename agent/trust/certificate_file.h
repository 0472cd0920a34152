// Certificates in the bytes of a file, without decoding them.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "agent/trust/trust_store.h"

namespace kortvakt {

// Collects the certificates of a store's files; each once, by fingerprint, and as it
// was first added.
// A certificate is taken by its outer DER header: whether it can be decoded
// shows where it is used.
class CertificateCollector {
 public:
  // `contents` is one DER certificate, or text with PEM blocks (RFC 7468), where
  // other things than certificates may stand. `name` for the detail.
  // They are trusted.
  void AddFile(std::string_view contents, const std::string& name);
  // `der` should be one DER certificate, which is trusted so.
  void AddDer(ByteView der, CaTrust trust, const std::string& name);
  // Notes something that could not be used, such as a file that cannot be read.
  void AddProblem(const std::string& problem);

  // What was found, with the problems as detail: the first in words, the others
  // as a number.
  TrustStoreContents Finish();

 private:
  void AddPem(std::string_view text, const std::string& name);
  void AddCertificate(ByteView der, CaTrust trust = CaTrust::kTrusted);

  TrustStoreContents contents_;
  std::set<std::string> known_;  // fingerprints
  std::string first_problem_;
  size_t problems_ = 0;
};

// The state for a place that could not be read: absent or unreadable, and why.
TrustStoreContents NotRead(const absl::Status& status);

// Largest file or folder taken, in bytes, and most files of a folder. Real
// bundles have 0.2 MiB.
inline constexpr size_t kMaxStoreBytes = 64u << 20;
inline constexpr size_t kMaxStoreFiles = 4096;

}  // namespace kortvakt
