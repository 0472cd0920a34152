#include "collector/fleet/sites.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(SitesTest, PatternsMatchTheWholeNameInAnyCase) {
  EXPECT_TRUE(MatchesPattern("hosp-a-*", "HOSP-A-0012"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a?c*z", "abcxyz"));
  EXPECT_FALSE(MatchesPattern("hosp-a", "hosp-a-1"));
  EXPECT_FALSE(MatchesPattern("?", ""));
  EXPECT_FALSE(MatchesPattern("", "a"));
}

TEST(SitesTest, AHostilePatternEndsSoon) {
  EXPECT_FALSE(MatchesPattern("*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(SitesTest, AClaimFromOutsideIsCleanedAndCut) {
  EXPECT_EQ(SiteOf({}, "h", "Nor\nr\x01"), "Nor r");
  EXPECT_EQ(SiteOf({}, "h", "  "), "unknown");
  EXPECT_LE(SiteOf({}, "h", std::string(1000, 'x')).size(), 64u);
}

TEST(SitesTest, ANameIsFreeAgainWhenNothingUsesIt) {
  LabelCap cap(1);
  EXPECT_EQ(cap.Acquire("a"), "a");
  EXPECT_EQ(cap.Acquire("b"), "other");
  EXPECT_EQ(cap.overflows(), 1u);
  cap.Release("other");
  cap.Release("a");
  EXPECT_EQ(cap.Acquire("b"), "b");
}

}  // namespace
}  // namespace kortvakt
