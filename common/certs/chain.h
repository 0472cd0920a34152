// Who signed whom: finding and verifying issuers among the CA certificates at hand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// CA certificates of a workstation (trust stores, cards, configured files), by
// fingerprint; a certificate added twice is kept once. Where there are more than can
// be tried, those that were added first are. Not thread-safe.
//
// Decoding costs 90 µs in OpenSSL 3.0, a signature 30 to 150: both are done once for a
// certificate, and not again after Renew.
class CertificatePool {
 public:
  CertificatePool();
  ~CertificatePool();
  CertificatePool(CertificatePool&&) noexcept;
  CertificatePool& operator=(CertificatePool&&) noexcept;

  // Empties the pool, to be filled anew; what was found out of a certificate is
  // remembered until the next Renew, should it be added or asked for again.
  void Renew();

  // Adds `der`. kInvalidArgument: not a certificate. Certificates that may not issue
  // are accepted and ignored.
  absl::Status Add(ByteView der);

  // SHA-256 (64 lower-case hex) of the certificate in the pool that issued
  // `der`: its subject is the issuer name, its key ids agree where both are
  // there, keyUsage (where present) allows keyCertSign, and its key verifies the
  // signature. Dates are not looked at. Of several the one that is valid longest.
  // Empty: none here, or `der` cannot be decoded. A root finds itself. At most 64
  // keys are tried.
  std::string FindIssuer(ByteView der) const;

  // Every way from `der` up to a self-signed certificate, the shortest first and of one
  // length those that last longest, then those that end before one for want of an issuer here. Each holds by
  // OpenSSL's X509_verify_cert with exactly these certificates (RFC 5280, 6.1, as far as it goes: signatures,
  // basicConstraints, path length, keyUsage, name constraints, critical extensions; for a certificate that
  // may be a TLS client's, extended key usages too), dates left aside. A way that meets a CA twice (same name
  // and key) is left out, and one of more than 8. Empty: none, or `der` is self-signed.
  //
  // Bounded whatever is in the pool: at most 8 paths of 8, 256 keys tried, 256 steps and
  // 32 ways verified; what lies beyond is left out.
  std::vector<CertificatePath> FindPaths(ByteView der) const;

  // DER of the certificate with this fingerprint; empty when it is not here.
  ByteView Find(std::string_view sha256) const;

  // What it has cost so far.
  struct Work {
    size_t decoded = 0;   // certificates
    size_t verified = 0;  // signatures, and paths
  };
  const Work& work() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
