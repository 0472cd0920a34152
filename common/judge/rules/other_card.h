// What the rules about one card share: where another card here can log in, the one that cannot
// is only in the way.
#pragma once

#include "common/judge/rule.h"

namespace kortvakt {

// The first card but `view`'s with a login certificate of a person that can be used: valid, with
// its key as far as the card tells, not revoked, of a CA that is in use and of the environment
// that the policy names. Null: none here.
const CardView* OtherCardToLogInWith(const Facts& facts, const CardView& view);

// Where there is such a card: lowers a critical `finding` about `view`'s to a warning with the
// reason in the evidence, and lets the remedy begin with which card to take out, which the user does.
void LowerForOtherCard(const Facts& facts, const CardView& view, Finding& finding);

}  // namespace kortvakt
