// Whether certificates make a path, for .cc files only: it has OpenSSL's types.
#pragma once

#include <vector>

#include "common/certs/openssl_x509.h"

namespace kortvakt {

// Whether `issuer`, by its name, key ids and keyUsage, may have issued `certificate`
// (RFC 5280, 4.1.2.4, 4.2.1.1, 4.2.1.3). Signatures are not looked at.
bool MayHaveIssued(X509* issuer, X509* certificate);

// Whether `certificate` and `path` (its issuer first, not empty) hold together, the
// last of them taken as trusted: what X509_verify_cert checks but dates. The purpose
// is that of a TLS client where the certificate can have it, else none. No other
// certificate is looked for.
bool PathHolds(X509* certificate, const std::vector<X509*>& path);

}  // namespace kortvakt
