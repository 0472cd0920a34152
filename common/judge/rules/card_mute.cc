#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/detail_text.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/other_card.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool AnotherWasRead(const Facts& facts) {
  return std::any_of(facts.cards.begin(), facts.cards.end(),
                     [](const CardView& view) { return WasRead(*view.card); });
}

// CARD_MUTE: a card that does not answer to reset (SCARD_W_UNRESPONSIVE_CARD). A
// warning where another card was read.
class CardMute final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCardMute; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const CardView& view : facts.cards) {
      if (view.card->state != CardState::kMute) continue;
      Finding finding = NewFinding(code(), view, facts.language());
      const std::string detail = DetailText(view.card->detail, facts.language());
      finding.evidence =
          absl::Substitute(Say(facts.language(), "no answer to reset$0", "inget svar på återställning$0"),
                           detail.empty() ? "" : ": " + detail);
      finding.remedy =
          Say(facts.language(),
              "Take the card out and insert it again, fully, with the chip first and upwards; wipe the "
              "chip with a dry cloth. If it answers in no reader, the card office replaces it.",
              "Ta ut kortet och sätt i det igen, helt, med chippet först och uppåt; torka av chippet med "
              "en torr trasa. Om det inte svarar i någon läsare byter kortkontoret kortet.");
      LowerForOtherCard(facts, view, finding);
      if (finding.severity == Severity::kCritical && AnotherWasRead(facts)) {
        Lower(Severity::kWarning,
              Say(facts.language(), "another card was read", "ett annat kort kunde läsas"), finding);
      }
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CardMuteRule() {
  static const CardMute rule;
  return rule;
}

}  // namespace kortvakt
