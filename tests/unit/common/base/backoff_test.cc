#include "common/base/backoff.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(BackoffTest, DoublesUpToTheCeilingAndStartsOverAfterSuccess) {
  double random = 0.999999999;
  Backoff backoff({absl::ZeroDuration(), absl::Seconds(1), absl::Seconds(5)}, [&] { return random; });
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 1, 0.001);
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 2, 0.001);
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 4, 0.001);
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 5, 0.001);
  for (int i = 0; i < 100; ++i) backoff.Next();
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 5, 0.001);
  backoff.Reset();
  EXPECT_NEAR(absl::ToDoubleSeconds(backoff.Next()), 1, 0.001);
}

TEST(BackoffTest, NeverWaitsLessThanTheFloor) {
  Backoff backoff({absl::Milliseconds(100), absl::Seconds(1), absl::Seconds(5)}, [] { return 0.0; });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, DrawsDifferentWaitsWithoutARandomSourceOfOurs) {
  Backoff a({});
  Backoff b({});
  bool differs = false;
  for (int i = 0; i < 10; ++i) differs |= a.Next() != b.Next();
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace kortvakt
