// What the rules share that ask whether a login works all the same: which login certificates here
// a login can use now.
#pragma once

#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// Whether certificate `index` of `view` is one to log in with that is valid, has its key as far as
// the card tells, is not revoked, and is of a CA that is in use and of the policy's environment, or
// of none that is catalogued. Of its chain nothing is said.
bool IsUsable(const Facts& facts, const CardView& view, size_t index);

// Those of the card's certificates that are a person's and usable. `facts` owns them.
std::vector<const CertificateFacts*> UsableLogins(const Facts& facts, const CardView& view);

// Whether a login can use such a one now: in some browser here (without browsers, some store) nothing
// that is critical stands in its way up to a root; what cannot be told does not count against it.
// Services at work want the HSA-id: where one with it is usable, one with a national number does not
// count.
bool CanLogIn(const Facts& facts, const CardView& view);

// Where a card here can log in for sure: lowers a critical `finding`, which is about what some login
// certificates here need, to a warning that names the card.
void LowerForUsableLogin(const Facts& facts, Finding& finding);

}  // namespace kortvakt
