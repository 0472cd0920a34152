// Where the required CAs are on a workstation.
#pragma once

#include <string>
#include <vector>

#include "common/certs/classify.h"
#include "common/judge/policy.h"
#include "common/judge/trust_view.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Of the machine's stores; certificates that have ended, or not begun, do not count.
enum class CaPresence {
  kPresent,
  kPresentByName,  // a certificate of that name is there; that it is the right one cannot be told
  kMissing,        // in none of the machine's stores, and all of them could be read
  kCannotTell,     // not seen, but a store could not be read, or there was none to look in
};

// A required CA and what was seen of it. Pointers into catalogue and snapshot.
struct RequiredCa {
  const CataloguedCa* ca = nullptr;
  CaPresence presence = CaPresence::kCannotTell;
  // Stores where it almost is; null: none.
  const TrustStoreFacts* look_alike_in = nullptr;  // same name, another key
  const TrustStoreFacts* untrusted_in = nullptr;   // a root that is there but not trusted
  const TrustStoreFacts* ended_in = nullptr;       // one that has ended
  const TrustStoreFacts* not_yet_in = nullptr;     // one that is not valid yet
  // Of the machine and of users.
  std::vector<const TrustStoreFacts*> distrusted_in;
  // Users' own stores where it counts.
  std::vector<const TrustStoreFacts*> user_stores;
};

// RequiredCas of the policy, in its order. Stores that do not exist hold nothing;
// when no store of the machine exists, nothing can be told.
std::vector<RequiredCa> LookForRequiredCas(const Snapshot& snapshot, const Policy& policy,
                                           CaRecogniser& recogniser, const JudgedAt& at);

}  // namespace kortvakt
