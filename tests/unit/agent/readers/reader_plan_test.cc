#include "agent/readers/reader_plan.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

using Outcome = ReaderPlan::Outcome;

class ReaderPlanTest : public ::testing::Test {
 protected:
  static ReaderStatus Empty() { return {}; }
  static ReaderStatus Card(uint16_t events, bool in_use = false) {
    ReaderStatus status;
    status.present = true;
    status.events = events;
    status.in_use = in_use;
    return status;
  }
  // Lets time pass as the watch does: a sample every 0.3 s.
  void Pass(absl::Duration time, const ReaderStatus& status) {
    for (const absl::Duration end = now_ + time; now_ < end; now_ += absl::Milliseconds(300)) {
      plan_.OnStatus(status, now_);
    }
    plan_.OnStatus(status, now_);
  }
  void Read(Outcome outcome) {
    plan_.ReadStarted(now_);
    now_ += absl::Milliseconds(200);
    plan_.ReadEnded(outcome, now_);
  }

  absl::Duration now_ = absl::Hours(5);
  ReaderPlan plan_{ReaderPlan::Options{}};
};

TEST_F(ReaderPlanTest, ReadsAtTheInsertionOnceAndNeverByTime) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  EXPECT_TRUE(plan_.ReadDue(now_));
  EXPECT_FALSE(plan_.settled());
  Read(Outcome::kDone);
  EXPECT_TRUE(plan_.settled());
  EXPECT_EQ(plan_.NextTime(), absl::InfiniteDuration());
  Pass(absl::Hours(1), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, WaitsForTheQuietTimeWhenTheCardWasThere) {
  plan_.OnStatus(Card(1), now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Seconds(9), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
  EXPECT_TRUE(plan_.waiting());
  EXPECT_TRUE(plan_.settled());
  Pass(absl::Seconds(2), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
  plan_.ReadStarted(now_);
  EXPECT_TRUE(plan_.waiting());
  EXPECT_FALSE(plan_.settled());
  plan_.ReadEnded(Outcome::kDone, now_);
  EXPECT_FALSE(plan_.waiting());
  EXPECT_TRUE(plan_.settled());
}

TEST_F(ReaderPlanTest, BeginsTheQuietTimeAnewWhenOthersComeBack) {
  plan_.OnStatus(Card(1), now_);
  Pass(absl::Seconds(9), Card(1));
  Pass(absl::Seconds(1), Card(1, /*in_use=*/true));
  EXPECT_TRUE(plan_.in_use());
  EXPECT_TRUE(plan_.settled());
  Pass(absl::Seconds(9), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Seconds(2), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, DoesNotCountTimeInWhichNobodyLooked) {
  plan_.OnStatus(Card(1), now_);
  now_ += absl::Seconds(60);
  plan_.OnTime(now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  EXPECT_TRUE(plan_.sample_is_old(now_));
  plan_.OnStatus(Card(1), now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Seconds(11), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, TakesTheTraceOfItsOwnHandleForNobodys) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  plan_.ReadStarted(now_);
  Pass(absl::Seconds(5), Card(1, true));
  plan_.ReadEnded(Outcome::kDone, now_);
  Pass(absl::Milliseconds(600), Card(1, true));
  EXPECT_EQ(plan_.NextTime() - now_, absl::Milliseconds(400));
  Pass(absl::Minutes(1), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, LooksOnceAfterOthersHaveUsedTheCard) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  Read(Outcome::kDone);
  now_ += absl::Seconds(5);
  Pass(absl::Minutes(5), Card(1, true));
  EXPECT_FALSE(plan_.ReadDue(now_));
  EXPECT_FALSE(plan_.in_use());
  Pass(absl::Seconds(11), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
  Read(Outcome::kDone);
  Pass(absl::Minutes(5), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, SaysThatOthersKeepItFromLookingAtACardThatWasReadOnceThatHasLasted) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  Read(Outcome::kDone);
  now_ += absl::Seconds(5);
  plan_.OnStatus(Card(1, true), now_);
  EXPECT_EQ(plan_.NextTime() - now_, absl::Minutes(2));
  Pass(absl::Seconds(119), Card(1, true));
  EXPECT_FALSE(plan_.kept_from_looking());
  Pass(absl::Seconds(2), Card(1, true));
  EXPECT_TRUE(plan_.kept_from_looking());
  // Told once: nothing more is due while they have it.
  EXPECT_EQ(plan_.NextTime(), absl::InfiniteDuration());
  // They let go, and come back before it could be looked at.
  Pass(absl::Seconds(5), Card(1));
  Pass(absl::Seconds(5), Card(1, true));
  EXPECT_TRUE(plan_.kept_from_looking());
  Pass(absl::Seconds(11), Card(1));
  EXPECT_TRUE(plan_.kept_from_looking());
  Read(Outcome::kDone);
  EXPECT_FALSE(plan_.kept_from_looking());
  // The two minutes begin anew.
  now_ += absl::Seconds(5);
  Pass(absl::Minutes(1), Card(1, true));
  EXPECT_FALSE(plan_.kept_from_looking());
}

TEST_F(ReaderPlanTest, IsNotKeptFromLookingAtACardThatWasNeverReadOrIsNotThere) {
  plan_.OnStatus(Card(1, true), now_);
  Pass(absl::Minutes(5), Card(1, true));
  EXPECT_TRUE(plan_.in_use());
  EXPECT_FALSE(plan_.kept_from_looking());
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(3), now_);
  Read(Outcome::kDone);
  now_ += absl::Seconds(5);
  Pass(absl::Minutes(5), Card(3, true));
  ASSERT_TRUE(plan_.kept_from_looking());
  // Out and in while another program is waiting for it.
  plan_.OnStatus(Card(5, true), now_);
  EXPECT_FALSE(plan_.kept_from_looking());
  plan_.OnStatus(Empty(), now_);
  EXPECT_FALSE(plan_.kept_from_looking());
}

TEST_F(ReaderPlanTest, TellsAnotherCardByTheCounterAlone) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  Read(Outcome::kDone);
  const uint64_t first = plan_.insertion();
  plan_.OnStatus(Card(3), now_);
  EXPECT_NE(plan_.insertion(), first);
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, DropsAReadingOfTheCardBefore) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  plan_.ReadStarted(now_);
  plan_.OnStatus(Card(3), now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  plan_.ReadEnded(Outcome::kDone, now_);
  EXPECT_FALSE(plan_.read());
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, WaitsForQuietWhenTheInsertionIsLongAgo) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  plan_.ReadStarted(now_);  // stuck with the card before
  plan_.OnStatus(Card(3), now_);
  Pass(absl::Seconds(3), Card(3));
  plan_.ReadEnded(Outcome::kRetry, now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Seconds(11), Card(3));
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, GivesUpAfterFiveAttempts) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  for (int attempt = 1;; ++attempt) {
    ASSERT_TRUE(plan_.ReadDue(now_)) << attempt;
    plan_.ReadStarted(now_);
    const bool given_up = plan_.ReadEnded(Outcome::kRetry, now_);
    EXPECT_EQ(given_up, attempt == 5);
    if (given_up) break;
    EXPECT_FALSE(plan_.ReadDue(now_));
    Pass(absl::Seconds(11), Card(1));
  }
  EXPECT_TRUE(plan_.settled());
  Pass(absl::Minutes(1), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, GivesUpOnceTheAttemptsTookAllTheTimeTogether) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  EXPECT_EQ(plan_.read_time_left(), absl::Seconds(20));
  plan_.ReadStarted(now_);
  now_ += absl::Seconds(13);
  EXPECT_FALSE(plan_.ReadEnded(Outcome::kRetry, now_));
  EXPECT_EQ(plan_.read_time_left(), absl::Seconds(7));
  Pass(absl::Seconds(11), Card(1));
  ASSERT_TRUE(plan_.ReadDue(now_));
  plan_.ReadStarted(now_);
  now_ += absl::Seconds(7);
  EXPECT_TRUE(plan_.ReadEnded(Outcome::kRetry, now_));
  EXPECT_TRUE(plan_.settled());
  // The next card has all of it again.
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(3), now_);
  EXPECT_EQ(plan_.read_time_left(), absl::Seconds(20));
}

TEST_F(ReaderPlanTest, TriesAgainAtOnceOnlySoonAfterTheInsertion) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  Read(Outcome::kRetry);
  Pass(absl::Milliseconds(1200), Card(1));
  ASSERT_TRUE(plan_.ReadDue(now_));
  EXPECT_FALSE(plan_.waiting());
  // By the next time somebody may have shown a PIN.
  Read(Outcome::kRetry);
  Pass(absl::Seconds(9), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
  EXPECT_TRUE(plan_.waiting());
  Pass(absl::Seconds(2), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, LongReadingThatFailsIsTriedAgainAfterTheQuietTime) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  plan_.ReadStarted(now_);
  Pass(absl::Seconds(12), Card(1, true));
  EXPECT_FALSE(plan_.waiting());
  plan_.ReadEnded(Outcome::kRetry, now_);
  Pass(absl::Seconds(9), Card(1));
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Seconds(2), Card(1));
  EXPECT_TRUE(plan_.ReadDue(now_));
}

TEST_F(ReaderPlanTest, CountsAttemptsAnewAfterOthersHaveUsedTheCard) {
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(Card(1), now_);
  Read(Outcome::kDone);
  for (int round = 0; round < 10; ++round) {
    now_ += absl::Seconds(5);
    Pass(absl::Seconds(5), Card(1, true));
    Pass(absl::Seconds(11), Card(1));
    ASSERT_TRUE(plan_.ReadDue(now_)) << round;
    plan_.ReadStarted(now_);
    EXPECT_FALSE(plan_.ReadEnded(Outcome::kRetry, now_)) << round;
  }
}

TEST_F(ReaderPlanTest, OnceWaitsForTheTraceOfAProgramThatHasJustEnded) {
  ReaderPlan plan(ReaderPlan::Options{.quiet_time = absl::Seconds(10), .once = true});
  plan.OnStatus(Card(1, true), now_);
  EXPECT_FALSE(plan.ReadDue(now_));
  EXPECT_FALSE(plan.in_use());
  EXPECT_FALSE(plan.settled());
  EXPECT_TRUE(plan.wants_samples());
  EXPECT_EQ(plan.NextTime(), now_ + absl::Seconds(1));
  now_ += absl::Milliseconds(400);
  plan.OnStatus(Card(1), now_);
  EXPECT_TRUE(plan.ReadDue(now_));
  EXPECT_LE(plan.NextTime(), now_);
  EXPECT_FALSE(plan.own_trace(now_));
  ReaderPlan exclusive(ReaderPlan::Options{.quiet_time = absl::Seconds(10), .once = true});
  ReaderStatus status = Card(1, true);
  status.exclusive = true;
  exclusive.OnStatus(status, now_);
  EXPECT_TRUE(exclusive.in_use());
}

TEST_F(ReaderPlanTest, OnceReadsAtTheStartUnlessInUse) {
  ReaderPlan free(ReaderPlan::Options{.quiet_time = absl::Seconds(10), .once = true});
  free.OnStatus(Card(1), now_);
  EXPECT_TRUE(free.ReadDue(now_));
  ReaderPlan taken(ReaderPlan::Options{.quiet_time = absl::Seconds(10), .once = true});
  taken.OnStatus(Card(1, true), now_);
  EXPECT_FALSE(taken.ReadDue(now_));
  taken.OnTime(now_ + absl::Seconds(1));
  EXPECT_FALSE(taken.ReadDue(now_ + absl::Seconds(1)));
  EXPECT_TRUE(taken.in_use());
  EXPECT_TRUE(taken.settled());
  ReaderPlan empty(ReaderPlan::Options{.quiet_time = absl::Seconds(10), .once = true});
  empty.OnStatus(Empty(), now_);
  empty.OnStatus(Card(1), now_);
  EXPECT_FALSE(empty.ReadDue(now_));
}

TEST_F(ReaderPlanTest, NeverReadsAMuteCard) {
  ReaderStatus mute = Card(1);
  mute.mute = true;
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(mute, now_);
  EXPECT_FALSE(plan_.ReadDue(now_));
  Pass(absl::Hours(1), mute);
  EXPECT_FALSE(plan_.ReadDue(now_));
  EXPECT_TRUE(plan_.mute());
}

// pcscd calls a card mute that is pulled while its power comes up, until it looks again.
TEST_F(ReaderPlanTest, TellsAMuteCardOnlyWhenItIsStillThereAtTheNextLook) {
  ReaderStatus mute = Card(1);
  mute.mute = true;
  plan_.OnStatus(Empty(), now_);
  plan_.OnStatus(mute, now_);
  EXPECT_FALSE(plan_.mute());
  EXPECT_FALSE(plan_.settled());
  EXPECT_EQ(plan_.NextTime(), now_ + absl::Seconds(1));
  plan_.OnTime(now_ + absl::Milliseconds(999));
  EXPECT_FALSE(plan_.mute());
  plan_.OnTime(now_ + absl::Seconds(1));
  EXPECT_TRUE(plan_.mute());
  EXPECT_TRUE(plan_.settled());
  EXPECT_EQ(plan_.NextTime(), absl::InfiniteDuration());
  // Another one, and one that has gone.
  now_ += absl::Seconds(5);
  mute.events = 3;
  plan_.OnStatus(mute, now_);
  EXPECT_FALSE(plan_.mute());
  plan_.OnStatus(Empty(), now_);
  plan_.OnTime(now_ + absl::Seconds(1));
  EXPECT_FALSE(plan_.mute());
  EXPECT_TRUE(plan_.settled());
}

}  // namespace
}  // namespace kortvakt
