// What the rules about one card share: where another card here can log in, the one that cannot
// is only in the way.
#pragma once

#include "common/judge/rule.h"

namespace kortvakt {

// The first card but `view`'s that can log in (usable_login.h). Null: none here.
const CardView* OtherCardToLogInWith(const Facts& facts, const CardView& view);

// Lets the remedy of `finding` about `view`'s card begin with taking it out, for `other` can log in;
// the user does that.
void AdviseOtherCard(const Facts& facts, const CardView& view, const CardView& other, Finding& finding);

// Where there is such a card: lowers a critical `finding` about `view`'s to a warning with the
// reason in the evidence, and advises it. Lowers it too where another card only wants for what other
// findings tell of its chain: what keeps it from logging in is theirs to call critical.
void LowerForOtherCard(const Facts& facts, const CardView& view, Finding& finding);

}  // namespace kortvakt
