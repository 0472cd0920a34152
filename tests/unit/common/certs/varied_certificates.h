// Certificates as test_pki.h makes none, and PKIs full of them, for comparison with
// openssl: the same at each run but for keys and signatures.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/pki/test_pki.h"

// OpenSSL's certificate.
struct x509_st;

namespace kortvakt::testing {

// How a certificate is signed anew.
struct Signing {
  std::string digest = "SHA256";  // ignored with an Ed25519 key
  bool pss = false;               // RSASSA-PSS; the key must be RSA
};

// `issued` once more, changed, and signed by `issuer` (self-signed without one).
Issued Reissue(const Issued& issued, const Issued* issuer, const std::function<void(x509_st*)>& change,
               const Signing& signing = {});
// Signed otherwise.
Issued Resign(const Issued& issued, const Issued* issuer, const Signing& signing);
// With an extension in the form of openssl's configuration files:
// "nameConstraints", "critical,permitted;DNS:example".
Issued WithExtension(const Issued& issued, const Issued* issuer, const std::string& name,
                     const std::string& value);
// X.509 version 1, its number left out, or written although it is the default. The
// certificate must have no extension.
Issued AsVersion1(const Issued& issued, const Issued* issuer, bool written);

// A PKI with roots, CAs between and certificates below that a person may have, with one
// thing or another wrong, or odd, in most.
struct VariedPki {
  std::vector<Issued> roots;  // self-signed
  std::vector<Issued> others;
  std::vector<Issued> leaves;
};
// The PKI of this number.
VariedPki MakeVariedPki(unsigned number);

}  // namespace kortvakt::testing
