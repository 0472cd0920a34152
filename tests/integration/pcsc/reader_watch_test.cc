// ReaderWatch on a real pcscd: what it shows, and what it costs.
#include <sys/resource.h>

#include <thread>

#include "tests/integration/pcsc/other_program.h"
#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

class ReaderWatchTest : public WatchingTest {
 protected:
  // Whether this process does next to nothing for 5 s, before kPatience has passed. Other programs
  // take time from it, but wake none of its threads.
  static bool SleepsForAWhile() {
    for (const absl::Time end = absl::Now() + kPatience; absl::Now() < end;) {
      rusage before{};
      rusage after{};
      getrusage(RUSAGE_SELF, &before);
      absl::SleepFor(absl::Seconds(5));
      getrusage(RUSAGE_SELF, &after);
      // One is this thread's own sleep.
      const bool slept = after.ru_nvcsw - before.ru_nvcsw <= 5;
      const absl::Duration worked =
          absl::DurationFromTimeval(after.ru_utime) - absl::DurationFromTimeval(before.ru_utime);
      if (slept && worked < absl::Milliseconds(50)) return true;
    }
    return false;
  }
};

TEST_F(ReaderWatchTest, ShowsInsertRemoveAndSwapWithoutWaitingForItsOwnLooks) {
  options_.look_interval = 2 * kPatience;
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  const TestCard card = cards_.Make(CardFamily::kPkcs15);
  const TestCard other = cards_.Make(CardFamily::kIdPrime);
  Insert(0, card);
  EXPECT_TRUE(AwaitCard(0, card));
  EXPECT_TRUE(Reader(0)->card->read_at.has_value());
  Remove(0);
  EXPECT_TRUE(AwaitNoCard(0));
  Insert(0, other);
  EXPECT_TRUE(AwaitCard(0, other));
  ASSERT_TRUE(AwaitPowerOff(0));
  ASSERT_TRUE(service_->SwapCard(0, card.file).ok());
  EXPECT_TRUE(AwaitCard(0, card));
  EXPECT_FALSE(Reader(1)->card.has_value());
}

TEST_F(ReaderWatchTest, FollowsTheServiceDownAndBackWithOtherReaders) {
  ASSERT_TRUE(StartService({"Old"}));
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(service_->StopService().ok());
    ASSERT_TRUE(Await([](const ObservedReaders& now) { return !now.service_running; }));
    EXPECT_EQ(watch_->Current().service_detail.substr(0, 6), "SCARD_");
    EXPECT_TRUE(watch_->Current().readers.empty());
    ASSERT_TRUE(service_->StartService({"Läsare ÅÄÖ", "Third"}).ok());
    ASSERT_TRUE(AwaitReaders(4));
    EXPECT_EQ(watch_->Current().service_detail, "");
    EXPECT_EQ(watch_->Current().readers[0].name, "Läsare ÅÄÖ 00 00");
  }
  const TestCard card = cards_.Make(CardFamily::kIdPrime);
  Insert(3, card);
  EXPECT_TRUE(AwaitCard(3, card));
}

TEST_F(ReaderWatchTest, SaysThatTheServiceIsDown) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->StopService().ok());
  StartWatch();
  EXPECT_TRUE(watch_->WaitUntilSettled(kPatience));
  EXPECT_FALSE(watch_->Current().service_running);
  EXPECT_EQ(watch_->Current().service_detail, "SCARD_E_NO_SERVICE");
}

TEST_F(ReaderWatchTest, SurvivesACardThatVanishesAtEveryCommand) {
  ASSERT_TRUE(StartLargeService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(kMostSlots));
  const std::vector<std::pair<CardFamily, size_t>> moments = MomentsOfAReading();
  const TestCard vanishing[] = {cards_.Make(CardFamily::kPkcs15), cards_.Make(CardFamily::kIdPrime)};
  for (size_t first = 0; first < moments.size(); first += kMostSlots) {
    const size_t count = std::min(kMostSlots, moments.size() - first);
    std::vector<TestCard> staying;
    for (size_t slot = 0; slot < count; ++slot) staying.push_back(cards_.Make(moments[first + slot].first));
    Onlooker onlooker(*this, count);
    for (size_t slot = 0; slot < count; ++slot) {
      const auto& [family, at] = moments[first + slot];
      ASSERT_TRUE(service_->ClearLog(slot).ok());
      ASSERT_TRUE(service_->At(slot, at, "vanish").ok());
      Insert(slot, vanishing[family == CardFamily::kIdPrime]);
    }
    for (size_t slot = 0; slot < count; ++slot) {
      ASSERT_TRUE(AwaitApdus(slot, moments[first + slot].second + 1));
      ASSERT_TRUE(AwaitNoCard(slot));
      Insert(slot, staying[slot]);
    }
    for (size_t slot = 0; slot < count; ++slot) EXPECT_TRUE(AwaitCard(slot, staying[slot]));
    for (size_t slot = 0; slot < count; ++slot) {
      EXPECT_EQ(onlooker.CardsSeen(slot), std::vector<std::string>{staying[slot].name})
          << "vanished at command " << moments[first + slot].second;
      Remove(slot);
    }
    for (size_t slot = 0; slot < count; ++slot) ASSERT_TRUE(AwaitNoCard(slot));
  }
}

TEST_F(ReaderWatchTest, IsDestroyedThoughACardNeverAnswers) {
  options_.stop_limit = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->At(0, 3, "silent").ok());
  Insert(0, cards_.Make(CardFamily::kPkcs15));
  ASSERT_TRUE(AwaitApdus(0, 4));
  const absl::Time start = absl::Now();
  StopWatch();
  EXPECT_GE(absl::Now() - start, options_.stop_limit) << "a card that answers in time is let go in order";
  // The call comes back when the card is pulled, and not before; nothing of ours may break then.
  Remove(0);
}

TEST_F(ReaderWatchTest, WakesWhoeverWaitsWhenItIsStopped) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(200)).ok());
  Insert(0, cards_.Make(CardFamily::kIdPrime));
  ASSERT_TRUE(AwaitApdus(0, 1));
  // Nothing but the stop wakes it, and the last one here, before the test is ended from outside.
  std::thread waiting([this] { EXPECT_FALSE(watch_->WaitUntilSettled(absl::Hours(1))); });
  std::thread stopping([this] { watch_->Stop(); });
  watch_->Stop();
  stopping.join();
  waiting.join();
  watch_->Stop();
  EXPECT_FALSE(watch_->WaitUntilSettled(absl::Hours(1)));
}

TEST_F(ReaderWatchTest, CallsACardUnreadableThatIsTooSlowForItsBudget) {
  options_.budget.time = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(service_->SetDelay(slot, absl::Milliseconds(400)).ok());
    Insert(slot, cards_.Make(kBothFamilies[slot]));
  }
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(AwaitState(slot, CardState::kUnreadable));
    EXPECT_EQ(Reader(slot)->card->contents.detail, "the time for this card is used up");
    EXPECT_EQ(Reader(slot)->state, ReaderState::kOk);
  }
}

TEST_F(ReaderWatchTest, RemembersACardThatComesBack) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  const TestCard cards[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  for (const size_t slot : {0, 1}) Insert(slot, cards[slot]);
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(AwaitCard(slot, cards[slot]));
    Remove(slot);
    ASSERT_TRUE(AwaitNoCard(slot));
    ASSERT_TRUE(service_->ClearLog(slot).ok());
  }
  // Each in the other's reader.
  for (const size_t slot : {0, 1}) Insert(1 - slot, cards[slot]);
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(AwaitCard(1 - slot, cards[slot]));
    EXPECT_LE(Apdus(1 - slot), 6u);
  }
  EXPECT_EQ(looks_, 4);
}

TEST_F(ReaderWatchTest, RemembersCardsThatTakeTurnsInAReader) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  TestCard cards[2][2];
  for (const size_t slot : {0, 1}) {
    for (TestCard& card : cards[slot]) card = cards_.Make(kBothFamilies[slot]);
  }
  for (const size_t turn : {0, 1, 0}) {
    for (const size_t slot : {0, 1}) {
      ASSERT_TRUE(service_->ClearLog(slot).ok());
      Insert(slot, cards[slot][turn]);
    }
    for (const size_t slot : {0, 1}) {
      ASSERT_TRUE(AwaitCard(slot, cards[slot][turn]));
      Remove(slot);
    }
    for (const size_t slot : {0, 1}) ASSERT_TRUE(AwaitNoCard(slot));
  }
  for (const size_t slot : {0, 1}) EXPECT_LE(Apdus(slot), 6u);
}

TEST_F(ReaderWatchTest, ShowsACardThatAnotherProgramKeepsAsInUseWithWhatWasRead) {
  options_.in_use_after = absl::Seconds(1);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  const TestCard card = cards_.Make(CardFamily::kPkcs15);
  Insert(0, card);
  ASSERT_TRUE(AwaitCard(0, card));
  const ObservedCard read = *Reader(0)->card;
  const size_t apdus = Apdus(0);
  OtherProgram other;
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  ASSERT_TRUE(AwaitState(0, CardState::kInUse));
  const ObservedCard kept = *Reader(0)->card;
  EXPECT_EQ(kept.read_at, read.read_at);
  EXPECT_EQ(kept.contents.certificates.size(), card.certificates.size());
  EXPECT_EQ(Apdus(0), apdus);
  // Looked at, and so known again, once it has been free.
  ASSERT_TRUE(other.Disconnect().ok());
  EXPECT_TRUE(AwaitState(0, CardState::kRead));
  EXPECT_LE(Apdus(0), apdus + 6);
}

TEST_F(ReaderWatchTest, SleepsWhenNothingHappens) {
  options_.look_interval = ReaderWatch::Options().look_interval;
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const size_t slot : {0, 1}) {
    const TestCard card = cards_.Make(kBothFamilies[slot]);
    Insert(slot, card);
    ASSERT_TRUE(AwaitCard(slot, card));
  }
  for (const size_t slot : {0, 1}) ASSERT_TRUE(service_->ClearLog(slot).ok());
  // As soon as the trace of our own handles has passed.
  EXPECT_TRUE(SleepsForAWhile());
  for (const size_t slot : {0, 1}) EXPECT_EQ(Apdus(slot), 0u);
}

}  // namespace
}  // namespace kortvakt::testing
