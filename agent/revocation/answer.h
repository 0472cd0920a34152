// What an OCSP response or a CRL says of one certificate.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/bytes.h"
#include "common/snapshot/revocation_facts.h"

namespace kortvakt {

struct RevocationAnswer {
  RevocationStatus status = RevocationStatus::kUnknown;
  RevocationProblem problem = RevocationProblem::kMalformed;
  std::string detail = {};
  std::optional<absl::Time> this_update = {};
  std::optional<absl::Time> next_update = {};
  std::optional<absl::Time> revoked_at = {};
  RevocationReason reason = RevocationReason::kUnspecified;
};

// Which certificate is asked about: its issuer, DER, which is known to have signed it, and
// its serial number as CertificateFacts::serial_number has it. The bytes must outlive it.
struct CertificateName {
  ByteView issuer;
  std::string_view serial_number;
};

}  // namespace kortvakt
