#include "agent/trust/browsers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlacedStore Store(TrustStoreKind kind, std::vector<std::string> browsers = {}, bool names_p11_kit = false,
                  std::string owner = "machine") {
  return {kind, std::move(owner), std::move(browsers), names_p11_kit};
}

const PlacedStore kBundle = Store(TrustStoreKind::kSystemBundle);
const PlacedStore kP11Kit = Store(TrustStoreKind::kP11Kit);

PlacedStore Database(std::vector<std::string> browsers, bool names_p11_kit = false) {
  return Store(TrustStoreKind::kNss, std::move(browsers), names_p11_kit, "uid:1000");
}

TEST(BrowsersTest, AreNoneWithoutADatabase) {
  EXPECT_THAT(BrowsersOf({}), IsEmpty());
  EXPECT_THAT(BrowsersOf({kBundle, kP11Kit, Store(TrustStoreKind::kBrowserPolicy, {"Firefox"})}), IsEmpty());
  EXPECT_THAT(BrowsersOf({Database({})}), IsEmpty()) << "a database that no browser has used";
}

TEST(BrowsersTest, LookAtTheirDatabaseAndNotAtTheSystemsStores) {
  EXPECT_THAT(
      BrowsersOf({kBundle, kP11Kit, Store(TrustStoreKind::kFolder), Database({"Chromium", "Google Chrome"})}),
      ElementsAre(BrowserFacts{"Chromium", "uid:1000", {3}}, BrowserFacts{"Google Chrome", "uid:1000", {3}}));
}

TEST(BrowsersTest, LookAtPoliciesForThemselvesOnly) {
  const PlacedStore chrome = Store(TrustStoreKind::kBrowserPolicy, {"Google Chrome"});
  EXPECT_THAT(BrowsersOf({chrome, Database({"Chromium", "Google Chrome"})}),
              ElementsAre(BrowserFacts{"Chromium", "uid:1000", {1}},
                          BrowserFacts{"Google Chrome", "uid:1000", {1, 0}}));
}

TEST(BrowsersTest, LookAtTheSystemsStoreWhereDatabaseOrPolicyLoadsP11Kit) {
  EXPECT_THAT(
      BrowsersOf({kBundle, kP11Kit, Database({"Firefox"}, true), Database({"Chromium"})}),
      ElementsAre(BrowserFacts{"Firefox", "uid:1000", {2, 1}}, BrowserFacts{"Chromium", "uid:1000", {3}}));
  EXPECT_THAT(
      BrowsersOf({kBundle, Store(TrustStoreKind::kBrowserPolicy, {"Firefox"}, true), Database({"Firefox"})}),
      ElementsAre(BrowserFacts{"Firefox", "uid:1000", {2, 1, 0}}))
      << "without p11-kit's store the bundle stands for it";
  EXPECT_THAT(BrowsersOf({Database({"Firefox"}, true)}),
              ElementsAre(BrowserFacts{"Firefox", "uid:1000", {0}}));
}

}  // namespace
}  // namespace kortvakt
