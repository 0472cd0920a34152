#include "common/snapshot/revocation_proto.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxUrl = 512;
constexpr size_t kMaxDetail = 256;
constexpr size_t kMaxCaId = 64;  // as in a catalogue

static_assert(static_cast<int>(RevocationSource::kCrl) + 1 == v1::REVOCATION_SOURCE_CRL);
static_assert(static_cast<int>(RevocationStatus::kUnknown) + 1 == v1::REVOCATION_STATUS_UNKNOWN);
static_assert(static_cast<int>(RevocationProblem::kNotUnderstood) == v1::REVOCATION_PROBLEM_NOT_UNDERSTOOD);
static_assert(static_cast<int>(RevocationReason::kPrivilegeWithdrawn) ==
              v1::REVOCATION_REASON_PRIVILEGE_WITHDRAWN);
static_assert(static_cast<int>(CaDownloadOutcome::kNotAllowed) + 1 == v1::CA_DOWNLOAD_OUTCOME_NOT_ALLOWED);

std::optional<absl::Time> OptionalTime(ProtoCheck& check, std::string_view field, bool present,
                                       const google::protobuf::Timestamp& time) {
  if (!present) return std::nullopt;
  return check.Time(field, true, time);
}

}  // namespace

v1::RevocationCheck RevocationCheckToProto(const RevocationCheck& facts) {
  v1::RevocationCheck proto;
  proto.set_certificate_sha256(facts.certificate_sha256);
  proto.set_source(Shifted<v1::RevocationSource>(facts.source));
  proto.set_url(CleanText(facts.url, kMaxUrl));
  proto.set_status(Shifted<v1::RevocationStatus>(facts.status));
  proto.set_problem(Same<v1::RevocationProblem>(facts.problem));
  proto.set_detail(CleanText(facts.detail, kMaxDetail));
  *proto.mutable_checked_at() = TimeToProto(facts.checked_at);
  if (facts.this_update) *proto.mutable_this_update() = TimeToProto(*facts.this_update);
  if (facts.next_update) *proto.mutable_next_update() = TimeToProto(*facts.next_update);
  if (facts.revoked_at) *proto.mutable_revoked_at() = TimeToProto(*facts.revoked_at);
  proto.set_reason(Same<v1::RevocationReason>(facts.reason));
  return proto;
}

RevocationCheck RevocationCheckFromProto(ProtoCheck& check, const v1::RevocationCheck& proto) {
  RevocationCheck facts;
  facts.certificate_sha256 =
      check.Fingerprint("revocation.certificate_sha256", proto.certificate_sha256(), false);
  facts.source = check.Enum("revocation.source", proto.source(), 1, RevocationSource::kCrl);
  facts.url = check.Text("revocation.url", proto.url(), kMaxUrl);
  facts.status = check.Enum("revocation.status", proto.status(), 1, RevocationStatus::kUnknown);
  facts.problem = check.Enum("revocation.problem", proto.problem(), 0, RevocationProblem::kNotUnderstood);
  facts.detail = check.Text("revocation.detail", proto.detail(), kMaxDetail);
  facts.checked_at = check.Time("revocation.checked_at", proto.has_checked_at(), proto.checked_at());
  facts.this_update =
      OptionalTime(check, "revocation.this_update", proto.has_this_update(), proto.this_update());
  facts.next_update =
      OptionalTime(check, "revocation.next_update", proto.has_next_update(), proto.next_update());
  facts.revoked_at = OptionalTime(check, "revocation.revoked_at", proto.has_revoked_at(), proto.revoked_at());
  facts.reason = check.Enum("revocation.reason", proto.reason(), 0, RevocationReason::kPrivilegeWithdrawn);
  return facts;
}

v1::CaDownload CaDownloadToProto(const CaDownload& facts) {
  v1::CaDownload proto;
  proto.set_ca(facts.ca);
  proto.set_url(CleanText(facts.url, kMaxUrl));
  proto.set_outcome(Shifted<v1::CaDownloadOutcome>(facts.outcome));
  proto.set_sha256(facts.sha256);
  proto.set_detail(CleanText(facts.detail, kMaxDetail));
  *proto.mutable_checked_at() = TimeToProto(facts.checked_at);
  return proto;
}

CaDownload CaDownloadFromProto(ProtoCheck& check, const v1::CaDownload& proto) {
  CaDownload facts;
  facts.ca = check.Text("ca_download.ca", proto.ca(), kMaxCaId);
  facts.url = check.Text("ca_download.url", proto.url(), kMaxUrl);
  facts.outcome = check.Enum("ca_download.outcome", proto.outcome(), 1, CaDownloadOutcome::kNotAllowed);
  facts.sha256 = check.Fingerprint("ca_download.sha256", proto.sha256(), true);
  facts.detail = check.Text("ca_download.detail", proto.detail(), kMaxDetail);
  facts.checked_at = check.Time("ca_download.checked_at", proto.has_checked_at(), proto.checked_at());
  return facts;
}

}  // namespace kortvakt
