#include "agent/trust/browser_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ProfilesIniTest, NamesProfilesOnly) {
  const auto profiles = ParseProfilesIni(
      "[Install4F96D1932A9F858E]\nDefault=zz99zz99.default-release\nLocked=1\n\n"
      "[Profile1]\r\nName=default\r\nIsRelative=1\r\nPath=aa11bb22.default\r\nDefault=1\r\n"
      "[Profile0]\nName=work\nIsRelative=0\nPath=/data/work\n[General]\nStartWithLastProfile=1\nPath=no\n"
      "[Profile2]\nName=nameless");
  ASSERT_THAT(profiles, SizeIs(2));
  EXPECT_EQ(profiles[0].path, "aa11bb22.default");
  EXPECT_TRUE(profiles[0].is_relative);
  EXPECT_EQ(profiles[1].path, "/data/work");
  EXPECT_FALSE(profiles[1].is_relative);
}

TEST(ProfilesIniTest, LeavesOutPathsThatClimbAndCountsTo16) {
  EXPECT_THAT(ParseProfilesIni("[Profile0]\nPath=../../other\n[Profile1]\nPath=a/./b\n[Profile2]\nPath=\n"),
              IsEmpty());
  EXPECT_THAT(ParseProfilesIni(std::string("[Profile0]\nPath=a\0b\n", 20)), IsEmpty());
  std::string many;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&many, "[Profile", i, "]\nPath=p", i, "\n");
  EXPECT_THAT(ParseProfilesIni(many), SizeIs(16));
  EXPECT_THAT(ParseProfilesIni(""), IsEmpty());
}

TEST(SnapRevisionTest, IsANumberAndNothingElse) {
  EXPECT_TRUE(IsSnapRevision("1234"));
  EXPECT_TRUE(IsSnapRevision("x1"));
  for (const char* name : {"", "x", "1 2", "x1x", "testa", "-1", "1234.old"})
    EXPECT_FALSE(IsSnapRevision(name)) << name;
}

}  // namespace
}  // namespace kortvakt
