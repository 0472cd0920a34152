#include <algorithm>
#include <optional>
#include <utility>

#include "common/judge/remedy.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Whether it has ended at the earliest time that it may be.
bool IsSure(const Facts& facts, const CardView& view, size_t index) {
  return ValidityAt(view.certificate(index), facts.now - facts.clock_error) == Validity::kExpired;
}

// Whether nothing speaks for the clock: it follows no time source, and no collector has
// compared it.
bool ClockIsUnproven(const ClockFacts& clock) {
  return !clock.offset_to_collector && clock.synchronised == std::optional<bool>(false);
}

void TellOfClock(Language language, Finding& finding) {
  finding.evidence += Say(language, "; by the workstation's clock, which follows no time source",
                          "; enligt arbetsstationens klocka, som inte följer någon tidskälla");
  finding.remedy += Say(language, " Before that, see that the workstation's date is right.",
                        " Kontrollera innan dess att arbetsstationens datum stämmer.");
}

const char* FetchLogin(Language language) {
  return Say(
      language,
      "Fetch the missing certificate in Mina sidor (minasidor.siths.se), logging in with the one that is "
      "valid, "
      "or ask the card office.",
      "Hämta det saknade certifikatet i Mina sidor (minasidor.siths.se), inloggad med det som gäller, eller "
      "vänd dig till kortkontoret.");
}

const char* FetchSignature(Language language) {
  return Say(language,
             "Fetch a new signature certificate in Mina sidor (minasidor.siths.se), or order a new card if "
             "the login "
             "certificate ends too.",
             "Hämta ett nytt underskriftscertifikat i Mina sidor (minasidor.siths.se), eller beställ ett "
             "nytt kort om "
             "även inloggningscertifikatet går ut.");
}

// CERT_EXPIRED: a certificate that nothing replaces has ended; RFC 5280, 4.1.2.5.
// One finding an organisation and purpose: HSA-id and personnummer certificates of
// a card are renewed together. Critical where no login certificate of the
// organisation can be used, nor another card log in. A signature certificate is told apart only where
// it ended before the login certificates did.
class CertExpired final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCertExpired; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      for (const OrganisationCertificates& organisation : view.sorted.organisations) {
        const auto expired = Select(view, organisation.login, facts.now, Validity::kExpired);
        const bool one_usable = std::any_of(organisation.login.begin(), organisation.login.end(),
                                            [&](size_t index) { return IsUsable(facts, view, index); });
        if (!expired.empty()) findings.push_back(Login(facts, view, expired, one_usable));
        const auto signature = Select(view, organisation.signature, facts.now, Validity::kExpired);
        if (!signature.empty() && (one_usable || organisation.login.empty())) {
          findings.push_back(Signature(facts, view, signature));
        }
      }
    }
  }

 private:
  Finding Login(const Facts& facts, const CardView& view, const std::vector<size_t>& expired,
                bool one_usable) const {
    const Language language = facts.language();
    const CertificateFacts& certificate = view.certificate(expired.front());
    Finding finding = DateFinding(code(), view, expired.front(), language);
    AddOthers(view, expired, language, finding);
    if (one_usable) {
      Lower(Severity::kWarning,
            Say(language, "another login certificate of the organisation can be used",
                "ett annat inloggningscertifikat för organisationen går att använda"),
            finding);
      finding.remedy = FetchLogin(language);
    } else {
      finding.remedy = RenewalRemedy(certificate.not_after,
                                     absl::Seconds(LifetimeOf(*view.card, view.sorted, expired.front())),
                                     certificate.organisation, facts.c.policy, facts.c.now, language);
      LowerForOtherCard(facts, view, finding);
    }
    if (!IsSure(facts, view, expired.front())) DoubtForClock(language, finding);
    if (ClockIsUnproven(facts.c.snapshot.clock)) TellOfClock(language, finding);
    return finding;
  }

  Finding Signature(const Facts& facts, const CardView& view, const std::vector<size_t>& expired) const {
    const Language language = facts.language();
    Finding finding = DateFinding(code(), view, expired.front(), language);
    AddOthers(view, expired, language, finding);
    Lower(Severity::kWarning,
          Say(language, "only signing fails, not login", "bara underskrift misslyckas, inte inloggning"),
          finding);
    finding.fixed_by = FixedBy::kUser;
    finding.remedy = FetchSignature(language);
    if (!IsSure(facts, view, expired.front())) DoubtForClock(language, finding);
    return finding;
  }
};

}  // namespace

const Rule& CertExpiredRule() {
  static const CertExpired rule;
  return rule;
}

}  // namespace kortvakt
