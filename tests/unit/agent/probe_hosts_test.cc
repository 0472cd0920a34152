#include "agent/probe_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kortvakt {
namespace {

using ::testing::SizeIs;

TrustStoreContents Holding(const Bytes& der) {
  return {.state = TrustStoreState::kRead, .detail = "", .entries = {{.der = der, .sha256 = ""}}};
}

class PoolsTest : public ::testing::Test {
 protected:
  std::vector<ProbePool> With(const TrustStoreContents& shipped) const {
    return PoolsOf(
        {{.location = "bundle.pem", .contents = &bundle_},
         {.kind = TrustStoreKind::kNss, .location = "x", .owner = "uid:1000", .contents = &database_}},
        {{.name = "Firefox", .owner = "uid:1000", .trust_stores = {1}}}, shipped);
  }

  const TrustStoreContents bundle_ = Holding({1});
  const TrustStoreContents database_ = Holding({2});
};

TEST_F(PoolsTest, BrowserTrustsWhatIsBuiltInAndItsOwnStores) {
  const TrustStoreContents shipped = Holding({3});
  const std::vector<ProbePool> pools = With(shipped);
  ASSERT_THAT(pools, SizeIs(2));
  EXPECT_EQ(pools[0].store, "bundle.pem");
  EXPECT_FALSE(pools[0].browser);
  EXPECT_EQ(pools[1].store, "Firefox (uid:1000)");
  EXPECT_TRUE(pools[1].browser);
  EXPECT_THAT(pools[1].trusted, SizeIs(2));
}

TEST_F(PoolsTest, BrowsersWhoseBuiltInRootsAreUnknownAreLeftOut) {
  TrustStoreContents shipped;
  for (const TrustStoreState state :
       {TrustStoreState::kAbsent, TrustStoreState::kUnreadable, TrustStoreState::kRead}) {
    shipped.state = state;
    const std::vector<ProbePool> pools = With(shipped);
    ASSERT_THAT(pools, SizeIs(1));
    EXPECT_FALSE(pools[0].browser);
  }
}

TEST(TargetsTest, EachServerIsProbedOnceHoweverItIsWritten) {
  std::vector<ProbeTarget> targets = {*ParseProbeTarget("https://a.example"),
                                      *ParseProbeTarget("https://b.example/x")};
  AddTargets(targets, {*ParseProbeTarget("https://a.example:443/"), *ParseProbeTarget("https://b.example/y"),
                       *ParseProbeTarget("https://b.example/y")});
  ASSERT_THAT(targets, SizeIs(3));
  EXPECT_EQ(FormatProbeTarget(targets[2]), "https://b.example/y");
}

}  // namespace
}  // namespace kortvakt
