#include "agent/probe_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/base/mutex.h"
#include "tests/support/patience.h"

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

std::vector<ProbeTarget> Targets(int count) {
  std::vector<ProbeTarget> targets;
  for (int i = 0; i < count; ++i) {
    targets.push_back(*ParseProbeTarget("https://h" + std::to_string(i) + ".example/"));
  }
  return targets;
}

// Each waits until all 16 are under way: one after another they would never end.
TEST(ProbeAllTest, SlowServersAreProbedAtTheSameTimeAndToldInOrder) {
  constexpr int kCount = 16;
  Mutex mutex;
  CondVar changed;
  int under_way = 0;
  std::vector<std::string> said;
  const absl::StatusOr<std::vector<ProbeFacts>> probes = ProbeAll(
      Targets(kCount),
      [&](const ProbeTarget& target) -> absl::StatusOr<ProbeFacts> {
        const MutexLock lock(mutex);
        ++under_way;
        changed.NotifyAll();
        while (under_way < kCount) {
          if (!changed.WaitFor(mutex, testing::kPatience)) return absl::DeadlineExceededError("alone");
        }
        ProbeFacts facts;
        facts.url = FormatProbeTarget(target);
        return facts;
      },
      [&](const std::string& url) { said.push_back(url); });
  ASSERT_TRUE(probes.ok()) << probes.status();
  ASSERT_THAT(*probes, SizeIs(kCount));
  ASSERT_THAT(said, SizeIs(kCount));
  for (size_t i = 0; i < said.size(); ++i) {
    EXPECT_EQ(said[i], FormatProbeTarget(Targets(kCount)[i]));
    EXPECT_EQ((*probes)[i].url, said[i]);
  }
}

TEST(ProbeAllTest, ErrorOfOneIsToldAndNoneIsLeftOut) {
  std::atomic<int> probed = 0;
  const auto probes = ProbeAll(
      Targets(40),
      [&](const ProbeTarget& target) -> absl::StatusOr<ProbeFacts> {
        ++probed;
        if (target.server.host == "h7.example") return absl::CancelledError("interrupted");
        return ProbeFacts();
      },
      [](const std::string&) {});
  EXPECT_TRUE(absl::IsCancelled(probes.status()));
  EXPECT_EQ(probed, 40);
  EXPECT_THAT(*ProbeAll({}, nullptr, nullptr), SizeIs(0));
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
