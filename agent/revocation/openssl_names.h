// What OCSP and CRLs share of OpenSSL, for .cc files only.
#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/revocation/answer.h"
#include "common/base/openssl_owner.h"

namespace kortvakt {

using IntegerPtr = std::unique_ptr<ASN1_INTEGER, FreeWith<ASN1_INTEGER_free>>;

// A serial number in hex, "-" before a negative one (at most 20 octets by RFC 5280, 4.1.2.2;
// at most 64 here). Null: it is none.
IntegerPtr SerialFromHex(std::string_view hex);

// Absent: no time.
std::optional<absl::Time> TimeOf(const ASN1_TIME* time);

// Whether an answer from `this_update` until `next_update` counts at `now`; sets the problem
// where it does not. Absent `next_update`: it counts for `without_next` after `this_update`.
bool IsCurrent(absl::Time now, absl::Duration without_next, RevocationAnswer& answer);

// By the code of RFC 5280, 5.3.1.
RevocationReason ReasonOf(long code);
inline constexpr long kRemoveFromCrl = 8;

// An answer that tells nothing.
RevocationAnswer Unknown(RevocationProblem problem, std::string_view detail = "");

}  // namespace kortvakt
