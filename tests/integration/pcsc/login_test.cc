// The agent as a program beside one that logs in, on a real pcscd, with a card of each family
// that forgets at every SELECT that a PIN was shown. The cards' logs are the witnesses.
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/pcsc/agent_program.h"

namespace kortvakt::testing {
namespace {

constexpr char kForgetful[] = "forgets_pin_at_select = true\n";
// Of the user's PIN, as each family calls it: PKCS#15 by its EF(AOD), IDPrime 11.
constexpr const char* kVerify[] = {"0020008106313233343536", "0020001106313233343536"};
constexpr const char* kTriesLeft[] = {"0020008100", "0020001100"};
constexpr char kSign[] = "002A9E9A00";
constexpr char kSelectMf[] = "00A4000C023F00";
constexpr uint16_t kOk = 0x9000;
constexpr uint16_t kPinNotShown = 0x6982;

// The longest that another program may be kept waiting.
constexpr absl::Duration kLongestDelay = absl::Milliseconds(100);
// Longer than the quiet time of the agent below, and than its looks at the service.
constexpr absl::Duration kLongEnough = absl::Seconds(3);

// Slot 0 has a PKCS#15 card, slot 1 an IDPrime card; each is used by a program of its own.
class LoginTest : public AgentProgramTest {
 protected:
  static constexpr std::array<size_t, 2> kSlots = {0, 1};

  LoginTest() : card_{cards_.Make(kBothFamilies[0], kForgetful), cards_.Make(kBothFamilies[1], kForgetful)} {
    config_ = "[cards]\nquiet_time = \"1s\"\n";
  }
  void SetUp() override {
    ASSERT_TRUE(StartService({"Kortvakt Virtual"}, /*verbose=*/true));
    for (std::optional<OtherProgram>& other : other_) other.emplace();
  }
  // Nothing but reading ever came from us: every other command in a log is one that a test
  // sent itself.
  void TearDown() override {
    if (agent_) StopAgent();
    for (const size_t slot : kSlots) EXPECT_EQ(OthersThanReading(slot), sent_[slot]);
  }

  void InsertBoth() {
    for (const size_t slot : kSlots) InsertNoticed(slot, card_[slot]);
  }
  bool AwaitBoth() { return AwaitCard(0, card_[0]) && AwaitCard(1, card_[1]); }
  bool AwaitBothInUse() {
    return AwaitCheck([this](const v1::CheckResult& result) { return BothInUse(result); });
  }
  bool BothInUse(const v1::CheckResult& result) const {
    return std::all_of(kSlots.begin(), kSlots.end(), [&](size_t slot) {
      return ReaderOf(result, slot).card().state() == v1::CARD_STATE_IN_USE &&
             !FindingOf(result, "CARD_IN_USE", slot).evidence().empty();
    });
  }

  absl::Status Connect(size_t slot, bool exclusive = false) {
    ++connections_;
    return other_[slot]->Connect(service_->ReaderName(slot), exclusive);
  }
  // Returns once everybody can see that the cards are in use.
  void LogIn() {
    for (const size_t slot : kSlots) {
      ASSERT_TRUE(Connect(slot).ok());
      ASSERT_TRUE(other_[slot]->Begin().ok());
      EXPECT_EQ(Send(slot, kVerify[slot]), kOk);
      ASSERT_TRUE(other_[slot]->End().ok());
      ASSERT_TRUE(other_[slot]->AwaitInUse(service_->ReaderName(slot)).ok());
    }
  }
  void LetGo() {
    for (const size_t slot : kSlots) ASSERT_TRUE(other_[slot]->Disconnect().ok());
  }
  // Signs with both cards, each in a transaction.
  void Sign(const std::string& when) {
    for (const size_t slot : kSlots) {
      const absl::Time start = absl::Now();
      const absl::Status begun = other_[slot]->Begin();
      EXPECT_TRUE(begun.ok()) << begun;
      waits_.push_back(absl::Now() - start);
      EXPECT_EQ(Send(slot, kSign), kOk) << when;
      EXPECT_TRUE(other_[slot]->End().ok());
    }
  }
  void SignForLongEnough(const std::string& when) {
    for (const absl::Time end = absl::Now() + kLongEnough; absl::Now() < end;) {
      Sign(when);
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
  // How long a program typically had to wait for its transaction since this was asked last.
  absl::Duration TypicalWait() {
    std::vector<absl::Duration> waits = std::exchange(waits_, {});
    const auto middle = waits.begin() + static_cast<ptrdiff_t>(waits.size() / 2);
    std::nth_element(waits.begin(), middle, waits.end());
    return *middle;
  }
  // How often somebody else has asked for a connection to a card, and so was able to keep
  // anybody waiting.
  size_t OthersConnections() const { return service_->Received("CONNECT") - connections_; }
  // A command that does more than read; its status word.
  uint16_t Send(size_t slot, const std::string& command) {
    const absl::StatusOr<uint16_t> sw = other_[slot]->Send(command);
    EXPECT_TRUE(sw.ok()) << sw.status();
    ++sent_[slot];
    return sw.value_or(0);
  }
  // Whether the tests alone have sent commands, and none a reset.
  void ExpectOnlyOthersAtWork() const {
    for (const size_t slot : kSlots) {
      EXPECT_EQ(Apdus(slot), sent_[slot]);
      EXPECT_FALSE(WasReset(slot));
    }
  }

  const TestCard card_[2];
  std::optional<OtherProgram> other_[2];
  std::array<std::atomic<size_t>, 2> sent_ = {0, 0};
  size_t connections_ = 0;             // that a test asked for
  std::vector<absl::Duration> waits_;  // for the transactions of Sign
};

TEST_F(LoginTest, StaysWholeWhileTheAgentStartsRestartsAndIsAsked) {
  InsertBoth();
  LogIn();
  SignForLongEnough("alone");
  // Ten times that, where the machine is too busy for less.
  const absl::Duration longest = std::max(kLongestDelay, TypicalWait() * 10);
  EXPECT_TRUE(AwaitBothInUse());
  Sign("after a check without an agent");
  // Others may begin to use a card within the second that `check` takes to see it.
  EXPECT_TRUE(BothInUse(Check()));
  Sign("after another");
  StartAgent();
  EXPECT_TRUE(AwaitBothInUse());
  SignForLongEnough("the agent starts");
  EXPECT_LE(TypicalWait(), longest);
  StopAgent();
  StartAgent();
  EXPECT_TRUE(AwaitBothInUse());
  SignForLongEnough("the agent starts again");
  EXPECT_LE(TypicalWait(), longest);
  EXPECT_EQ(EndAgent(SIGKILL), 128 + SIGKILL);
  StartAgent();
  EXPECT_TRUE(AwaitBothInUse());
  SignForLongEnough("the agent was killed");
  EXPECT_LE(TypicalWait(), longest);
  ExpectOnlyOthersAtWork();
  EXPECT_EQ(OthersConnections(), 0u) << "who is not connected keeps nobody waiting";
  // Once the others are done the cards are read.
  LetGo();
  EXPECT_TRUE(AwaitBoth());
}

TEST_F(LoginTest, IsNotDisturbedInTheMiddleOfASignature) {
  InsertBoth();
  LogIn();
  std::vector<std::thread> signing;
  for (const size_t slot : kSlots) {
    ASSERT_TRUE(service_->SetDelay(slot, absl::Milliseconds(700)).ok());
    ASSERT_TRUE(other_[slot]->Begin().ok());
    // The card is at work all the while, in one transaction.
    signing.emplace_back([this, slot] {
      for (int i = 0; i < 4; ++i) EXPECT_EQ(Send(slot, kSign), kOk) << i;
    });
  }
  EXPECT_TRUE(BothInUse(Check()));
  StartAgent();
  EXPECT_TRUE(BothInUse(Check()));
  for (std::thread& thread : signing) thread.join();
  for (const size_t slot : kSlots) {
    EXPECT_EQ(Send(slot, kSign), kOk);
    ASSERT_TRUE(other_[slot]->End().ok());
  }
  ExpectOnlyOthersAtWork();
  EXPECT_EQ(OthersConnections(), 0u);
}

TEST_F(LoginTest, IsSafeFromAnAgentThatReadTheCardBefore) {
  StartAgent();
  InsertBoth();
  ASSERT_TRUE(AwaitBoth());
  for (const size_t slot : kSlots) ASSERT_TRUE(service_->ClearLog(slot).ok());
  const size_t for_the_reading = OthersConnections();
  EXPECT_GE(for_the_reading, kSlots.size());
  LogIn();
  for (int i = 0; i < 20; ++i) {
    Sign("after the reading");
    if (i % 5 == 0) {
      const v1::CheckResult result = Check();
      for (const size_t slot : kSlots) EXPECT_TRUE(Shows(result, slot, card_[slot]));
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
  ExpectOnlyOthersAtWork();
  EXPECT_EQ(OthersConnections(), for_the_reading);
}

// What keeps the tests above honest: the same cards, and a neighbour without manners.
TEST_F(LoginTest, WouldBeBrokenByANeighbourThatSelects) {
  InsertBoth();
  LogIn();
  Sign("alone");
  for (const size_t slot : kSlots) {
    OtherProgram neighbour;
    ASSERT_TRUE(neighbour.Connect(service_->ReaderName(slot)).ok());
    ASSERT_TRUE(neighbour.Begin().ok());
    EXPECT_EQ(*neighbour.Send(kSelectMf), kOk);
    ASSERT_TRUE(neighbour.End().ok());
    ASSERT_TRUE(neighbour.Disconnect().ok());
    EXPECT_EQ(Send(slot, kSign), kPinNotShown);
    EXPECT_GT(Apdus(slot), sent_[slot]);
    EXPECT_EQ(OthersConnections(), slot + 1);
  }
}

TEST_F(LoginTest, WouldSeeANeighbourThatAsksForThePin) {
  InsertBoth();
  for (const size_t slot : kSlots) {
    EXPECT_EQ(OthersThanReading(slot), 0u);
    ASSERT_TRUE(Connect(slot).ok());
    EXPECT_EQ(Send(slot, kTriesLeft[slot]), 0x63C3);
    EXPECT_EQ(OthersThanReading(slot), 1u);
  }
}

TEST_F(LoginTest, WouldBeRefusedTheCardForItselfByANeighbourThatStaysConnected) {
  InsertBoth();
  for (const size_t slot : kSlots) {
    OtherProgram neighbour;
    ASSERT_TRUE(neighbour.Connect(service_->ReaderName(slot)).ok());
    EXPECT_EQ(Connect(slot, /*exclusive=*/true).message(), "SCardConnect: SCARD_E_SHARING_VIOLATION");
  }
}

TEST_F(LoginTest, IsRefusedTheCardForItselfOnlyDuringTheOneReading) {
  // A use as short as those below is seen by chance only; the look that follows one is not waited for.
  config_ = "[cards]\nquiet_time = \"1m\"\n";
  StartAgent();
  for (const size_t slot : kSlots) ASSERT_TRUE(service_->SetDelay(slot, absl::Milliseconds(20)).ok());
  InsertBoth();
  size_t reading[2] = {0, 0};
  for (const size_t slot : kSlots) {
    ASSERT_TRUE(AwaitApdus(slot, 1));
    const absl::Time start = absl::Now();
    absl::Status connected;
    while (!(connected = Connect(slot, /*exclusive=*/true)).ok()) {
      ASSERT_EQ(connected.message(), "SCardConnect: SCARD_E_SHARING_VIOLATION");
      ASSERT_LT(absl::Now() - start, kPatience);
      absl::SleepFor(absl::Milliseconds(5));
    }
    ASSERT_TRUE(other_[slot]->Disconnect().ok());
    reading[slot] = Apdus(slot);
    EXPECT_GT(reading[slot], 10u);
  }
  // From then on at any moment, whatever the agent and `check` are doing.
  std::atomic<bool> done{false};
  std::thread asking([&] {
    while (!done) Check();
  });
  for (const absl::Time end = absl::Now() + kLongEnough; absl::Now() < end;) {
    for (const size_t slot : kSlots) {
      const absl::Status connected = Connect(slot, /*exclusive=*/true);
      EXPECT_TRUE(connected.ok()) << connected;
      if (connected.ok()) {
        EXPECT_TRUE(other_[slot]->Disconnect().ok());
      }
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  done = true;
  asking.join();
  for (const size_t slot : kSlots) EXPECT_EQ(Apdus(slot), reading[slot]);
}

}  // namespace
}  // namespace kortvakt::testing
