#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/detail_text.h"
#include "common/judge/revocation_view.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

std::string Evidence(const CaDownload& download, Language language) {
  const std::string url = CleanText(download.url, 200);
  const std::string detail = DetailText(download.detail, language);
  switch (download.outcome) {
    case CaDownloadOutcome::kOther:
      return absl::Substitute(
          Say(language, "$0 gives another certificate ($1)", "$0 ger ett annat certifikat ($1)"), url,
          ShortId(download.sha256));
    case CaDownloadOutcome::kNoCertificate:
      return absl::Substitute(
          Say(language, "what $0 gives is no certificate", "det $0 ger är inget certifikat"), url);
    default:
      return absl::StrCat(url, ": ", detail.empty() ? Say(language, "no answer", "inget svar") : detail);
  }
}

// AIA_UNREACHABLE: a required issuing CA is missing, and its certificate does not come from
// its caIssuers address; RFC 5280, 4.2.2.1. Whether it came is known only where it was
// asked for; INTERMEDIATE_MISSING has the rest. One finding for all.
class AiaUnreachable final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kAiaUnreachable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    std::vector<std::string> cas;
    std::vector<std::string> seen;
    std::string id;
    for (const CaDownload& download : facts.c.snapshot.ca_downloads) {
      const bool failed = download.outcome == CaDownloadOutcome::kUnreachable ||
                          download.outcome == CaDownloadOutcome::kNoCertificate ||
                          download.outcome == CaDownloadOutcome::kOther;
      const auto missing =
          std::find_if(facts.required_cas.begin(), facts.required_cas.end(), [&](const RequiredCa& required) {
            return required.ca->id == download.ca && required.presence == CaPresence::kMissing;
          });
      if (!failed || missing == facts.required_cas.end()) continue;
      id = missing->ca->id;
      cas.push_back(CommonName(missing->ca->subject));
      seen.push_back(
          absl::StrCat(Evidence(download, language), ", ", TriedText(download.checked_at, language)));
    }
    if (cas.empty()) return;
    Finding finding = NewFinding(code());
    finding.subject = ListText(cas, 6, language);
    if (cas.size() == 1) finding.ca = id;
    finding.evidence = ListText(seen, 6, language);
    finding.remedy = Say(language,
                         "Install the CA certificates by hand or by policy (see INTERMEDIATE_MISSING), and "
                         "let this network reach "
                         "these addresses by HTTP. Do not install what came from them instead.",
                         "Installera CA-certifikaten för hand eller genom policy (se INTERMEDIATE_MISSING), "
                         "och släpp igenom HTTP "
                         "till adresserna från nätet. Installera inte det som kom därifrån i stället.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& AiaUnreachableRule() {
  static const AiaUnreachable rule;
  return rule;
}

}  // namespace kortvakt
