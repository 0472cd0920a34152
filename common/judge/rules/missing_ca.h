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
  bool cannot_tell = false;                  // it may be, in a store that could not be read
  bool on_card = false;                      // such a way has it from a card
  // Those that need it; where `lacking`, those that lack it.
  std::vector<const CardView*> cards;
  // What bears its name here has another key than the one that signed a card's certificate.
  bool namesake = false;
};
// By catalogue id.
std::map<std::string, NeededCa> NeededCas(const Facts& facts);

// "; needed by card 1a2b3c4d in reader '…'": for the evidence.
std::string NeededByText(const std::vector<const CardView*>& cards, Language language);

// A user's store that could not be read and is no known browser's may be that of any.
bool MayHideABrowser(const Snapshot& snapshot);

// Whether `gap` is one of what a store lacks, or has not so that it counts.
bool IsLacking(CaGap gap);

// " Fetch it from …. Its SHA-256 must be ….": of the certificate that the catalogue has of `ca`, as
// far as it knows; else that its publisher is to be asked.
std::string CurrentCertificateText(const CataloguedCa& ca, Language language);

// A finding with `code` for each required CA of `role` that is in no store, the
// machine's or a user's, or there only by name: critical where a card's login certificate
// needs it and none here can log in, and those first; else, or where that cannot be told, a warning.
// Distrusted in one it is CA_DISTRUSTED's, ended CA_EXPIRES_SOON's business. Nothing where it cannot be told
// of the machine's stores.
void FindMissingCas(const Facts& facts, FindingCode code, CaRole role, std::vector<Finding>& findings);

}  // namespace kortvakt
