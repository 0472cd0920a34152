// What revocation servers and CA download servers answered. Field meanings are those of
// messages RevocationCheck and CaDownload in proto/kortvakt/v1/snapshot.proto.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace kortvakt {

enum class RevocationSource { kOcsp, kCrl };
// kUnknown: the answer says neither, or none came.
enum class RevocationStatus { kGood, kRevoked, kUnknown };

// Why the status is unknown.
enum class RevocationProblem {
  kNone,           // it is known
  kUnreachable,    // no answer: name, connection, HTTP status, time, size
  kNotAllowed,     // neither catalogue nor policy allows the host
  kMalformed,      // what came is no OCSP response or CRL
  kTryLater,       // OCSP: tryLater or internalError (RFC 6960, 2.3)
  kRefused,        // OCSP: unauthorized, sigRequired or malformedRequest
  kNotKnown,       // OCSP: "unknown", or nothing about this certificate
  kWrongSigner,    // signed by nobody who may, or the signature does not hold
  kNotCurrent,     // its time has passed or not come, by the workstation's clock
  kNotUnderstood,  // a critical extension, or a CRL that covers a part only
};

// CRLReason (RFC 5280, 5.3.1), those that say something to a person.
enum class RevocationReason {
  kUnspecified,
  kKeyCompromise,
  kCaCompromise,
  kAffiliationChanged,
  kSuperseded,
  kCessationOfOperation,
  kCertificateHold,
  kPrivilegeWithdrawn,
};

struct RevocationCheck {
  std::string certificate_sha256;
  RevocationSource source = RevocationSource::kOcsp;
  std::string url;
  RevocationStatus status = RevocationStatus::kUnknown;
  RevocationProblem problem = RevocationProblem::kNone;
  std::string detail;
  absl::Time checked_at = absl::UnixEpoch();
  std::optional<absl::Time> this_update;
  std::optional<absl::Time> next_update;
  std::optional<absl::Time> revoked_at;
  RevocationReason reason = RevocationReason::kUnspecified;

  bool operator==(const RevocationCheck&) const = default;
};

enum class CaDownloadOutcome {
  kMatches,        // the catalogued CA: by fingerprint, or by name and a catalogued root's signature
  kByName,         // its name; that it is the right one cannot be told here
  kOther,          // another certificate
  kNoCertificate,  // no certificate in DER (RFC 5280, 4.2.2.1)
  kUnreachable,    // no answer: name, connection, HTTP status, time, size
  kNotAllowed,     // neither catalogue nor policy allows the host
};

struct CaDownload {
  std::string ca;  // catalogue id
  std::string url;
  CaDownloadOutcome outcome = CaDownloadOutcome::kUnreachable;
  std::string sha256;  // of what came; empty: nothing did
  std::string detail;
  absl::Time checked_at = absl::UnixEpoch();

  bool operator==(const CaDownload&) const = default;
};

}  // namespace kortvakt
