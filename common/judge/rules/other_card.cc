#include "common/judge/rules/other_card.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {

const CardView* OtherCardToLogInWith(const Facts& facts, const CardView& view) {
  const auto other = std::find_if(facts.cards.begin(), facts.cards.end(), [&](const CardView& one) {
    return one.card != view.card && CanLogIn(facts, one);
  });
  return other == facts.cards.end() ? nullptr : &*other;
}

void AdviseOtherCard(const Facts& facts, const CardView& view, const CardView& other, Finding& finding) {
  const Language language = facts.language();
  finding.remedy = absl::StrCat(
      absl::Substitute(
          Say(language, "Take out $0, unless it is the one to log in with: $1 can log in. If it is: ",
              "Ta ut $0, om det inte är det som ska användas: $1 kan logga in. Om det är det: "),
          CardName(*view.reader, *view.card, language), CardName(*other.reader, *other.card, language)),
      finding.remedy);
  finding.fixed_by = FixedBy::kUser;
}

void LowerForOtherCard(const Facts& facts, const CardView& view, Finding& finding) {
  const Language language = facts.language();
  if (const CardView* other = OtherCardToLogInWith(facts, view); other != nullptr) {
    Lower(Severity::kWarning,
          Say(language, "another card here can log in", "ett annat kort här kan logga in"), finding);
    AdviseOtherCard(facts, view, *other, finding);
    return;
  }
  const bool one_is_in_order = std::any_of(facts.cards.begin(), facts.cards.end(), [&](const CardView& one) {
    return one.card != view.card && !UsableLogins(facts, one).empty();
  });
  if (!one_is_in_order) return;
  Lower(Severity::kWarning,
        Say(language, "another card here is in order, but not its chain of CA certificates",
            "ett annat kort här är i ordning, men inte dess kedja av CA-certifikat"),
        finding);
}

}  // namespace kortvakt
