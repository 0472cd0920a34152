#include "agent/trust/browsers.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kortvakt {
namespace {

bool IsFor(const PlacedStore& store, const std::string& browser) {
  return std::find(store.browsers.begin(), store.browsers.end(), browser) != store.browsers.end();
}

// Where p11-kit's trust module has its certificates from, as far as it is in `stores`.
std::optional<uint32_t> SystemStore(const std::vector<PlacedStore>& stores) {
  for (const TrustStoreKind kind : {TrustStoreKind::kP11Kit, TrustStoreKind::kSystemBundle}) {
    for (uint32_t i = 0; i < stores.size(); ++i) {
      if (stores[i].kind == kind) return i;
    }
  }
  return std::nullopt;
}

void Append(const NamedModules& more, NamedModules& modules) {
  modules.files.insert(modules.files.end(), more.files.begin(), more.files.end());
  modules.all_read = modules.all_read && more.all_read;
}

}  // namespace

std::vector<BrowserFacts> BrowsersOf(const std::vector<PlacedStore>& stores, const NamedModules& p11_kit,
                                     const std::string& root) {
  const std::optional<uint32_t> system = SystemStore(stores);
  std::vector<BrowserFacts> browsers;
  for (uint32_t database = 0; database < stores.size(); ++database) {
    if (stores[database].kind != TrustStoreKind::kNss) continue;
    for (const std::string& name : stores[database].browsers) {
      BrowserFacts& browser = browsers.emplace_back(BrowserFacts{name, stores[database].owner, {database}});
      NamedModules modules = stores[database].modules;
      for (uint32_t policy = 0; policy < stores.size(); ++policy) {
        if (stores[policy].kind != TrustStoreKind::kBrowserPolicy || !IsFor(stores[policy], name)) continue;
        browser.trust_stores.push_back(policy);
        Append(stores[policy].modules, modules);
      }
      if (system && std::any_of(modules.files.begin(), modules.files.end(), IsP11KitTrust)) {
        browser.trust_stores.push_back(*system);
      }
      ToldModules told = TellModules(modules, p11_kit, stores[database].sandboxed ? nullptr : &root);
      browser.modules = std::move(told.modules);
      browser.modules_state = told.all_told ? ModulesState::kRead : ModulesState::kUnreadable;
    }
  }
  return browsers;
}

}  // namespace kortvakt
