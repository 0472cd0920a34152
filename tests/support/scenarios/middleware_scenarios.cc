// Browsers, and the PKCS#11 modules by which they reach cards.
#include "tests/support/scenarios/parts.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

constexpr char kOpenSc[] = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";

void AddBrowserWith(Snapshot& snapshot, const std::string& name, const std::string& owner,
                    std::vector<SecurityModuleFacts> modules, ModulesState state = ModulesState::kRead) {
  AddBrowser(snapshot, name, owner, AllRequired());
  snapshot.browsers.back().modules = std::move(modules);
  snapshot.browsers.back().modules_state = state;
}

}  // namespace

std::vector<Scenario> MiddlewareScenarios() {
  const auto good = [](const std::function<void(Snapshot&)>& change) { return With(GoodCard(), change); };
  std::vector<Scenario> table;
  table.push_back({"A browser that has no module for cards",
                   good([](Snapshot& s) { AddBrowserWith(s, "Chromium", "uid:1000", {}); }),
                   {},
                   {{kMiddlewareMissing, kWarning}}});
  table.push_back({"A browser that has other modules only",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Firefox", "uid:1000", {{"p11-kit-trust.so"}, {"softhsm2.so"}});
                   }),
                   {},
                   {{kMiddlewareMissing, kWarning}}});
  table.push_back({"A browser with a module for cards",
                   good([](Snapshot& s) { AddBrowserWith(s, "Chromium", "uid:1000", {{kOpenSc}}); }),
                   {},
                   {}});
  table.push_back(
      {"A browser that has it by p11-kit",
       good([](Snapshot& s) {
         AddBrowserWith(s, "Firefox", "uid:1000", {{"p11-kit-proxy.so"}, {"opensc-pkcs11.so", false, true}});
       }),
       {},
       {}});
  table.push_back(
      {"A browser by p11-kit, which has no module for cards",
       good([](Snapshot& s) { AddBrowserWith(s, "Firefox", "uid:1000", {{"p11-kit-proxy.so"}}); }),
       {},
       {{kMiddlewareMissing, kWarning}}});
  Policy policy;
  policy.card_modules = {"libexempel.so"};
  table.push_back(
      {"A module that the policy names",
       good([](Snapshot& s) { AddBrowserWith(s, "Chromium", "uid:1000", {{"/opt/x/libexempel.so.1"}}); }),
       policy,
       {}});
  table.push_back({"A module whose file was removed",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {{kOpenSc, true}});
                   }),
                   {},
                   {{kMiddlewareMissing, kWarning}}});
  table.push_back({"A module whose file was removed beside one that serves",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {{"/usr/lib/libiidp11.so", true}, {kOpenSc}});
                   }),
                   {},
                   {{kMiddlewareMissing, kInfo}}});
  table.push_back({"The user has another browser that has one",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {{kOpenSc}});
                     AddBrowserWith(s, "Firefox", "uid:1000", {});
                   }),
                   {},
                   {{kMiddlewareMissing, kInfo}}});
  table.push_back({"Another user has one: that helps this one nothing",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {{kOpenSc}});
                     AddBrowserWith(s, "Chromium", "uid:1001", {});
                   }),
                   {},
                   {{kMiddlewareMissing, kWarning}}});
  table.push_back({"Users' browsers of one name without modules are one finding",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {});
                     AddBrowserWith(s, "Chromium", "uid:1001", {});
                   }),
                   {},
                   {{kMiddlewareMissing, kWarning}}});
  table.push_back(
      {"Modules that cannot be read: whether one serves cards cannot be told",
       good([](Snapshot& s) { AddBrowserWith(s, "Chromium", "uid:1000", {}, ModulesState::kUnreadable); }),
       {},
       {}});
  const auto carried = [](Snapshot& s) {
    s.trust_stores = {BundleWith(Without({kHsaId3}))};
    AddBrowserWith(s, "Firefox", "uid:1000", {{kOpenSc}});
    s.trust_stores[1].cas = s.trust_stores[0].cas;
    s.readers[0].card->certificates.push_back(StoredCa(kHsaId3).certificate);
  };
  table.push_back({"A card that carries its issuing CA, in a browser that reaches it",
                   good(carried),
                   {},
                   {{kIntermediateMissing, kWarning}}});
  table.push_back({"A card that carries its issuing CA, in a browser that does not reach it",
                   good([&](Snapshot& s) {
                     carried(s);
                     s.browsers[0].modules.clear();
                   }),
                   {},
                   {{kIntermediateMissing, kCritical}, {kMiddlewareMissing, kWarning}}});
  table.push_back({"Without a reader no module is asked for",
                   good([](Snapshot& s) {
                     AddBrowserWith(s, "Chromium", "uid:1000", {});
                     s.readers.clear();
                   }),
                   {},
                   {{kNoReader, kCritical}}});
  return table;
}

}  // namespace kortvakt::testing
