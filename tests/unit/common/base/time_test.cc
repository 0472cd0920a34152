#include "common/base/time.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(TimeTest, RoundTripsAsRfc3339InUtc) {
  for (const char* text : {"1950-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2038-01-19T03:14:08Z",
                           "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    const absl::StatusOr<absl::Time> time = ParseTime(text);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(FormatUtc(*time), text);
  }
}

TEST(TimeTest, ReadsOffsetsFractionsAndDates) {
  EXPECT_EQ(FormatUtc(*ParseTime("2026-11-22T10:00:00+01:00")), "2026-11-22T09:00:00Z");
  EXPECT_EQ(FormatUtc(*ParseTime("2026-11-22T09:00:00.75Z")), "2026-11-22T09:00:00Z");
  EXPECT_EQ(FormatUtc(*ParseTime("2026-11-22")), "2026-11-22T00:00:00Z");
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2026-13-01", "2026-11-22T25:00:00Z", "2026-11-22T09:00:00", "1e9"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(TimeTest, RefusesWhatCannotBeShown) {
  for (const char* text :
       {"infinite-future", "infinite-past", "99999-01-01", "-9999-01-01", "0000-12-31", "10000-01-01",
        "0000-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"}) {
    EXPECT_EQ(ParseTime(text).status().message(),
              std::string("'") + text + "' is not a time; write it as 2026-11-22T09:00:00Z or 2026-11-22");
  }
  EXPECT_EQ(FormatUtc(*ParseTime("0001-01-01")), "0001-01-01T00:00:00Z");
  EXPECT_EQ(FormatUtc(*ParseTime("9999-12-31T23:59:59.999Z")), "9999-12-31T23:59:59Z");
}

TEST(TimeTest, ShowsTimesBeyondFourDigitYearsAsTheLastOne) {
  EXPECT_EQ(FormatUtc(absl::InfiniteFuture()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(FormatUtc(absl::InfinitePast()), "0000-01-01T00:00:00Z");
}

TEST(DurationTest, ReadsUnitsAndSums) {
  EXPECT_EQ(*ParseDuration("8w"), absl::Hours(24 * 56));
  EXPECT_EQ(*ParseDuration("45d"), absl::Hours(24 * 45));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
}

TEST(DurationTest, RefusesWhatHasNoUnitOrNoNumber) {
  for (const char* text : {"", "15", "m", "-5m", "5 m", "1.5h", "99999999999999999999w", "5M"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationTest, IsWrittenAsItIsRead) {
  for (const char* text : {"8w", "6w3d", "1h30m", "0s", "24w23h59m59s"}) {
    EXPECT_EQ(WriteDuration(*ParseDuration(text)), text);
  }
  EXPECT_EQ(WriteDuration(absl::Hours(24)), "1d");
}

}  // namespace
}  // namespace kortvakt
