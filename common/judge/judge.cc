#include "common/judge/judge.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/judge/rule.h"
#include "common/judge/words.h"

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
    kCertRevoked,
    kTestCertInProduction,
    kRetiredIssuer,
    kCaDistrusted,
    kIntermediateMissing,
    kRootMissing,
    kCaExpiresSoon,
    kChainBroken,
    kCaNotInBrowserStore,
    kCaInUserStoreOnly,
    kAiaUnreachable,
    kMiddlewareMissing,
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
    kRevocationUnreachable,
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

size_t RankOf(const Finding& finding) {
  // That a server accepts no certificate is for information where there is none to offer, or it
  // cannot be told: then it follows from what is said of the cards.
  if (finding.code == kTlsClientCertNotAccepted && finding.severity == Severity::kInfo) return kCauses.size();
  return static_cast<size_t>(std::find(kCauses.begin(), kCauses.end(), finding.code) - kCauses.begin());
}

// More than any workstation has; a snapshot full of made-up organisations must
// not make a verdict of any size.
constexpr size_t kMaxFindings = 256;

// The first sentence of a remedy, without its full stop. A full stop within it (an
// abbreviation, an address) is followed by no capital after a space.
std::string_view FirstSentence(std::string_view text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const bool capital = absl::ascii_isupper(static_cast<unsigned char>(text[i + 2])) ||
                         text.substr(i + 2, 2) == "Å" || text.substr(i + 2, 2) == "Ä" ||
                         text.substr(i + 2, 2) == "Ö";
    if (text[i] == '.' && text[i + 1] == ' ' && capital) return text.substr(0, i);
  }
  return text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0));
}

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
    return std::tuple(a.severity, RankOf(a)) < std::tuple(b.severity, RankOf(b));
  });
  if (verdict.findings.size() > kMaxFindings) verdict.findings.resize(kMaxFindings);
  return verdict;
}

std::string Diagnosis(const std::vector<Finding>& findings, Language language) {
  if (findings.empty() || findings.front().severity == Severity::kInfo) return "";
  const Finding& first = findings.front();
  return absl::StrCat(std::string(FirstSentence(first.remedy)), " (", FixedByText(first.fixed_by, language),
                      ").");
}

std::optional<Severity> WorstSeverity(const std::vector<Finding>& findings) {
  std::optional<Severity> worst;
  for (const Finding& finding : findings) {
    if (!worst || finding.severity < *worst) worst = finding.severity;
  }
  return worst;
}

}  // namespace kortvakt
