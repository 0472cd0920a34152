#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/card_kind.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

std::string Contents(const CardFacts& card, Language language) {
  if (!card.certificates.empty()) {
    return absl::Substitute(Say(language, "certificates on it: $0, none of them to log in with",
                                "certifikat på det: $0, inget av dem att logga in med"),
                            card.certificates.size());
  }
  switch (card.private_keys) {
    case KeyPresence::kPresent:
      return Say(language, "there are private keys on it, but no certificate",
                 "det finns privata nycklar på det, men inget certifikat");
    case KeyPresence::kAbsent:
      return Say(language, "there is neither a certificate nor a private key on it",
                 "det finns varken certifikat eller privat nyckel på det");
    case KeyPresence::kUnknown:
      break;
  }
  return Say(language, "there is no certificate on it; whether it has private keys could not be told",
             "det finns inget certifikat på det; om det har privata nycklar gick inte att avgöra");
}

const char* Remedy(const CardFacts& card, Language language) {
  if (!card.certificates.empty()) {
    return Say(
        language,
        "Let the card office order a login certificate for the card, or a new card; use a reserve card "
        "until then.",
        "Låt kortkontoret beställa ett inloggningscertifikat till kortet, eller ett nytt kort; använd "
        "ett reservkort så länge.");
  }
  if (card.private_keys == KeyPresence::kPresent) {
    return Say(language,
               "The card was begun but not finished, or its certificates were removed: fetch them again in "
               "Mina sidor (minasidor.siths.se) if they are ordered, else the card office orders them anew "
               "or replaces the card. Activating it again does not help.",
               "Kortet påbörjades men blev inte klart, eller så har certifikaten tagits bort: hämta dem på "
               "nytt i Mina sidor (minasidor.siths.se) om de är beställda, annars beställer kortkontoret nya "
               "eller byter kortet. Att aktivera det igen hjälper inte.");
  }
  return Say(
      language,
      "Activate the card at the card office, with valid identification. A card that is not activated in "
      "time is destroyed and must be ordered anew.",
      "Aktivera kortet hos kortkontoret, med giltig legitimation. Ett kort som inte aktiveras i tid "
      "förstörs och måste beställas på nytt.");
}

// CARD_EMPTY: the card was read to the end and has no certificate to log in with. When
// a part of it could not be read, nothing can be said: CARD_UNREADABLE. A card that
// waits for its certificates to be fetched is CARD_TRANSPORT_ONLY.
class CardEmpty final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCardEmpty; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (KindOf(*view.card) != CardKind::kNoLogin) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.evidence = Contents(*view.card, facts.language());
      finding.remedy = Remedy(*view.card, facts.language());
      LowerForOtherCard(facts, view, finding);
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
