#include <utility>

#include "absl/strings/str_cat.h"
#include "common/judge/rules/card_kind.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CARD_TRANSPORT_ONLY: a reserve card before its certificates are fetched. With its
// transport certificate one reaches Mina sidor and nothing else; once that has ended,
// not even that, and the card office gives another card.
//
// Which certificates are for transport the CA catalogue says, by issuer or policy.
// One that it does not know is taken for a login certificate, and LOA_UNKNOWN names
// its issuer.
class CardTransportOnly final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCardTransportOnly; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (KindOf(*view.card) != CardKind::kTransportOnly) continue;
      Finding finding = Found(facts, view);
      LowerForOtherCard(facts, view, finding);
      findings.push_back(std::move(finding));
    }
  }

 private:
  Finding Found(const Facts& facts, const CardView& view) const {
    const Language language = facts.language();
    // Of several, the one that ends last.
    const CertificateFacts* transport = nullptr;
    for (const CertificateFacts& certificate : view.card->certificates) {
      if (certificate.purpose != Purpose::kTransport) continue;
      if (transport == nullptr || certificate.not_after > transport->not_after) transport = &certificate;
    }
    Finding finding = NewFinding(code(), view, language);
    finding.certificate_sha256 = transport->sha256;
    finding.evidence = absl::StrCat(Say(language, "for transport: ", "för transport: "),
                                    CertificateName(*transport, language));
    if (ValidityAt(*transport, facts.now) == Validity::kExpired) {
      finding.fixed_by = FixedBy::kCardOffice;
      finding.evidence += Say(language, ", ended", ", har gått ut");
      finding.remedy = Say(language,
                           "Ask the card office for another reserve card: the transport certificate of this "
                           "one has ended, so certificates can no longer be fetched to it.",
                           "Be kortkontoret om ett annat reservkort: det här kortets transportcertifikat har "
                           "gått ut, så inga certifikat kan längre hämtas till det.");
      return finding;
    }
    finding.remedy =
        Say(language,
            "Log in to Mina sidor (minasidor.siths.se) with this card and fetch its certificates. "
            "If none are offered there, an ID administrator has yet to order them.",
            "Logga in i Mina sidor (minasidor.siths.se) med kortet och hämta dess certifikat. Om "
            "inga erbjuds där har en ID-administratör ännu inte beställt dem.");
    return finding;
  }
};

}  // namespace

const Rule& CardTransportOnlyRule() {
  static const CardTransportOnly rule;
  return rule;
}

}  // namespace kortvakt
