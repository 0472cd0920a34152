// What ROOT_MISSING and INTERMEDIATE_MISSING share.
#pragma once

#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// A finding with `code` for each required CA of `role` that is in none of the
// machine's stores: critical where a card's login certificate chains to it, and
// those first; else a warning. Nothing where it cannot be told.
void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings);

}  // namespace kortvakt
