// ReaderWatch on a real pcscd with cards of both families: never in another program's way.
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/pcsc/other_program.h"
#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

// GET DATA, which we never send: in a card's log it stands for the other program.
constexpr char kMark[] = "00CA9F7F00";
constexpr char kSelectMf[] = "00A4000C023F00";

// Slots 0 and 1 have a card of each family; somebody else may use them.
class EtiquetteTest : public WatchingTest {
 protected:
  EtiquetteTest() : card_{cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])} {}

  // Puts both in; returns when pcscd has noticed.
  void InsertBoth() {
    for (std::optional<OtherProgram>& other : other_) other.emplace();
    OtherProgram onlooker;
    for (const size_t slot : {0, 1}) Insert(slot, card_[slot]);
    for (const size_t slot : {0, 1}) {
      ASSERT_TRUE(onlooker.AwaitCard(service_->ReaderName(slot)).ok());
    }
  }
  void ConnectOther(bool exclusive = false) {
    for (const size_t slot : {0, 1}) {
      const absl::Status connected = other_[slot]->Connect(service_->ReaderName(slot), exclusive);
      ASSERT_TRUE(connected.ok()) << connected;
    }
  }
  void DisconnectOther() {
    for (std::optional<OtherProgram>& other : other_) ASSERT_TRUE(other->Disconnect().ok());
  }
  bool AwaitBoth() { return AwaitCard(0, card_[0]) && AwaitCard(1, card_[1]); }
  bool AwaitBothState(CardState state) { return AwaitState(0, state) && AwaitState(1, state); }

  const TestCard card_[2];
  std::optional<OtherProgram> other_[2];  // from InsertBoth on
};

TEST_F(EtiquetteTest, ReadsOncePerInsertion) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  InsertBoth();
  ASSERT_TRUE(AwaitBoth());
  // Longer than the quiet time and the trace that our own handle leaves.
  EXPECT_TRUE(NothingIsSent(absl::Seconds(4)));
  EXPECT_EQ(looks_, 2);
}

// What keeps the tests here honest: a program that looks at a card on a timer.
TEST_F(EtiquetteTest, WouldSeeAProgramThatDoesNotLeaveTheCardAlone) {
  ASSERT_TRUE(StartService());
  InsertBoth();
  ConnectOther();
  for (const size_t slot : {0, 1}) {
    std::thread timer([&] {
      absl::SleepFor(absl::Milliseconds(100));
      EXPECT_TRUE(other_[slot]->Send(kSelectMf).ok());
    });
    EXPECT_FALSE(NothingIsSent(kPatience));
    timer.join();
  }
}

TEST_F(EtiquetteTest, LeavesACardThatWasThereAloneForTheQuietTime) {
  options_.quiet_time = absl::Seconds(3);
  ASSERT_TRUE(StartService());
  InsertBoth();
  const absl::Time start = absl::Now();
  StartWatch();
  // It is shown all the while, and nobody has to wait for it.
  EXPECT_TRUE(watch_->WaitUntilSettled(kPatience));
  const std::optional<ObservedReader> waiting[] = {Reader(0), Reader(1)};
  // A machine on which it takes longer to look has nothing more to show of that while.
  for (size_t slot = 0; slot < 2 && absl::Now() - start < options_.quiet_time; ++slot) {
    ASSERT_TRUE(waiting[slot]->card.has_value());
    EXPECT_EQ(waiting[slot]->card->contents.state, CardState::kInUse);
    EXPECT_EQ(waiting[slot]->card->contents.detail, "waiting until it has been free for 3 s");
    EXPECT_FALSE(waiting[slot]->card->read_at.has_value());
    EXPECT_EQ(waiting[slot]->card->atr, card_[slot].atr);
  }
  // Until the first command to either of them.
  EXPECT_FALSE(NothingIsSent(kPatience));
  EXPECT_GE(absl::Now() - start, options_.quiet_time);
  ASSERT_TRUE(AwaitBoth());
  EXPECT_TRUE(watch_->WaitUntilSettled(kPatience));
}

TEST_F(EtiquetteTest, SendsNothingWhileAnotherProgramHasTheCard) {
  ASSERT_TRUE(StartService());
  InsertBoth();
  ConnectOther();
  StartWatch();
  ASSERT_TRUE(AwaitBothState(CardState::kInUse));
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::ZeroDuration()));
  EXPECT_TRUE(NothingIsSent(absl::Seconds(3)));
  const absl::Time start = absl::Now();
  DisconnectOther();
  ASSERT_TRUE(AwaitBoth());
  EXPECT_GE(absl::Now() - start, options_.quiet_time);
}

TEST_F(EtiquetteTest, LooksOnceAfterAnotherProgramHasLetGo) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  InsertBoth();
  ASSERT_TRUE(AwaitBoth());
  EXPECT_TRUE(NothingIsSent(absl::Seconds(2)));  // no trace of our own handle is left
  const std::optional<absl::Time> read_at[] = {Reader(0)->card->read_at, Reader(1)->card->read_at};
  ConnectOther();
  EXPECT_TRUE(NothingIsSent(absl::Seconds(2)));
  // What was read stays while others use the card.
  for (const size_t slot : {0, 1}) EXPECT_EQ(Shown(slot), card_[slot].name);
  const size_t before[] = {Apdus(0), Apdus(1)};
  DisconnectOther();
  for (const size_t slot : {0, 1}) ASSERT_TRUE(AwaitApdus(slot, before[slot] + 1));
  const absl::Time end = absl::Now() + kPatience;
  while (looks_ < 4 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_TRUE(NothingIsSent(absl::Seconds(3)));
  EXPECT_EQ(looks_, 4);
  for (const size_t slot : {0, 1}) {
    EXPECT_LE(Apdus(slot), before[slot] + 6);
    EXPECT_EQ(Reader(slot)->card->read_at, read_at[slot]);
  }
}

TEST_F(EtiquetteTest, CheckReadsAtOnceWhatNobodyUses) {
  options_.once = true;
  options_.quiet_time = 2 * kPatience;
  ASSERT_TRUE(StartService({"Free", "Used"}));
  InsertBoth();
  const TestCard used[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  OtherProgram others[2];
  for (const size_t i : {0, 1}) {
    Insert(2 + i, used[i]);
    ASSERT_TRUE(others[i].AwaitCard(service_->ReaderName(2 + i)).ok());
    ASSERT_TRUE(others[i].Connect(service_->ReaderName(2 + i)).ok());
    ASSERT_TRUE(others[i].AwaitInUse(service_->ReaderName(2 + i)).ok());
  }
  // On a machine that keeps it waiting as another program would, it gives way; then once more.
  for (int attempt = 0; attempt == 0 || (gave_way_ > 0 && attempt < 5); ++attempt) {
    gave_way_ = 0;
    StartWatch();
    ASSERT_TRUE(watch_->WaitUntilSettled(kPatience));
  }
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(Shown(i), card_[i].name);
    ASSERT_TRUE(Reader(2 + i)->card.has_value());
    EXPECT_EQ(Reader(2 + i)->card->contents.state, CardState::kInUse);
    EXPECT_EQ(Apdus(2 + i), 0u);
  }
}

TEST_F(EtiquetteTest, DoesNotConnectToACardThatAnotherProgramHasToItself) {
  ASSERT_TRUE(StartService());
  InsertBoth();
  ConnectOther(/*exclusive=*/true);
  StartWatch();
  ASSERT_TRUE(AwaitBothState(CardState::kInUse));
  EXPECT_TRUE(NothingIsSent(options_.quiet_time * 2));
  DisconnectOther();
  EXPECT_TRUE(AwaitBoth());
}

// Another program uses the card between any two of our transactions, and leaves another file
// selected: it gets in there, and what is read is right all the same.
TEST_F(EtiquetteTest, LetsAnotherProgramInBetweenItsTransactions) {
  // IDPrime's first: the application, index, id, freshness, label and key map, each with its
  // SELECT and, under T=0, a repeat. The whole reading takes 18 commands and more.
  constexpr size_t kLongestTransaction = 14;
  ASSERT_TRUE(StartService({"One"}));
  std::atomic<size_t> slot{0};
  std::atomic<size_t> visits{0};
  before_transaction_ = [&](const CardSession&, size_t number) {
    if (number == 0) return;
    OtherProgram visitor;
    EXPECT_TRUE(visitor.Connect(service_->ReaderName(slot)).ok());
    EXPECT_TRUE(visitor.Begin().ok());
    EXPECT_TRUE(visitor.Send(kSelectMf).ok());
    EXPECT_TRUE(visitor.Send(kMark).ok());
    EXPECT_TRUE(visitor.End().ok());
    ++visits;
  };
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (; slot < 2; ++slot) {
    SCOPED_TRACE(slot);
    visits = 0;
    Insert(slot, card_[slot]);
    ASSERT_TRUE(AwaitCard(slot, card_[slot]));
    // One transaction for each file at least, and none that is long.
    EXPECT_GE(visits, 1 + card_[slot].certificates.size());
    size_t marks = 0;
    size_t ours = 0;
    for (const std::string& line : Commands(slot)) {
      const bool mark = absl::StartsWith(line, kMark);
      marks += mark;
      ours = mark ? 0 : ours + 1;
      EXPECT_LE(ours, kLongestTransaction);
    }
    EXPECT_EQ(marks, visits);
    EXPECT_GT(ours, 0u) << "the last word was the other program's";
  }
  EXPECT_FALSE(WasReset(0));
  EXPECT_FALSE(WasReset(1));
}

// A program that asks for the card while it is read: how long it waits, compared with the same wait
// for a neighbour that sends as many commands in one go. pcsc-lite has whoever waits look every 0.1 s.
class WaitingTest : public EtiquetteTest {
 protected:
  static constexpr absl::Duration kAnswer = absl::Milliseconds(20);

  // How long another program waits for a connection and a transaction from the third command to the
  // card on; then it leaves its mark and goes.
  absl::Duration WaitForTheCard(size_t slot) {
    EXPECT_TRUE(AwaitApdus(slot, 3));
    const absl::Time start = absl::Now();
    OtherProgram other;
    EXPECT_TRUE(other.Connect(service_->ReaderName(slot)).ok());
    EXPECT_TRUE(other.Begin().ok());
    const absl::Duration waited = absl::Now() - start;
    EXPECT_TRUE(other.Send(kMark).ok());
    EXPECT_TRUE(other.End().ok());
    return waited;
  }
  // The wait while our reading of a card that is put in goes on; adds how many commands that takes.
  absl::Duration WaitForUs(size_t slot, size_t& commands) {
    EXPECT_TRUE(service_->ClearLog(slot).ok());
    const TestCard card = cards_.Make(kBothFamilies[slot]);
    Insert(slot, card);
    const absl::Duration waited = WaitForTheCard(slot);
    EXPECT_TRUE(AwaitCard(slot, card));
    EXPECT_FALSE(WasReset(slot));
    commands = Apdus(slot) - 1;
    return waited;
  }
  // The wait while a neighbour sends so many commands to the card that is in.
  absl::Duration WaitForANeighbour(size_t slot, size_t commands) {
    EXPECT_TRUE(service_->ClearLog(slot).ok());
    std::thread neighbour([&] {
      OtherProgram program;
      EXPECT_TRUE(program.Connect(service_->ReaderName(slot)).ok());
      EXPECT_TRUE(program.Begin().ok());
      for (size_t i = 0; i < commands; ++i) EXPECT_TRUE(program.Send(kSelectMf).ok());
      EXPECT_TRUE(program.End().ok());
    });
    const absl::Duration waited = WaitForTheCard(slot);
    neighbour.join();
    return waited;
  }
};

TEST_F(WaitingTest, KeepsAnotherProgramWaitingForTheOneReadingAtMost) {
  // The shortest of some counts, for the machine may be busy with anything at any time.
  constexpr int kAttempts = 4;
  options_.quiet_time = kPatience;  // nothing but readings: who came in between is not looked after
  ASSERT_TRUE(StartService());
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(service_->SetDelay(slot, kAnswer).ok());
    bool kept = false;
    std::string waits;
    for (int attempt = 1; attempt <= kAttempts && !kept; ++attempt) {
      StartWatch();  // that remembers no card
      ASSERT_TRUE(AwaitReaders(2));
      size_t commands = 0;
      const int looks = looks_;
      const absl::Duration us = WaitForUs(slot, commands);
      // Nothing is lost on either side, and the card is not read again for it.
      EXPECT_EQ(looks_, looks + 1);
      const absl::Duration neighbour = WaitForANeighbour(slot, commands);
      kept = us <= neighbour * 1.2;
      absl::StrAppend(&waits, absl::FormatDuration(us), " and ", absl::FormatDuration(neighbour), "; ");
      Remove(slot);
      ASSERT_TRUE(AwaitNoCard(slot));
    }
    EXPECT_TRUE(kept) << "waited for us and for the neighbour: " << waits;
  }
}

TEST_F(EtiquetteTest, WaitsWhileAnotherProgramIsInATransactionAtTheInsertion) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  // Whoever comes first: from the moment it holds the card, nothing of ours goes there.
  InsertBoth();
  ConnectOther();
  for (std::optional<OtherProgram>& other : other_) ASSERT_TRUE(other->Begin().ok());
  EXPECT_TRUE(NothingIsSent(absl::Seconds(3)));
  for (std::optional<OtherProgram>& other : other_) ASSERT_TRUE(other->End().ok());
  DisconnectOther();
  EXPECT_TRUE(AwaitBoth());
  EXPECT_FALSE(WasReset(0));
  EXPECT_FALSE(WasReset(1));
}

// Another program that comes in between the first two transactions of a reading and stays for
// a while: whether the reading goes on. Each card is visited once.
class CollisionTest : public EtiquetteTest {
 protected:
  // Longer than pcsc-lite has a program wait that finds the card taken (100 ms); much shorter
  // than the patience at an insertion here.
  static constexpr absl::Duration kOthersWork = absl::Milliseconds(250);

  CollisionTest() {
    before_transaction_ = [this](const CardSession& session, size_t number) {
      if (number == 1) Visit(session);
    };
  }
  ~CollisionTest() override {
    StopWatch();
    for (std::thread& visitor : visitors_) {
      if (visitor.joinable()) visitor.join();
    }
  }
  std::atomic<int> visits_{0};

 private:
  // Returns with the visitor in a transaction; it ends it later.
  void Visit(const CardSession& session) {
    const size_t slot = std::equal(session.atr().begin(), session.atr().end(), card_[0].atr.begin()) ? 0 : 1;
    if (visitors_[slot].joinable()) return;
    ++visits_;
    EXPECT_TRUE(other_[slot]->Connect(service_->ReaderName(slot)).ok());
    EXPECT_TRUE(other_[slot]->Begin().ok());
    visitors_[slot] = std::thread([this, slot] {
      absl::SleepFor(kOthersWork);
      EXPECT_TRUE(other_[slot]->End().ok());
      EXPECT_TRUE(other_[slot]->Disconnect().ok());
    });
  }

  std::thread visitors_[2];  // each by the worker of its reader alone
};

TEST_F(CollisionTest, AtTheInsertionIsWaitedFor) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  InsertBoth();
  EXPECT_TRUE(AwaitBoth());
  EXPECT_EQ(visits_, 2);
  EXPECT_EQ(gave_way_, 0);
  EXPECT_EQ(looks_, 2);
}

TEST_F(CollisionTest, AtALateLookIsGivenWayTo) {
  ASSERT_TRUE(StartService());
  InsertBoth();
  StartWatch();
  // Read once the other has let go for long enough.
  EXPECT_TRUE(AwaitBoth());
  EXPECT_EQ(visits_, 2);
  EXPECT_EQ(gave_way_, 2);
  EXPECT_EQ(looks_, 4);
}

TEST_F(CollisionTest, IsGivenWayToByCheck) {
  options_.once = true;
  ASSERT_TRUE(StartService());
  InsertBoth();
  StartWatch();
  EXPECT_TRUE(AwaitBothState(CardState::kInUse));
  EXPECT_EQ(visits_, 2);
  EXPECT_EQ(gave_way_, 2);
  EXPECT_EQ(looks_, 2);
}

}  // namespace
}  // namespace kortvakt::testing
