#include "agent/trust/browsers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlacedStore Store(TrustStoreKind kind, std::vector<std::string> browsers = {}, bool names_p11_kit = false,
                  std::string owner = "machine") {
  PlacedStore store{kind, std::move(owner), std::move(browsers), false, {}};
  if (names_p11_kit) store.modules.files = {"p11-kit-trust.so"};
  return store;
}

const PlacedStore kBundle = Store(TrustStoreKind::kSystemBundle);
const PlacedStore kP11Kit = Store(TrustStoreKind::kP11Kit);

PlacedStore Database(std::vector<std::string> browsers, bool names_p11_kit = false) {
  return Store(TrustStoreKind::kNss, std::move(browsers), names_p11_kit, "uid:1000");
}

// What a browser looks at.
struct Looks {
  std::string name;
  std::string owner;
  std::vector<uint32_t> trust_stores;
  bool operator==(const Looks&) const = default;
};

std::vector<Looks> Looking(const std::vector<PlacedStore>& stores) {
  std::vector<Looks> looking;
  for (const BrowserFacts& browser : BrowsersOf(stores, {}, "")) {
    looking.push_back({browser.name, browser.owner, browser.trust_stores});
  }
  return looking;
}

TEST(BrowsersTest, AreNoneWithoutADatabase) {
  EXPECT_THAT(Looking({}), IsEmpty());
  EXPECT_THAT(Looking({kBundle, kP11Kit, Store(TrustStoreKind::kBrowserPolicy, {"Firefox"})}), IsEmpty());
  EXPECT_THAT(Looking({Database({})}), IsEmpty()) << "a database that no browser has used";
}

TEST(BrowsersTest, LookAtTheirDatabaseAndNotAtTheSystemsStores) {
  EXPECT_THAT(
      Looking({kBundle, kP11Kit, Store(TrustStoreKind::kFolder), Database({"Chromium", "Google Chrome"})}),
      ElementsAre(Looks{"Chromium", "uid:1000", {3}}, Looks{"Google Chrome", "uid:1000", {3}}));
}

TEST(BrowsersTest, LookAtPoliciesForThemselvesOnly) {
  const PlacedStore chrome = Store(TrustStoreKind::kBrowserPolicy, {"Google Chrome"});
  EXPECT_THAT(Looking({chrome, Database({"Chromium", "Google Chrome"})}),
              ElementsAre(Looks{"Chromium", "uid:1000", {1}}, Looks{"Google Chrome", "uid:1000", {1, 0}}));
}

TEST(BrowsersTest, LookAtTheSystemsStoreWhereDatabaseOrPolicyLoadsP11Kit) {
  EXPECT_THAT(Looking({kBundle, kP11Kit, Database({"Firefox"}, true), Database({"Chromium"})}),
              ElementsAre(Looks{"Firefox", "uid:1000", {2, 1}}, Looks{"Chromium", "uid:1000", {3}}));
  EXPECT_THAT(
      Looking({kBundle, Store(TrustStoreKind::kBrowserPolicy, {"Firefox"}, true), Database({"Firefox"})}),
      ElementsAre(Looks{"Firefox", "uid:1000", {2, 1, 0}}))
      << "without p11-kit's store the bundle stands for it";
  EXPECT_THAT(Looking({Database({"Firefox"}, true)}), ElementsAre(Looks{"Firefox", "uid:1000", {0}}));
}

PlacedStore DatabaseWith(NamedModules modules) {
  PlacedStore database = Database({"Firefox"});
  database.modules = std::move(modules);
  return database;
}

BrowserFacts Only(const std::vector<PlacedStore>& stores, const NamedModules& p11_kit = {}) {
  const std::vector<BrowserFacts> browsers = BrowsersOf(stores, p11_kit, "");
  EXPECT_EQ(browsers.size(), 1u);
  return browsers.empty() ? BrowserFacts() : browsers.front();
}

TEST(BrowsersTest, HaveTheModulesOfTheirDatabaseThenOfPoliciesForThem) {
  PlacedStore policy = Store(TrustStoreKind::kBrowserPolicy, {"Firefox"});
  policy.modules.files = {"b.so"};
  PlacedStore other = Store(TrustStoreKind::kBrowserPolicy, {"Chromium"});
  other.modules = {{"c.so"}, false};
  const BrowserFacts browser = Only({policy, other, DatabaseWith({{"a.so"}, true})});
  EXPECT_THAT(browser.modules, ElementsAre(SecurityModuleFacts{"a.so"}, SecurityModuleFacts{"b.so"}));
  EXPECT_EQ(browser.modules_state, ModulesState::kRead);
}

TEST(BrowsersTest, HaveModulesThatCannotBeToldWhereOnePlaceCannotBeRead) {
  EXPECT_EQ(Only({DatabaseWith({{"a.so"}, false})}).modules_state, ModulesState::kUnreadable);
  PlacedStore policy = Store(TrustStoreKind::kBrowserPolicy, {"Firefox"});
  policy.modules.all_read = false;
  EXPECT_EQ(Only({policy, DatabaseWith({})}).modules_state, ModulesState::kUnreadable);
}

TEST(BrowsersTest, HaveModulesThatCannotBeToldWhereThereAreMoreThanAReportTakes) {
  NamedModules modules;
  for (int i = 0; i < 16; ++i) modules.Add(absl::StrCat("m", i, ".so"));
  EXPECT_EQ(Only({DatabaseWith(modules)}).modules_state, ModulesState::kRead);
  PlacedStore policy = Store(TrustStoreKind::kBrowserPolicy, {"Firefox"});
  policy.modules.files = {"seventeenth.so"};
  EXPECT_EQ(Only({policy, DatabaseWith(modules)}).modules_state, ModulesState::kUnreadable);
}

TEST(BrowsersTest, HaveTheModulesOfP11KitByItsProxyOnly) {
  const NamedModules p11_kit = {{"opensc-pkcs11.so"}, false};
  EXPECT_THAT(Only({DatabaseWith({})}, p11_kit).modules, IsEmpty());
  EXPECT_EQ(Only({DatabaseWith({})}, p11_kit).modules_state, ModulesState::kRead);
  const BrowserFacts browser = Only({DatabaseWith({{"p11-kit-proxy.so"}, true})}, p11_kit);
  EXPECT_THAT(browser.modules, ElementsAre(SecurityModuleFacts{"p11-kit-proxy.so"},
                                           SecurityModuleFacts{"opensc-pkcs11.so", false, true}));
  EXPECT_EQ(browser.modules_state, ModulesState::kUnreadable);
}

TEST(BrowsersTest, HaveNotTheMachinesP11KitInASandbox) {
  PlacedStore database = DatabaseWith({{"p11-kit-proxy.so"}, true});
  database.sandboxed = true;
  const BrowserFacts browser = Only({database}, {{"opensc-pkcs11.so"}, true});
  EXPECT_THAT(browser.modules, ElementsAre(SecurityModuleFacts{"p11-kit-proxy.so"}));
  EXPECT_EQ(browser.modules_state, ModulesState::kUnreadable);
}

}  // namespace
}  // namespace kortvakt
