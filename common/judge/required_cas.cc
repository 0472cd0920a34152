#include "common/judge/required_cas.h"

namespace kortvakt {
namespace {

// A certificate of a store and the CA that it is, or pretends to be.
struct Seen {
  const TrustStoreFacts* store;
  const TrustedCa* entry;
  RecognisedCa recognised;
};

bool IsMachines(const TrustStoreFacts& store) { return store.owner == "machine"; }

bool Counts(const CataloguedCa& ca, CaTrust trust) {
  return trust == CaTrust::kTrusted || (trust == CaTrust::kPresent && ca.role != CaRole::kRoot);
}

CaPresence PresenceBy(CaMatch match) {
  switch (match) {
    case CaMatch::kFingerprint:
    case CaMatch::kVerifiedToRoot:
      return CaPresence::kPresent;
    case CaMatch::kNameOnly:
      return CaPresence::kPresentByName;
    case CaMatch::kNone:
    case CaMatch::kLookAlike:
      break;
  }
  return CaPresence::kMissing;
}

void Look(const Seen& seen, const JudgedAt& at, RequiredCa& required) {
  const CaTrust trust = seen.entry->trust;
  if (seen.recognised.match == CaMatch::kLookAlike) {
    required.look_alike_in = seen.store;
  } else if (trust == CaTrust::kDistrusted) {
    // Once, whatever certificates of the CA it distrusts.
    if (required.distrusted_in.empty() || required.distrusted_in.back() != seen.store) {
      required.distrusted_in.push_back(seen.store);
    }
  } else if (const Validity validity = ValidityAt(seen.entry->certificate, at);
             validity != Validity::kValid) {
    (validity == Validity::kExpired ? required.ended_in : required.not_yet_in) = seen.store;
  } else if (!IsMachines(*seen.store)) {
    if (Counts(*required.ca, trust) &&
        (required.user_stores.empty() || required.user_stores.back() != seen.store)) {
      required.user_stores.push_back(seen.store);
    }
  } else if (!Counts(*required.ca, trust)) {
    required.untrusted_in = seen.store;
  } else if (required.presence != CaPresence::kPresent) {
    required.presence = PresenceBy(seen.recognised.match);
  }
}

}  // namespace

std::vector<RequiredCa> LookForRequiredCas(const Snapshot& snapshot, const Policy& policy,
                                           CaRecogniser& recogniser, const JudgedAt& at) {
  std::vector<Seen> seen;
  bool one_read = false;
  bool one_unreadable = false;
  for (const TrustStoreFacts& store : snapshot.trust_stores) {
    if (IsMachines(store)) {
      one_read |= store.state == TrustStoreState::kRead;
      one_unreadable |= store.state == TrustStoreState::kUnreadable;
    }
    if (store.state != TrustStoreState::kRead) continue;
    for (const TrustedCa& entry : store.cas) {
      const RecognisedCa& recognised = recogniser.Of(entry.certificate);
      if (recognised.ca != nullptr) seen.push_back({&store, &entry, recognised});
    }
  }
  std::vector<RequiredCa> result;
  for (const std::string& id : RequiredCas(policy, recogniser.catalogue())) {
    RequiredCa required;
    required.ca = recogniser.catalogue().FindById(id);
    if (required.ca == nullptr) continue;
    required.presence = one_read && !one_unreadable ? CaPresence::kMissing : CaPresence::kCannotTell;
    for (const Seen& one : seen) {
      if (one.recognised.ca->id == id) Look(one, at, required);
    }
    result.push_back(required);
  }
  return result;
}

}  // namespace kortvakt
