#include "tests/support/scenarios/parts.h"

#include <algorithm>

namespace kortvakt::testing {

void AddBrowser(Snapshot& snapshot, const std::string& name, const std::string& owner,
                const std::vector<std::string>& ids) {
  TrustStoreFacts store = BundleWith(ids);
  store.kind = TrustStoreKind::kNss;
  store.location = "~/.pki/nssdb";
  store.owner = owner;
  snapshot.browsers.push_back({name, owner, {static_cast<uint32_t>(snapshot.trust_stores.size())}});
  snapshot.trust_stores.push_back(std::move(store));
}

std::vector<std::string> Without(const std::vector<std::string>& missing) {
  std::vector<std::string> left = AllRequired();
  for (const std::string& id : missing) left.erase(std::find(left.begin(), left.end(), id));
  return left;
}

CardFacts SecondCard(std::vector<CertificateFacts> certificates) {
  CardFacts card = CardWith(std::move(certificates));
  card.id = std::string(64, '2');
  return card;
}

std::vector<Scenario> TableOf(std::initializer_list<void (*)(std::vector<Scenario>&)> parts) {
  std::vector<Scenario> table;
  for (const auto add : parts) add(table);
  return table;
}

}  // namespace kortvakt::testing
