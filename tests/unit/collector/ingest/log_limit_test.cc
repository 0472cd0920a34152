#include "collector/ingest/log_limit.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/collector/store/fake_fleet_store.h"

namespace kortvakt {
namespace {

TEST(LogLimitTest, AdmitsOneLineAnHourASubjectAndCountsTheOthers) {
  FakeClock clock;
  LogLimit limit(clock);
  EXPECT_EQ(limit.Admit("a"), 0u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.Admit("a"), std::nullopt);
  EXPECT_EQ(limit.Admit("b"), 0u) << "of its own";
  clock.now += absl::Minutes(59);
  EXPECT_EQ(limit.Admit("a"), std::nullopt);
  clock.now += absl::Minutes(1);
  EXPECT_EQ(limit.Admit("a"), 6u);
  EXPECT_EQ(limit.Admit("a"), std::nullopt);
  clock.now += absl::Hours(1);
  EXPECT_EQ(limit.Admit("a"), 1u);
}

TEST(LogLimitTest, AdmitsNoMoreThanItKnowsHoweverManySubjectsThereAre) {
  FakeClock clock;
  LogLimit limit(clock);
  const auto admitted = [&](int from) {
    int count = 0;
    for (int i = 0; i < 30'000; ++i) count += limit.Admit(absl::StrCat("subject ", from + i)).has_value();
    return count;
  };
  EXPECT_EQ(admitted(0), 10'001);
  EXPECT_EQ(admitted(100'000), 0);
  clock.now += absl::Hours(1);
  EXPECT_EQ(admitted(200'000), 10'001) << "those of an hour ago make room";
}

}  // namespace
}  // namespace kortvakt
