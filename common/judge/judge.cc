#include "common/judge/judge.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "common/judge/rule.h"

namespace kortvakt {
namespace {

using enum FindingCode;

// Of findings equally severe, the one that explains the others comes first: what
// keeps everything from working, then what makes dates look wrong, then the card,
// its certificates, and what the workstation lacks (intermediates before roots, in
// the order in which they are installed); doubts last.
constexpr std::array kCauses = std::to_array<FindingCode>({
    kWorkstationSilent,
    kPcscServiceDown,
    kClockWrong,
    kNoReader,
    kReaderError,
    kCardMute,
    kCaLookalike,
    kCardEmpty,
    kCardTransportOnly,
    kCardKeyMissing,
    kCertExpired,
    kCertNotYetValid,
    kTestCertInProduction,
    kRetiredIssuer,
    kCaDistrusted,
    kIntermediateMissing,
    kRootMissing,
    kCaExpiresSoon,
    kCaNotInBrowserStore,
    kCaInUserStoreOnly,
    kTlsServerUnreachable,
    kTlsNotTls,
    kTlsVersionMismatch,
    kTlsChainIncomplete,
    kTlsRootUntrusted,
    kTlsServerCertExpired,
    kTlsNameMismatch,
    kTlsServerCertUnusable,
    kTlsClientCertNotAccepted,
    kTlsSignatureMismatch,
    kTlsIntercepted,
    kLoaTooLow,
    kSeveralCards,
    kSeveralLoginCerts,
    kCardUnsupported,
    kCardUnreadable,
    kLoaUnknown,
    kLoaContradiction,
    kTrustStoreUnreadable,
    kCertExpiresSoon,
    kCardInUse,
    kSignatureCertMissing,
    kCaRetiredPresent,
    kNoCard,
});
static_assert(kCauses.size() == static_cast<size_t>(kWorkstationSilent) + 1, "every code has its rank");

size_t RankOf(FindingCode code) {
  return static_cast<size_t>(std::find(kCauses.begin(), kCauses.end(), code) - kCauses.begin());
}

// More than any workstation has; a snapshot full of made-up organisations must
// not make a verdict of any size.
constexpr size_t kMaxFindings = 256;

}  // namespace

Verdict Judge(const Case& c) {
  Snapshot snapshot = c.snapshot;
  ClassifySnapshot(snapshot, c.catalogue);
  const Case classified{snapshot, c.catalogue, c.policy, c.now, c.language, c.replacements};
  const Facts facts = MakeFacts(classified);
  Verdict verdict;
  verdict.next_change = absl::InfiniteFuture();
  for (const Rule* rule : AllRules()) {
    rule->Evaluate(facts, verdict.findings);
    verdict.next_change = std::min(verdict.next_change, rule->NextChange(facts));
  }
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(a.severity, RankOf(a.code)) < std::tuple(b.severity, RankOf(b.code));
  });
  if (verdict.findings.size() > kMaxFindings) verdict.findings.resize(kMaxFindings);
  return verdict;
}

std::optional<Severity> WorstSeverity(const std::vector<Finding>& findings) {
  std::optional<Severity> worst;
  for (const Finding& finding : findings) {
    if (!worst || finding.severity < *worst) worst = finding.severity;
  }
  return worst;
}

}  // namespace kortvakt
