// What the rules about required CAs share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/judge/rule.h"

namespace kortvakt {

// Catalogue ids of the CAs that login certificates of the cards chain to. The
// value is a certificate that the CA itself issued; null: it issued none here.
std::map<std::string, const CertificateFacts*> NeededCas(const Facts& facts);

// A finding with `code` for each required CA of `role` that is in no store, the
// machine's or a user's, and distrusted in none (that is CA_DISTRUSTED): critical where a card's login
// certificate chains to it, and those first; else a warning. Nothing where it cannot be told.
void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings);

}  // namespace kortvakt
