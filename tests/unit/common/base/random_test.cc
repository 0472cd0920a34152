#include "common/base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace kortvakt {
namespace {

// That one of the tenths gets none of 10,000 has a chance below 1 in 10^450.
TEST(RandomTest, DrawsFromAllOfZeroToBelowOne) {
  std::array<int, 10> tenths{};
  for (int i = 0; i < 10'000; ++i) {
    const double drawn = RandomFraction();
    ASSERT_GE(drawn, 0);
    ASSERT_LT(drawn, 1);
    ++tenths[static_cast<size_t>(drawn * 10)];
  }
  for (const int count : tenths) EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace kortvakt
