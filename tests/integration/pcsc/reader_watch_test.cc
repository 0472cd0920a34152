// ReaderWatch on a real pcscd: what it shows, and how soon.
#include <sys/resource.h>

#include <thread>

#include "tests/integration/pcsc/other_program.h"
#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

// What the product promises for every change (pcscd itself takes up to 0.4 s).
constexpr absl::Duration kPromise = absl::Seconds(2);

using ReaderWatchTest = WatchingTest;

TEST_F(ReaderWatchTest, ShowsInsertRemoveAndSwapWithinTwoSeconds) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("AA01")).ok());
  EXPECT_TRUE(AwaitCard(0, "AA01", kPromise));
  EXPECT_TRUE(Reader(0)->card->read_at.has_value());
  ASSERT_TRUE(service_->RemoveCard(0).ok());
  EXPECT_TRUE(AwaitNoCard(0, kPromise));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("AA02")).ok());
  EXPECT_TRUE(AwaitCard(0, "AA02", kPromise));
  ASSERT_TRUE(service_->SwapCard(0, CardFile("AA03")).ok());
  EXPECT_TRUE(AwaitCard(0, "AA03", kPromise));
  EXPECT_FALSE(Reader(1)->card.has_value());
}

TEST_F(ReaderWatchTest, FollowsTheServiceDownAndBackWithOtherReaders) {
  ASSERT_TRUE(StartService({"Old"}));
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(service_->StopService().ok());
    ASSERT_TRUE(Await([](const ObservedReaders& now) { return !now.service_running; }, kPromise));
    EXPECT_EQ(watch_->Current().service_detail.substr(0, 6), "SCARD_");
    EXPECT_TRUE(watch_->Current().readers.empty());
    ASSERT_TRUE(service_->StartService({"Läsare ÅÄÖ", "Third"}).ok());
    ASSERT_TRUE(AwaitReaders(4, kPromise));
    EXPECT_EQ(watch_->Current().service_detail, "");
    EXPECT_EQ(watch_->Current().readers[0].name, "Läsare ÅÄÖ 00 00");
  }
  ASSERT_TRUE(service_->InsertCard(3, CardFile("BB01")).ok());
  EXPECT_TRUE(AwaitCard(3, "BB01", kPromise));
}

TEST_F(ReaderWatchTest, SaysAtOnceThatTheServiceIsDown) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->StopService().ok());
  StartWatch();
  EXPECT_TRUE(watch_->WaitUntilSettled(kPromise));
  EXPECT_FALSE(watch_->Current().service_running);
  EXPECT_EQ(watch_->Current().service_detail, "SCARD_E_NO_SERVICE");
}

TEST_F(ReaderWatchTest, ShowsTheNewCardAfterOutAndInWithinATenthOfASecond) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("DD00")).ok());
  ASSERT_TRUE(AwaitCard(0, "DD00"));
  for (const char* identity : {"DD01", "DD02", "DD03"}) {
    ASSERT_TRUE(service_->SwapCard(0, CardFile(identity), absl::Milliseconds(100)).ok());
    EXPECT_TRUE(AwaitCard(0, identity, kPromise));
  }
}

TEST_F(ReaderWatchTest, EndsInTheRightStateAfterAStorm) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  // 100 changes in about 10 s, cards of two kinds in turn.
  const absl::Time start = absl::Now();
  for (int i = 0; i < 100; ++i) {
    if (i % 2 == 0) {
      ASSERT_TRUE(service_->InsertCard(0, CardFile(i % 4 == 0 ? "EE01" : "EE02")).ok());
    } else {
      ASSERT_TRUE(service_->RemoveCard(0).ok());
    }
    absl::SleepFor(std::max(absl::ZeroDuration(), start + i * absl::Milliseconds(100) - absl::Now()));
  }
  ASSERT_TRUE(AwaitNoCard(0));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("EE03")).ok());
  EXPECT_TRUE(AwaitCard(0, "EE03"));
  EXPECT_EQ(Reader(0)->state, ReaderState::kOk);
}

TEST_F(ReaderWatchTest, NeverMixesTwoCardsWhateverTheMomentOfTheSwap) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (size_t at = 0; at < kCommands; at += 3) {
    ASSERT_TRUE(service_->At(0, at, "swap", CardFile("FF02")).ok());
    ASSERT_TRUE(service_->InsertCard(0, CardFile("FF01")).ok());
    EXPECT_TRUE(AwaitCard(0, "FF02")) << "swapped at command " << at;
    ASSERT_TRUE(service_->RemoveCard(0).ok());
    ASSERT_TRUE(AwaitNoCard(0));
  }
}

TEST_F(ReaderWatchTest, SurvivesACardThatVanishesAtEveryCommand) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (size_t at = 0; at < kCommands; at += 3) {
    const int readings = readings_;
    ASSERT_TRUE(service_->At(0, at, "vanish").ok());
    ASSERT_TRUE(service_->InsertCard(0, CardFile("AB01")).ok());
    // The second card is only there once the first was tried.
    while (readings_ == readings) absl::SleepFor(absl::Milliseconds(5));
    ASSERT_TRUE(AwaitNoCard(0));
    ASSERT_TRUE(service_->InsertCard(0, CardFile("AB02")).ok());
    EXPECT_TRUE(AwaitCard(0, "AB02")) << "vanished at command " << at;
    ASSERT_TRUE(service_->RemoveCard(0).ok());
    ASSERT_TRUE(AwaitNoCard(0));
  }
}

TEST_F(ReaderWatchTest, LeavesTheOtherReaderServedWhenACardNeverAnswers) {
  options_.budget.time = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->At(0, 3, "silent").ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BC01")).ok());
  ASSERT_TRUE(service_->InsertCard(1, CardFile("BC02")).ok());
  EXPECT_TRUE(AwaitCard(1, "BC02", kPromise));
  ASSERT_TRUE(AwaitState(0, CardState::kUnreadable, absl::Seconds(6)));
  EXPECT_EQ(Reader(0)->state, ReaderState::kError);
  EXPECT_EQ(Reader(0)->detail, "not answering: SCardTransmit has not returned");
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::ZeroDuration()));
  ASSERT_TRUE(service_->RemoveCard(1).ok());
  EXPECT_TRUE(AwaitNoCard(1, kPromise));
  // Pulling the card frees the call; the next card is read.
  ASSERT_TRUE(service_->RemoveCard(0).ok());
  ASSERT_TRUE(AwaitNoCard(0));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BC03")).ok());
  EXPECT_TRUE(AwaitCard(0, "BC03"));
  EXPECT_EQ(Reader(0)->state, ReaderState::kOk);
}

TEST_F(ReaderWatchTest, IsDestroyedWithinTheStopLimitWhenACardNeverAnswers) {
  options_.stop_limit = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->At(0, 3, "silent").ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BD01")).ok());
  while (Apdus(0) < 4) absl::SleepFor(absl::Milliseconds(5));
  const absl::Time start = absl::Now();
  StopWatch();
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  // The call comes back when the card is pulled; nothing of ours may break then.
  ASSERT_TRUE(service_->RemoveCard(0).ok());
}

TEST_F(ReaderWatchTest, WakesWhoeverWaitsWhenItIsStopped) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(200)).ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BF01")).ok());
  while (Apdus(0) == 0) absl::SleepFor(absl::Milliseconds(5));
  std::thread waiting([this] { EXPECT_FALSE(watch_->WaitUntilSettled(absl::Seconds(60))); });
  const absl::Time start = absl::Now();
  std::thread stopping([this] { watch_->Stop(); });
  watch_->Stop();
  stopping.join();
  waiting.join();
  watch_->Stop();
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  EXPECT_FALSE(watch_->WaitUntilSettled(absl::Seconds(60)));
}

TEST_F(ReaderWatchTest, CallsACardUnreadableThatIsTooSlowForItsBudget) {
  options_.budget.time = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(400)).ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BE01")).ok());
  ASSERT_TRUE(AwaitState(0, CardState::kUnreadable));
  EXPECT_EQ(Reader(0)->card->contents.detail, "the time for this card is used up");
  EXPECT_EQ(Reader(0)->state, ReaderState::kOk);
}

TEST_F(ReaderWatchTest, RemembersACardThatComesBack) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("CA01")).ok());
  ASSERT_TRUE(AwaitCard(0, "CA01"));
  ASSERT_TRUE(service_->RemoveCard(0).ok());
  ASSERT_TRUE(AwaitNoCard(0));
  ASSERT_TRUE(service_->ClearLog(0).ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("CA01")).ok());
  ASSERT_TRUE(AwaitCard(0, "CA01"));
  EXPECT_EQ(Apdus(0), 1u);
  EXPECT_EQ(readings_, 1);
}

TEST_F(ReaderWatchTest, SleepsWhenNothingHappens) {
  options_.look_interval = ReaderWatch::Options().look_interval;
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(service_->InsertCard(slot, CardFile("DA01")).ok());
    ASSERT_TRUE(AwaitCard(slot, "DA01"));
  }
  absl::SleepFor(absl::Seconds(2));  // the trace of our own handles passes
  ASSERT_TRUE(service_->ClearLog(0).ok());
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  absl::SleepFor(absl::Seconds(5));
  getrusage(RUSAGE_SELF, &after);
  // One is this thread's own sleep.
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 5);
  EXPECT_LT(absl::DurationFromTimeval(after.ru_utime) - absl::DurationFromTimeval(before.ru_utime),
            absl::Milliseconds(10));
  EXPECT_EQ(Apdus(0), 0u);
}

}  // namespace
}  // namespace kortvakt::testing
