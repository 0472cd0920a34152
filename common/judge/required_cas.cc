#include "common/judge/required_cas.h"

namespace kortvakt {
namespace {

// A certificate of a store and the CA that it is, or pretends to be.
struct Seen {
  const TrustStoreFacts* store;
  CaTrust trust;
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

void Look(const Seen& seen, RequiredCa& required) {
  if (seen.recognised.match == CaMatch::kLookAlike) {
    required.look_alike_in = seen.store;
  } else if (seen.trust == CaTrust::kDistrusted) {
    required.distrusted_in.push_back(seen.store);
  } else if (!IsMachines(*seen.store)) {
    if (Counts(*required.ca, seen.trust)) required.user_stores.push_back(seen.store);
  } else if (!Counts(*required.ca, seen.trust)) {
    required.untrusted_in = seen.store;
  } else if (required.presence != CaPresence::kPresent) {
    required.presence = PresenceBy(seen.recognised.match);
  }
}

}  // namespace

CaPresence PresenceIn(const TrustStoreFacts& store, const CataloguedCa& ca, const CaCatalogue& catalogue,
                      const std::vector<const CertificateFacts*>& known_cas) {
  CaPresence presence = CaPresence::kMissing;
  for (const TrustedCa& entry : store.cas) {
    if (presence == CaPresence::kPresent) break;
    const RecognisedCa recognised = RecogniseCa(entry.certificate, catalogue, known_cas);
    if (recognised.ca == nullptr || recognised.ca->id != ca.id || !Counts(ca, entry.trust)) continue;
    const CaPresence found = PresenceBy(recognised.match);
    if (found != CaPresence::kMissing) presence = found;
  }
  return presence;
}

BrowserTrust TrustInBrowser(const BrowserFacts& browser, const Snapshot& snapshot, const CataloguedCa& ca,
                            const CaCatalogue& catalogue,
                            const std::vector<const CertificateFacts*>& known_cas) {
  BrowserTrust trust = BrowserTrust::kLacking;
  for (const uint32_t index : browser.trust_stores) {
    if (index >= snapshot.trust_stores.size()) continue;
    const TrustStoreFacts& store = snapshot.trust_stores[index];
    if (store.state == TrustStoreState::kUnreadable && trust == BrowserTrust::kLacking) {
      trust = BrowserTrust::kCannotTell;
    }
    for (const TrustedCa& entry : store.cas) {
      const RecognisedCa recognised = RecogniseCa(entry.certificate, catalogue, known_cas);
      if (recognised.ca == nullptr || recognised.ca->id != ca.id ||
          PresenceBy(recognised.match) == CaPresence::kMissing) {
        continue;
      }
      if (entry.trust == CaTrust::kDistrusted) return BrowserTrust::kDistrusted;
      if (Counts(ca, entry.trust)) trust = BrowserTrust::kCounts;
    }
  }
  return trust;
}

std::vector<RequiredCa> LookForRequiredCas(const Snapshot& snapshot, const CaCatalogue& catalogue,
                                           const Policy& policy,
                                           const std::vector<const CertificateFacts*>& known_cas) {
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
      const RecognisedCa recognised = RecogniseCa(entry.certificate, catalogue, known_cas);
      if (recognised.ca != nullptr) seen.push_back({&store, entry.trust, recognised});
    }
  }
  std::vector<RequiredCa> result;
  for (const std::string& id : RequiredCas(policy, catalogue)) {
    RequiredCa required;
    required.ca = catalogue.FindById(id);
    if (required.ca == nullptr) continue;
    required.presence = one_read && !one_unreadable ? CaPresence::kMissing : CaPresence::kCannotTell;
    for (const Seen& one : seen) {
      if (one.recognised.ca->id == id) Look(one, required);
    }
    result.push_back(required);
  }
  return result;
}

}  // namespace kortvakt
