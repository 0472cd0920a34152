// OCSP (RFC 6960): the question, and reading the answer.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent/revocation/answer.h"

namespace kortvakt {

// Largest response read; real ones have 1 to 4 KiB.
inline constexpr size_t kMaxOcspResponse = 64u << 10;

// An OCSPRequest for one certificate, DER, without nonce (responders answer from what they
// signed before, RFC 5019, 4); names by SHA-1, which every responder knows. kInvalidArgument: issuer or
// serial number cannot be used.
absl::StatusOr<std::string> MakeOcspRequest(const CertificateName& name);

// What `response`, which anybody may have sent, says at `now` by the workstation's clock. It
// counts only when it is signed by the issuer, or by one to whom the issuer itself gave a
// certificate for OCSP signing that is valid at `now` (RFC 6960, 4.2.2.2), is about this very certificate,
// and is current: thisUpdate not ahead and nextUpdate not past, with 5 minutes' tolerance; without nextUpdate
// not older than a day. Thread-safe.
RevocationAnswer ReadOcspResponse(std::string_view response, const CertificateName& name, absl::Time now);

}  // namespace kortvakt
