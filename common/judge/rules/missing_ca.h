// What the rules about required CAs share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// A CA on the ways that login certificates of the cards would take here, in any browser.
struct NeededCa {
  const CertificateFacts* issued = nullptr;  // by it, on such a way; null: that one is not here
  bool lacking = false;                      // such a way is not complete for want of it
};
// By catalogue id.
std::map<std::string, NeededCa> NeededCas(const Facts& facts);

// Whether `gap` is one of what a store lacks, or has not so that it counts.
bool IsLacking(CaGap gap);

// A finding with `code` for each required CA of `role` that is in no store, the
// machine's or a user's: critical where a card's login certificate needs it, and those
// first; else a warning. Distrusted in one it is CA_DISTRUSTED's, ended CA_EXPIRES_SOON's
// business. Nothing where it cannot be told.
void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings);

}  // namespace kortvakt
