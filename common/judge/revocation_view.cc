#include "common/judge/revocation_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/judge/detail_text.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxHost = 128;

const char* ReasonText(RevocationReason reason, Language language) {
  switch (reason) {
    case RevocationReason::kUnspecified:
      break;
    case RevocationReason::kKeyCompromise:
      return Say(language, "its key is in wrong hands", "nyckeln är i orätta händer");
    case RevocationReason::kCaCompromise:
      return Say(language, "its issuer's key is in wrong hands", "utfärdarens nyckel är i orätta händer");
    case RevocationReason::kAffiliationChanged:
      return Say(language, "name or organisation changed", "namn eller organisation har ändrats");
    case RevocationReason::kSuperseded:
      return Say(language, "replaced by another", "ersatt av ett annat");
    case RevocationReason::kCessationOfOperation:
      return Say(language, "no longer needed", "behövs inte längre");
    case RevocationReason::kCertificateHold:
      return Say(language, "suspended", "tillfälligt spärrat");
    case RevocationReason::kPrivilegeWithdrawn:
      return Say(language, "the right to it was withdrawn", "rätten till det har dragits in");
  }
  return Say(language, "no reason given", "inget skäl angivet");
}

int Weight(RevocationStatus status) {
  if (status == RevocationStatus::kRevoked) return 2;
  return status == RevocationStatus::kGood ? 1 : 0;
}

}  // namespace

const RevocationCheck* RevocationOf(const Snapshot& snapshot, const CertificateFacts& certificate) {
  const RevocationCheck* best = nullptr;
  for (const RevocationCheck& check : snapshot.revocations) {
    if (check.certificate_sha256 != certificate.sha256) continue;
    if (best == nullptr || Weight(check.status) >= Weight(best->status)) best = &check;
  }
  return best;
}

std::string RevocationText(const RevocationCheck& check, Language language) {
  const std::string host = HostOf(check.url);
  switch (check.status) {
    case RevocationStatus::kGood:
      return absl::Substitute(Say(language, "not revoked, by $0 as of $1", "inte spärrat, enligt $0 per $1"),
                              host, FormatUtc(check.this_update.value_or(check.checked_at)));
    case RevocationStatus::kRevoked:
      return absl::Substitute(
          check.reason == RevocationReason::kCertificateHold
              ? Say(language, "suspended since $0, by $2", "tillfälligt spärrat sedan $0, enligt $2")
              : Say(language, "revoked since $0 ($1), by $2", "spärrat sedan $0 ($1), enligt $2"),
          FormatUtc(check.revoked_at.value_or(check.checked_at)), ReasonText(check.reason, language), host);
    case RevocationStatus::kUnknown:
      break;
  }
  return absl::Substitute(Say(language, "whether it is revoked could not be told: $0: $1",
                              "om det är spärrat gick inte att få veta: $0: $1"),
                          host, ProblemText(check, language));
}

std::string ProblemText(const RevocationCheck& check, Language language) {
  const std::string detail = DetailText(check.detail, language);
  const auto with_detail = [&](const char* text) {
    return detail.empty() ? std::string(text) : absl::StrCat(text, " (", detail, ")");
  };
  switch (check.problem) {
    case RevocationProblem::kNone:
    case RevocationProblem::kUnreachable:
      break;
    case RevocationProblem::kNotAllowed:
      return Say(language, "neither catalogue nor policy allows asking it",
                 "varken katalog eller policy tillåter att den tillfrågas");
    case RevocationProblem::kMalformed:
      return with_detail(
          Say(language, "what came is no revocation answer", "det som kom är inget spärrsvar"));
    case RevocationProblem::kTryLater:
      return with_detail(Say(language, "it asks to be asked later", "den ber att få frågan senare"));
    case RevocationProblem::kRefused:
      return with_detail(Say(language, "it refuses to answer", "den vägrar svara"));
    case RevocationProblem::kNotKnown:
      return Say(language, "it does not know the certificate", "den känner inte till certifikatet");
    case RevocationProblem::kWrongSigner:
      return with_detail(Say(language, "the answer is not signed by anybody who may",
                             "svaret är inte undertecknat av någon som får"));
    case RevocationProblem::kNotCurrent:
      return with_detail(Say(language, "the answer is not of this time, by the workstation's clock",
                             "svaret gäller inte nu, enligt arbetsstationens klocka"));
    case RevocationProblem::kNotUnderstood:
      return with_detail(Say(language, "the answer needs something that Kortvakt does not know",
                             "svaret kräver något som Kortvakt inte känner till"));
  }
  return detail.empty() ? Say(language, "no answer", "inget svar") : detail;
}

std::string TriedText(absl::Time at, Language language) {
  return absl::StrCat(Say(language, "tried ", "prövat "), FormatUtc(at));
}

std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return CleanText(rest.substr(0, rest.find_first_of("/?#")), kMaxHost);
}

}  // namespace kortvakt
