#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool HasLoginCertificate(const CardFacts& card) {
  return std::any_of(
      card.certificates.begin(), card.certificates.end(), [](const CertificateFacts& certificate) {
        return certificate.purpose == Purpose::kAuthentication && certificate.loa != Loa::kNotApplicable;
      });
}

// "no certificate"; "4 certificates, none to log in with (1 for transport)".
std::string Contents(const CardFacts& card, Language language) {
  if (card.certificates.empty())
    return Say(language, "there is no certificate on it", "det finns inget certifikat på det");
  const auto transport = std::count_if(
      card.certificates.begin(), card.certificates.end(),
      [](const CertificateFacts& certificate) { return certificate.purpose == Purpose::kTransport; });
  return absl::Substitute(Say(language,
                              "certificates on it: $0, none of them to log in with; for fetching others "
                              "(transport): $1",
                              "certifikat på det: $0, inget av dem att logga in med; för att hämta andra "
                              "(transport): $1"),
                          card.certificates.size(), transport);
}

// CARD_EMPTY: the card was read to the end and has no certificate to log in with. When
// a part of it could not be read, nothing can be said: CARD_UNREADABLE.
class CardEmpty final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCardEmpty; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      const CardFacts& card = *view.card;
      if (card.state != CardState::kEmpty && card.state != CardState::kRead) continue;
      if (card.unreadable_certificates > 0 || HasLoginCertificate(card)) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.evidence = Contents(card, facts.language());
      finding.remedy = Say(
          facts.language(),
          "Activate the card at the card office, with valid identification; a reserve card gets its "
          "certificates "
          "in Mina sidor (minasidor.siths.se) when they have been ordered. A card that is not activated in "
          "time is destroyed and must be ordered anew.",
          "Aktivera kortet hos kortkontoret, med giltig legitimation; ett reservkort får sina certifikat i "
          "Mina "
          "sidor (minasidor.siths.se) när de är beställda. Ett kort som inte aktiveras i tid förstörs och "
          "måste beställas på nytt.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardEmptyRule() {
  static const CardEmpty rule;
  return rule;
}

}  // namespace kortvakt
