// Certificate revocation lists (RFC 5280, 5).
#pragma once

#include <string_view>

#include "agent/revocation/answer.h"

namespace kortvakt {

// What the list `crl` (DER), which anybody may have sent, says at `now` by the workstation's
// clock. It counts only when it is a full list of `name.issuer`, by name and signature, and
// current (5 minutes' tolerance). A list with a critical extension, or that says it covers
// a part or others' certificates, tells nothing. Takes the time and three times the memory
// of its bytes, whatever is in it. Thread-safe.
RevocationAnswer ReadCrl(std::string_view crl, const CertificateName& name, absl::Time now);

}  // namespace kortvakt
