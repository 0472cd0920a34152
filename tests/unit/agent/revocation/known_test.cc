#include "agent/revocation/known.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/time.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = *ParseTime("2026-11-22T09:00:00Z");

RevocationCheck Told(RevocationStatus status, absl::Time at = kNow) {
  RevocationCheck check;
  check.status = status;
  check.checked_at = at;
  return check;
}

RevocationCheck Silent() {
  RevocationCheck check = Told(RevocationStatus::kUnknown);
  check.problem = RevocationProblem::kUnreachable;
  return check;
}

TEST(KnownTest, AFailureOfOneMomentAnswersNothing) {
  EXPECT_FALSE(IsAnswered(std::vector<RevocationCheck>{Silent()}, kNow));
  EXPECT_TRUE(IsAnswered({Silent(), Told(RevocationStatus::kGood)}, kNow));
  CaDownload download;
  download.checked_at = kNow;
  EXPECT_FALSE(IsAnswered({download}, kNow));
  download.outcome = CaDownloadOutcome::kOther;
  EXPECT_FALSE(IsAnswered({download}, kNow));
  download.outcome = CaDownloadOutcome::kByName;
  EXPECT_TRUE(IsAnswered({download}, kNow));
}

TEST(KnownTest, AnAnswerHoldsForThirtyHoursByTheWallClock) {
  const auto answered = [](absl::Duration age) {
    return IsAnswered({Told(RevocationStatus::kRevoked, kNow - age)}, kNow);
  };
  EXPECT_TRUE(answered(absl::Hours(30)));
  EXPECT_FALSE(answered(absl::Hours(30) + absl::Seconds(1)));
  EXPECT_FALSE(answered(-absl::Seconds(1))) << "of a time to come";
}

TEST(KnownTest, RevokedStaysBesideAFailureAndGoodUntilItsNextUpdate) {
  const RevocationCheck revoked = Told(RevocationStatus::kRevoked);
  RevocationCheck good = Told(RevocationStatus::kGood);
  EXPECT_THAT(WithWhatWasKnown({revoked}, {Silent()}, kNow), ElementsAre(revoked, Silent()));
  EXPECT_THAT(WithWhatWasKnown({good}, {Silent()}, kNow), ElementsAre(Silent())) << "it says no time";
  good.next_update = kNow + absl::Seconds(1);
  EXPECT_THAT(WithWhatWasKnown({Silent(), good}, {Silent()}, kNow), ElementsAre(good, Silent()));
  EXPECT_THAT(WithWhatWasKnown({good}, {Silent()}, *good.next_update), ElementsAre(Silent()));
  // Time and again, nothing piles up.
  EXPECT_THAT(WithWhatWasKnown({revoked, Silent()}, {Silent()}, kNow), ElementsAre(revoked, Silent()));
}

TEST(KnownTest, WhatIsToldNowReplacesWhatWasTold) {
  const RevocationCheck held = Told(RevocationStatus::kRevoked);
  const RevocationCheck good = Told(RevocationStatus::kGood);
  EXPECT_THAT(WithWhatWasKnown({held}, {Silent(), good}, kNow), ElementsAre(Silent(), good));
}

}  // namespace
}  // namespace kortvakt
