// ReaderWatch on a real pcscd: never in another program's way.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <thread>

#include "common/base/status.h"
#include "tests/integration/pcsc/other_program.h"
#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

// Any command that the test cards answer.
constexpr char kAnyCommand[] = "00CADF3000";

using EtiquetteTest = WatchingTest;

TEST_F(EtiquetteTest, ReadsOncePerInsertion) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0001")).ok());
  ASSERT_TRUE(AwaitCard(0, "0001"));
  // Longer than the quiet time and the trace that our own handle leaves.
  absl::SleepFor(absl::Seconds(4));
  EXPECT_EQ(Apdus(0), kCommands);
  EXPECT_EQ(readings_ + refreshes_, 1);
}

TEST_F(EtiquetteTest, LeavesACardThatWasThereAloneForTheQuietTime) {
  options_.quiet_time = absl::Seconds(3);
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0002")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  const absl::Time start = absl::Now();
  StartWatch();
  // It is shown all the while, and nobody has to wait for it.
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::Seconds(2)));
  ASSERT_TRUE(Reader(0)->card.has_value());
  EXPECT_EQ(Reader(0)->card->contents.state, CardState::kInUse);
  EXPECT_EQ(Reader(0)->card->contents.detail, "waiting until it has been free for 3 s");
  EXPECT_FALSE(Reader(0)->card->read_at.has_value());
  EXPECT_FALSE(Reader(0)->card->atr.empty());
  absl::SleepFor(absl::Seconds(1));
  EXPECT_EQ(Apdus(0), 0u);
  ASSERT_TRUE(AwaitCard(0, "0002"));
  EXPECT_GE(absl::Now() - start, options_.quiet_time);
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::Seconds(1)));
}

TEST_F(EtiquetteTest, SendsNothingWhileAnotherProgramHasTheCard) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0003")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  StartWatch();
  ASSERT_TRUE(AwaitState(0, CardState::kInUse));
  EXPECT_TRUE(watch_->WaitUntilSettled(absl::ZeroDuration()));
  absl::SleepFor(absl::Seconds(3));
  EXPECT_EQ(Apdus(0), 0u);
  const absl::Time start = absl::Now();
  ASSERT_TRUE(other.Disconnect().ok());
  ASSERT_TRUE(AwaitCard(0, "0003"));
  EXPECT_GE(absl::Now() - start, options_.quiet_time);
}

TEST_F(EtiquetteTest, LooksOnceAfterAnotherProgramHasLetGo) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0004")).ok());
  ASSERT_TRUE(AwaitCard(0, "0004"));
  absl::SleepFor(absl::Seconds(2));  // no trace of our own handle is left
  const std::optional<absl::Time> read_at = Reader(0)->card->read_at;
  OtherProgram other;
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  absl::SleepFor(absl::Seconds(2));
  EXPECT_EQ(Identity(0), "0004");  // what was read stays while others use the card
  EXPECT_EQ(Reader(0)->card->contents.state, CardState::kRead);
  EXPECT_EQ(refreshes_, 0);
  ASSERT_TRUE(other.Disconnect().ok());
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (refreshes_ == 0 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(10));
  absl::SleepFor(absl::Seconds(3));
  EXPECT_EQ(refreshes_, 1);
  EXPECT_EQ(readings_, 1);
  EXPECT_EQ(Apdus(0), kCommands + 1);
  EXPECT_EQ(Reader(0)->card->read_at, read_at);
}

TEST_F(EtiquetteTest, CheckReadsAtOnceWhatNobodyUses) {
  options_.once = true;
  options_.quiet_time = absl::Seconds(60);
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0005")).ok());
  ASSERT_TRUE(service_->InsertCard(1, CardFile("0006")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(1), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.Connect(service_->ReaderName(1)).ok());
  absl::SleepFor(absl::Seconds(1));  // until pcscd says that it is in use
  StartWatch();
  ASSERT_TRUE(watch_->WaitUntilSettled(absl::Seconds(10)));
  EXPECT_EQ(Identity(0), "0005");
  ASSERT_TRUE(Reader(1)->card.has_value());
  EXPECT_EQ(Reader(1)->card->contents.state, CardState::kInUse);
  EXPECT_EQ(Apdus(1), 0u);
}

TEST_F(EtiquetteTest, DoesNotConnectToACardThatAnotherProgramHasToItself) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0007")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.Connect(service_->ReaderName(0), /*exclusive=*/true).ok());
  StartWatch();
  ASSERT_TRUE(AwaitState(0, CardState::kInUse));
  ASSERT_TRUE(other.Disconnect().ok());
  EXPECT_TRUE(AwaitCard(0, "0007"));
}

TEST_F(EtiquetteTest, LetsAnotherProgramInBetweenItsTransactions) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(5)).ok());  // a reading takes 100 ms
  std::atomic<bool> reading{false};
  before_command_ = [&](size_t) { reading = true; };
  ASSERT_TRUE(service_->InsertCard(0, CardFile("0008")).ok());
  while (!reading) absl::SleepFor(absl::Milliseconds(1));
  OtherProgram other;
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  absl::Duration longest;
  for (int i = 0; i < 20; ++i) {
    const absl::Time start = absl::Now();
    const absl::Status begun = other.Begin();
    longest = std::max(longest, absl::Now() - start);
    ASSERT_TRUE(begun.ok()) << begun;
    ASSERT_TRUE(other.Send(kAnyCommand).ok());
    ASSERT_TRUE(other.End().ok());
  }
  EXPECT_LT(longest, absl::Milliseconds(100));
  EXPECT_FALSE(WasReset(0));
}

TEST_F(EtiquetteTest, StopsAtAnyCommandWithoutResettingTheCard) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(5)).ok());
  for (size_t at = 0; at < kCommands; ++at) {
    std::atomic<bool> reached{false};
    before_command_ = [&](size_t command) {
      if (command == at) reached = true;
    };
    StartWatch();
    ASSERT_TRUE(AwaitReaders(2));
    ASSERT_TRUE(service_->ClearLog(0).ok());
    ASSERT_TRUE(service_->InsertCard(0, CardFile("0009")).ok());
    while (readings_ == static_cast<int>(at)) absl::SleepFor(absl::Milliseconds(1));
    // Somebody else is connected when we go: they must not see a reset.
    OtherProgram other;
    std::thread connect([&] { EXPECT_TRUE(other.Connect(service_->ReaderName(0)).ok()); });
    while (!reached) absl::SleepFor(absl::Microseconds(200));
    StopWatch();
    connect.join();
    const absl::Status begun = other.Begin();
    EXPECT_TRUE(begun.ok()) << "stopped at command " << at << ": " << begun;
    EXPECT_TRUE(other.End().ok());
    EXPECT_FALSE(WasReset(0)) << "stopped at command " << at;
    ASSERT_TRUE(other.Disconnect().ok());
    ASSERT_TRUE(service_->RemoveCard(0).ok());
  }
}

// That the test above would notice: this program dies inside a transaction.
TEST_F(EtiquetteTest, WouldSeeTheResetOfAProgramThatDiesInATransaction) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("000A")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  const std::string reader = service_->ReaderName(0);
  const pid_t child = fork();
  if (child == 0) {
    OtherProgram dying;
    const bool inside = dying.Connect(reader).ok() && dying.Begin().ok();
    _exit(inside ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  absl::Status begun = absl::OkStatus();
  const absl::Time end = absl::Now() + absl::Seconds(5);
  while (begun.ok() && absl::Now() < end) {
    begun = other.Begin();
    if (begun.ok()) {
      ASSERT_TRUE(other.End().ok());
    }
  }
  EXPECT_EQ(begun.message(), "SCardBeginTransaction: SCARD_W_RESET_CARD");
}

TEST_F(EtiquetteTest, WaitsWhileAnotherProgramIsInATransactionAtTheInsertion) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  OtherProgram other;
  // Whoever comes first: from the moment it holds the card, nothing of ours goes there.
  ASSERT_TRUE(service_->InsertCard(0, CardFile("000B")).ok());
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
  ASSERT_TRUE(other.Begin().ok());
  ASSERT_TRUE(service_->ClearLog(0).ok());
  absl::SleepFor(absl::Seconds(3));
  EXPECT_EQ(Apdus(0), 0u);
  ASSERT_TRUE(other.End().ok());
  ASSERT_TRUE(other.Disconnect().ok());
  EXPECT_TRUE(AwaitCard(0, "000B"));
  EXPECT_FALSE(WasReset(0));
}

// Another program that comes in between two transactions of a reading and stays for a
// while: what our second transaction comes to, for the first such reading.
class CollisionTest : public EtiquetteTest {
 protected:
  // Longer than pcsc-lite has a program wait that finds the card taken (100 ms); shorter
  // than the patience at an insertion.
  static constexpr absl::Duration kOthersWork = absl::Milliseconds(250);

  CollisionTest() {
    options_.read = [this](CardSession& session) { return Read(session); };
  }
  bool AwaitCollision() {
    MutexLock lock(collision_mutex_);
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (!second_.has_value() && absl::Now() < end) collided_.WaitFor(collision_mutex_, end - absl::Now());
    return second_.has_value();
  }
  absl::Status Second() {
    MutexLock lock(collision_mutex_);
    return second_.value_or(absl::UnknownError("never read"));
  }

 private:
  absl::StatusOr<CardContents> Read(CardSession& session) {
    {
      ASSIGN_OR_RETURN(const std::unique_ptr<CardChannel> first, session.Begin());
      RETURN_IF_ERROR(first->Transmit(CommandApdu::GetData(0xDF30, 2)).status());
    }
    CardContents contents;
    contents.state = CardState::kRead;
    if (readings_++ > 0) return contents;
    OtherProgram other;
    RETURN_IF_ERROR(other.Connect(service_->ReaderName(0)));
    RETURN_IF_ERROR(other.Begin());
    std::thread work([&other] {
      absl::SleepFor(kOthersWork);
      EXPECT_TRUE(other.End().ok());
    });
    const absl::Status second = session.Begin().status();
    work.join();
    MutexLock lock(collision_mutex_);
    second_ = second;
    collided_.NotifyAll();
    RETURN_IF_ERROR(second);
    return contents;
  }

  Mutex collision_mutex_;
  CondVar collided_;
  std::optional<absl::Status> second_ ABSL_GUARDED_BY(collision_mutex_);
};

TEST_F(CollisionTest, AtTheInsertionIsWaitedFor) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->InsertCard(0, CardFile("000C")).ok());
  ASSERT_TRUE(AwaitCollision());
  EXPECT_TRUE(Second().ok()) << Second();
  EXPECT_TRUE(AwaitState(0, CardState::kRead));
}

TEST_F(CollisionTest, AtALateLookIsGivenWayTo) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("000D")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  StartWatch();
  ASSERT_TRUE(AwaitCollision());
  EXPECT_TRUE(absl::IsAborted(Second())) << Second();
  // Read once the other has let go for long enough.
  EXPECT_TRUE(AwaitState(0, CardState::kRead));
}

TEST_F(CollisionTest, IsGivenWayToByCheck) {
  options_.once = true;
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("000E")).ok());
  OtherProgram other;
  ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  StartWatch();
  ASSERT_TRUE(AwaitCollision());
  EXPECT_TRUE(absl::IsAborted(Second())) << Second();
  EXPECT_TRUE(AwaitState(0, CardState::kInUse));
  EXPECT_EQ(readings_, 1);
}

}  // namespace
}  // namespace kortvakt::testing
