#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/detail_text.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool AnotherWasRead(const Facts& facts) {
  return std::any_of(facts.cards.begin(), facts.cards.end(),
                     [](const CardView& view) { return WasRead(*view.card); });
}

// CARD_UNSUPPORTED: no driver knows the card. Other cards (travel, bank) get into readers
// too, so for information only where a card that is known is in another.
class CardUnsupported final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCardUnsupported; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (view.card->state != CardState::kUnsupported) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.evidence =
          absl::Substitute(Say(facts.language(), "ATR $0", "ATR $0"), CleanText(view.card->atr, 66));
      if (!view.card->detail.empty())
        finding.evidence += ": " + DetailText(view.card->detail, facts.language());
      if (AnotherWasRead(facts)) {
        finding.severity = Severity::kInfo;
        finding.evidence += Say(facts.language(), "; another card was read", "; ett annat kort kunde läsas");
      }
      finding.remedy =
          Say(facts.language(),
              "Insert the SITHS card. If this is one, tell local IT the ATR: Kortvakt must learn this "
              "kind of card; a login may work all the same.",
              "Sätt i SITHS-kortet. Om det här är ett sådant, meddela lokal IT dess ATR: Kortvakt "
              "behöver lära sig kortslaget; inloggning kan ändå fungera.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardUnsupportedRule() {
  static const CardUnsupported rule;
  return rule;
}

}  // namespace kortvakt
