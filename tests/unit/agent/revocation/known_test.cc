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

// Day 1: the responder says revoked. Day 2: it is silent, and a list from before says nothing of it.
TEST(KnownTest, AnOlderAnswerUndoesNoLaterOne) {
  RevocationCheck revoked = Told(RevocationStatus::kRevoked, kNow - absl::Hours(24));
  revoked.this_update = kNow - absl::Hours(25);
  revoked.revoked_at = kNow - absl::Hours(30);
  RevocationCheck good = Told(RevocationStatus::kGood);
  good.this_update = *revoked.this_update - absl::Seconds(1);
  good.next_update = kNow + absl::Hours(24);
  const auto after = [](const RevocationCheck& known, const RevocationCheck& fresh) {
    return WithWhatWasKnown({known, Silent()}, {Silent(), fresh}, kNow);
  };
  EXPECT_THAT(after(revoked, good), ElementsAre(revoked, Silent()));
  // Time and again.
  EXPECT_THAT(WithWhatWasKnown(after(revoked, good), {Silent(), good}, kNow), ElementsAre(revoked, Silent()));
  // A list from when it was not revoked yet says nothing of it, whenever the responder was asked.
  revoked.revoked_at = *revoked.this_update + absl::Hours(1);
  good.this_update = *revoked.revoked_at - absl::Seconds(1);
  EXPECT_THAT(after(revoked, good), ElementsAre(revoked, Silent()));
  // A hold that was lifted, and a list that has it still.
  RevocationCheck held = Told(RevocationStatus::kRevoked);
  held.reason = RevocationReason::kCertificateHold;
  held.revoked_at = kNow - absl::Hours(40);
  held.this_update = *good.this_update - absl::Seconds(1);
  EXPECT_THAT(after(good, held), ElementsAre(good, Silent()));
  EXPECT_THAT(WithWhatWasKnown({good}, {held}, *good.next_update), ElementsAre(held)) << "it holds no longer";
  held.this_update = good.this_update;
  EXPECT_THAT(after(good, held), ElementsAre(Silent(), held));
}

TEST(KnownTest, ALaterGoodAnswerEndsAHold) {
  RevocationCheck held = Told(RevocationStatus::kRevoked, kNow - absl::Hours(24));
  held.reason = RevocationReason::kCertificateHold;
  held.this_update = held.checked_at;
  held.revoked_at = kNow - absl::Hours(30);
  RevocationCheck good = Told(RevocationStatus::kGood);
  good.this_update = held.this_update;
  EXPECT_THAT(WithWhatWasKnown({held}, {good}, kNow), ElementsAre(good));
  good.this_update = kNow;
  EXPECT_THAT(WithWhatWasKnown({held, Silent()}, {Silent(), good}, kNow), ElementsAre(Silent(), good));
}

TEST(KnownTest, WhatIsToldNowReplacesWhatWasTold) {
  const RevocationCheck held = Told(RevocationStatus::kRevoked);
  const RevocationCheck good = Told(RevocationStatus::kGood);
  EXPECT_THAT(WithWhatWasKnown({held}, {Silent(), good}, kNow), ElementsAre(Silent(), good));
}

}  // namespace
}  // namespace kortvakt
