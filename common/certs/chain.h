// Who signed whom: finding and verifying issuers among the CA certificates at hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt {

// CA certificates of a workstation (trust stores, cards, configured files), by
// fingerprint; a certificate added twice is kept once. Decoding is costly (90 µs
// each in OpenSSL 3.0) and done once. Not thread-safe.
class CertificatePool {
 public:
  CertificatePool();
  ~CertificatePool();
  CertificatePool(CertificatePool&&) noexcept;
  CertificatePool& operator=(CertificatePool&&) noexcept;

  // Adds `der`. kInvalidArgument: not a certificate. Certificates that are no CA
  // are accepted and ignored.
  absl::Status Add(ByteView der);

  // SHA-256 (64 lower-case hex) of the certificate in the pool that issued
  // `der`: its subject is the issuer name, its key ids agree where both are
  // there, keyUsage (where present) allows keyCertSign, and its key verifies the
  // signature. Dates are not looked at. Of several the one that is valid longest.
  // Empty: none here, or `der` cannot be decoded. A root finds itself.
  std::string FindIssuer(ByteView der) const;

  // Fingerprints from `der`'s issuer up to a self-signed certificate, or as far
  // as the pool goes; at most 8. Empty: no issuer here, or `der` is self-signed.
  std::vector<std::string> BuildPath(ByteView der) const;

  // DER of the certificate with this fingerprint; empty when it is not here.
  ByteView Find(std::string_view sha256) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
