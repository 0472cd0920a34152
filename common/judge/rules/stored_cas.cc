#include "common/judge/rules/stored_cas.h"

#include <algorithm>

#include "common/judge/words.h"

namespace kortvakt {

std::string StoredCa::Places(Language language) const {
  std::vector<std::string> names;
  for (const TrustStoreFacts* store : stores) names.push_back(StoreName(*store, language));
  return ListText(names, 6, language);
}

std::vector<StoredCa> FindStoredCas(const Facts& facts,
                                    const std::function<bool(const RecognisedCa&)>& wanted) {
  std::vector<StoredCa> found;
  for (const TrustStoreFacts& store : facts.c.snapshot.trust_stores) {
    if (store.state != TrustStoreState::kRead) continue;
    for (const TrustedCa& entry : store.cas) {
      if (entry.trust == CaTrust::kDistrusted) continue;
      const RecognisedCa recognised = RecogniseCa(entry.certificate, facts.c.catalogue, facts.known_cas);
      if (!wanted(recognised)) continue;
      auto known = std::find_if(found.begin(), found.end(), [&entry](const StoredCa& one) {
        return one.certificate->sha256 == entry.certificate.sha256;
      });
      if (known == found.end())
        known = found.insert(found.end(), {&entry.certificate, recognised, {}, false});
      known->stores.push_back(&store);
      known->trusted |= entry.trust == CaTrust::kTrusted;
    }
  }
  return found;
}

}  // namespace kortvakt
