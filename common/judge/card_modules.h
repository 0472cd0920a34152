// By which modules a browser reaches cards.
#pragma once

#include <string>
#include <vector>

#include "common/judge/policy.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Whether a browser reaches cards (PKCS #11 is the one way for browsers on Linux).
enum class CardReach { kCan, kCannot, kCannotTell };

// Files of its modules that serve cards by the policy's card_modules, and are there. A file
// counts by its name, also where a version follows it: "libiidp11.so.6".
std::vector<std::string> CardModules(const BrowserFacts& browser, const Policy& policy);

// kCannotTell: it has none, but a place that may name one could not be read or was not looked at.
CardReach CardReachOf(const BrowserFacts& browser, const Policy& policy);

}  // namespace kortvakt
