#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/time.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CERT_NOT_YET_VALID: a login certificate begins later; RFC 5280, 4.1.2.5. One
// finding an organisation, about the one that begins first. For information where
// another of the organisation can be used: then it is the successor that waits.
class CertNotYetValid final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCertNotYetValid; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      for (const OrganisationCertificates& organisation : view.sorted.organisations) {
        const auto waiting = Select(view, organisation.login, facts.now, Validity::kNotYet);
        if (!waiting.empty()) findings.push_back(Waiting(facts, view, waiting));
      }
    }
  }

 private:
  // Whether a login certificate like this one can be used; a replaced one counts, for
  // it serves until its successor begins.
  static bool AnotherServes(const Facts& facts, const CardView& view, const CertificateFacts& waiting) {
    return std::any_of(view.sorted.persons.begin(), view.sorted.persons.end(), [&](size_t index) {
      return view.certificate(index).organisation == waiting.organisation && IsUsable(facts, view, index);
    });
  }

  Finding Waiting(const Facts& facts, const CardView& view, const std::vector<size_t>& waiting) const {
    const Language language = facts.language();
    size_t first = waiting.front();
    for (const size_t index : waiting) {
      if (view.certificate(index).not_before < view.certificate(first).not_before) first = index;
    }
    const CertificateFacts& certificate = view.certificate(first);
    Finding finding = DateFinding(code(), view, first, language);
    const std::string begin = FormatUtc(certificate.not_before);
    finding.evidence += absl::Substitute(Say(language, "; begins $0", "; börjar gälla $0"), begin);
    finding.remedy = absl::Substitute(Say(language,
                                          "Check the workstation's date and time. If they are right, the "
                                          "certificate works from $0; ask the card "
                                          "office if it is needed before.",
                                          "Kontrollera arbetsstationens datum och tid. Om de stämmer "
                                          "fungerar certifikatet från $0; vänd dig till "
                                          "kortkontoret om det behövs tidigare."),
                                      begin);
    if (AnotherServes(facts, view, certificate)) {
      Lower(Severity::kInfo,
            Say(language, "another login certificate of the organisation can be used",
                "ett annat inloggningscertifikat för organisationen går att använda"),
            finding);
    } else {
      LowerForOtherCard(facts, view, finding);
    }
    if (ValidityAt(certificate, facts.now + facts.clock_error) != Validity::kNotYet)
      DoubtForClock(language, finding);
    return finding;
  }
};

}  // namespace

const Rule& CertNotYetValidRule() {
  static const CertNotYetValid rule;
  return rule;
}

}  // namespace kortvakt
