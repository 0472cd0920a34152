// ReaderWatch on a real pcscd with cards of both families: never in another program's way.
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
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
      ASSERT_TRUE(onlooker.AwaitCard(service_->ReaderName(slot), absl::Seconds(10)).ok());
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
    EXPECT_FALSE(NothingIsSent(absl::Seconds(2)));
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
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::Seconds(2)));
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(Reader(slot)->card.has_value());
    EXPECT_EQ(Reader(slot)->card->contents.state, CardState::kInUse);
    EXPECT_EQ(Reader(slot)->card->contents.detail, "waiting until it has been free for 3 s");
    EXPECT_FALSE(Reader(slot)->card->read_at.has_value());
    EXPECT_EQ(Reader(slot)->card->atr, card_[slot].atr);
  }
  EXPECT_TRUE(NothingIsSent(start + absl::Seconds(2) - absl::Now()));
  ASSERT_TRUE(AwaitBoth());
  EXPECT_GE(absl::Now() - start, options_.quiet_time);
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::Seconds(1)));
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
  for (const size_t slot : {0, 1}) ASSERT_TRUE(AwaitApdus(slot, before[slot] + 1, absl::Seconds(10)));
  const absl::Time end = absl::Now() + absl::Seconds(10);
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
  options_.quiet_time = absl::Seconds(60);
  ASSERT_TRUE(StartService({"Free", "Used"}));
  InsertBoth();
  const TestCard used[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  OtherProgram others[2];
  for (const size_t i : {0, 1}) {
    Insert(2 + i, used[i]);
    ASSERT_TRUE(others[i].AwaitCard(service_->ReaderName(2 + i), absl::Seconds(10)).ok());
    ASSERT_TRUE(others[i].Connect(service_->ReaderName(2 + i)).ok());
    ASSERT_TRUE(others[i].AwaitInUse(service_->ReaderName(2 + i), absl::Seconds(10)).ok());
  }
  StartWatch();
  ASSERT_TRUE(watch_->WaitUntilSettled(absl::Seconds(10)));
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

// A program that asks for the card while it is read has it when the reading is over, at the
// latest at the next look of pcsc-lite, which has it look every 0.1 s; nothing is lost on
// either side.
TEST_F(EtiquetteTest, KeepsAnotherProgramWaitingForTheOneReadingAtMost) {
  constexpr absl::Duration kAnswer = absl::Milliseconds(20);
  constexpr absl::Duration kNextLook = absl::Milliseconds(100);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(service_->SetDelay(slot, kAnswer).ok());
    Insert(slot, card_[slot]);
    ASSERT_TRUE(AwaitApdus(slot, 3));
    const absl::Time start = absl::Now();
    OtherProgram other;
    ASSERT_TRUE(other.Connect(service_->ReaderName(slot)).ok());
    ASSERT_TRUE(other.Begin().ok());
    const absl::Duration waited = absl::Now() - start;
    ASSERT_TRUE(other.Send(kMark).ok());
    ASSERT_TRUE(other.End().ok());
    ASSERT_TRUE(AwaitCard(slot, card_[slot]));
    // Two looks, one for the connection and one for the transaction; and a busy machine.
    EXPECT_LT(waited, kAnswer * Apdus(slot) + 2 * kNextLook + absl::Milliseconds(200));
    EXPECT_FALSE(WasReset(slot));
  }
  EXPECT_EQ(looks_, 2);
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
  // Longer than pcsc-lite has a program wait that finds the card taken (100 ms); shorter
  // than the patience at an insertion.
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
