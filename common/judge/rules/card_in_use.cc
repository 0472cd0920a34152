#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/time.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CARD_IN_USE: another program keeps the card from being read, or from being looked at again;
// what was read is judged all the same. Not a fault: for information.
class CardInUse final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kCardInUse; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (view.card->state != CardState::kInUse) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      finding.evidence =
          view.card->read_at
              ? absl::Substitute(Say(facts.language(), "last read $0", "senast läst $0"),
                                 FormatUtc(*view.card->read_at))
              : Say(facts.language(), "never read since it was inserted", "aldrig läst sedan det sattes i");
      finding.remedy = Say(facts.language(),
                           "Nothing, if logins work. To have the card read, close programs that use it, or "
                           "take it out and insert "
                           "it again.",
                           "Inget, om inloggning fungerar. För att kortet ska läsas, stäng program som "
                           "använder det, eller ta ut "
                           "det och sätt i det igen.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardInUseRule() {
  static const CardInUse rule;
  return rule;
}

}  // namespace kortvakt
