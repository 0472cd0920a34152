#include <set>
#include <utility>

#include "common/judge/rules/rules.h"
#include "common/judge/seconds.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool HasValidLogin(const CardView& view, int64_t now) {
  for (const size_t index : view.sorted.persons) {
    const CertificateFacts& certificate = view.certificate(index);
    if (certificate.purpose == Purpose::kAuthentication && ValidityAt(certificate, now) == Validity::kValid)
      return true;
  }
  return false;
}

// SEVERAL_CARDS: more than one card that a login could use. A card in two readers
// (a contactless twin) is one; without an id it cannot be told from another.
class SeveralCards final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kSeveralCards; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    std::set<std::string> ids;
    std::vector<std::string> names;
    for (const CardView& view : facts.cards) {
      if (!HasValidLogin(view, facts.now)) continue;
      if (!view.card->id.empty() && !ids.insert(view.card->id).second) continue;
      names.push_back(CardName(*view.reader, *view.card, facts.language()));
    }
    if (names.size() < 2) return;
    Finding finding = NewFinding(code());
    finding.subject = Say(facts.language(), "the cards in the readers", "korten i läsarna");
    finding.evidence = ListText(names, 6, facts.language());
    finding.remedy =
        Say(facts.language(),
            "Take out every card but the one to log in with, also from the reader in the keyboard, "
            "and close all browser windows.",
            "Ta ut alla kort utom det som ska användas, även ur läsaren i tangentbordet, och stäng "
            "alla webbläsarfönster.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& SeveralCardsRule() {
  static const SeveralCards rule;
  return rule;
}

}  // namespace kortvakt
