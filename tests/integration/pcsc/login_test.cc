// The agent as a program beside one that logs in, on a real pcscd and with a card
// that forgets at every SELECT that a PIN was shown. The card's log is the witness.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/pcsc/other_program.h"
#include "tests/support/card/virtual_card.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/pcsc/run_program.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

constexpr char kVerify[] = "0020008106313233343536";
constexpr char kSign[] = "002A9E9A00";
constexpr char kSelectMf[] = "00A4000C023F00";
constexpr uint16_t kOk = 0x9000;
constexpr uint16_t kPinNotShown = 0x6982;

// The longest that another program may be kept waiting.
constexpr absl::Duration kLongestDelay = absl::Milliseconds(100);
// Longer than the quiet time of the agent below, and than its looks at the service.
constexpr absl::Duration kLongEnough = absl::Seconds(3);

class LoginTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat("/tmp/kvl", getpid());
    std::filesystem::create_directories(folder_);
    const SithsLikePki pki;
    const Issued login = pki.PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication,
                                               Person(), LongAgo(), Forever(), "9752269012345678901");
    Write("login.pem", login.pem);
    Write("card.toml",
          "protocol = \"T=0\"\nforgets_pin_at_select = true\n[pkcs15]\n[[pkcs15.certificate]]\nfile = "
          "\"login.pem\"\n");
    Write("bundle.pem", pki.root().pem);
    Write("agent.toml",
          absl::StrCat("[cards]\nquiet_time = \"1s\"\n[socket]\npath = \"", folder_,
                       "/agent.sock\"\n[trust]\nsystem_bundle = \"", folder_, "/bundle.pem\"\np11_kit = false\n",
                       "browser_policies = false\nbrowser_databases = false\n"));
    absl::StatusOr<PrivatePcscd> service = PrivatePcscd::Start();
    ASSERT_TRUE(service.ok()) << service.status();
    service_.emplace(*std::move(service));
  }

  // Nothing but reading ever came from us: every other command in the log is one that
  // a test sent itself.
  void TearDown() override {
    StopAgent();
    if (service_) {
      EXPECT_EQ(OthersThanReading(), sent_);
    }
    service_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  void InsertCard() {
    ASSERT_TRUE(service_->InsertCard(0, folder_ + "/card.toml").ok());
    OtherProgram other;
    ASSERT_TRUE(other.AwaitCard(service_->ReaderName(0), absl::Seconds(10)).ok());
  }

  // Returns once the agent answers.
  void StartAgent() {
    absl::StatusOr<ChildProcess> agent = ChildProcess::Start(
        {Agent(), "run", "--config", folder_ + "/agent.toml"}, {.output = folder_ + "/agent.log"});
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_.emplace(*std::move(agent));
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (!std::filesystem::exists(folder_ + "/agent.sock") && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    Check();
  }
  // By SIGTERM; it must end in order.
  void StopAgent() {
    if (!agent_) return;
    agent_->Signal(SIGTERM);
    const absl::StatusOr<int> status = agent_->Wait(absl::Seconds(10));
    EXPECT_TRUE(status.ok() && *status == 0) << status.status();
    agent_.reset();
  }
  // `kortvakt-agent check`; what it prints.
  std::string Check() {
    const Outcome outcome =
        RunProgram({Agent(), "check", "--json", "--config", folder_ + "/agent.toml"}, {.folder = folder_});
    EXPECT_NE(outcome.exit_code, 3) << outcome.err;
    return outcome.out;
  }
  bool AwaitCheckSays(const std::string& what) {
    const absl::Time end = absl::Now() + absl::Seconds(15);
    while (!absl::StrContains(Check(), what)) {
      if (absl::Now() > end) return false;
    }
    return true;
  }

  void LogIn(OtherProgram& other) {
    ASSERT_TRUE(other.Connect(service_->ReaderName(0)).ok());
    ASSERT_TRUE(other.Begin().ok());
    EXPECT_EQ(Send(other, kVerify), kOk);
    ASSERT_TRUE(other.End().ok());
  }
  // The status word of a signature, in a transaction that must not be waited for.
  uint16_t Sign(OtherProgram& other) {
    const absl::Time start = absl::Now();
    const absl::Status begun = other.Begin();
    EXPECT_TRUE(begun.ok()) << begun;
    EXPECT_LT(absl::Now() - start, kLongestDelay);
    const uint16_t sw = Send(other, kSign);
    EXPECT_TRUE(other.End().ok());
    return sw;
  }
  uint16_t Send(OtherProgram& other, const std::string& command) {
    const absl::StatusOr<uint16_t> sw = other.Send(command);
    EXPECT_TRUE(sw.ok()) << sw.status();
    if (command != kSelectMf) ++sent_;
    return sw.value_or(0);
  }

  std::vector<std::string> Log() const {
    const absl::StatusOr<std::vector<std::string>> log = service_->Log(0);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.value_or(std::vector<std::string>());
  }
  bool WasReset() const {
    const std::vector<std::string> log = Log();
    return std::find(log.begin(), log.end(), "reset") != log.end();
  }
  size_t Apdus() const { return service_->ApduLog(0).value_or(std::vector<std::string>()).size(); }
  size_t OthersThanReading() const {
    size_t count = 0;
    for (const std::string& line : service_->ApduLog(0).value_or(std::vector<std::string>())) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (!OnlyReads(*FromHex(words[0]))) ++count;
    }
    return count;
  }

  std::optional<PrivatePcscd> service_;
  std::optional<ChildProcess> agent_;
  size_t sent_ = 0;  // commands of the tests that do more than read

 private:
  static std::string Agent() { return absl::StrCat(std::getenv("KORTVAKT_BIN"), "/kortvakt-agent"); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }

  std::string folder_;
};

TEST_F(LoginTest, StaysWholeWhileTheAgentStartsRestartsAndIsAsked) {
  InsertCard();
  OtherProgram other;
  LogIn(other);
  const size_t before = Apdus();
  const auto still_logged_in = [&](const char* when) {
    for (const absl::Time end = absl::Now() + kLongEnough; absl::Now() < end;) {
      EXPECT_EQ(Sign(other), kOk) << when;
      absl::SleepFor(absl::Milliseconds(100));
    }
  };
  EXPECT_TRUE(absl::StrContains(Check(), "CARD_IN_USE"));
  still_logged_in("check without an agent");
  StartAgent();
  EXPECT_TRUE(AwaitCheckSays("CARD_IN_USE"));
  still_logged_in("the agent starts");
  StopAgent();
  StartAgent();
  EXPECT_TRUE(AwaitCheckSays("CARD_IN_USE"));
  still_logged_in("the agent starts again");
  EXPECT_FALSE(WasReset());
  // Not one command came from us.
  EXPECT_EQ(Apdus(), before + sent_ - 1);
  // Once the other is done the card is read.
  ASSERT_TRUE(other.Disconnect().ok());
  EXPECT_TRUE(AwaitCheckSays("CARD_STATE_READ"));
  EXPECT_GT(Apdus(), before + sent_ - 1);
}

TEST_F(LoginTest, IsNotDisturbedInTheMiddleOfASignature) {
  InsertCard();
  OtherProgram other;
  LogIn(other);
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(700)).ok());
  ASSERT_TRUE(other.Begin().ok());
  // The card is at work all the while, in one transaction.
  std::thread signing([&] {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Send(other, kSign), kOk) << i;
  });
  Check();
  StartAgent();
  Check();
  signing.join();
  EXPECT_EQ(Send(other, kSign), kOk);
  ASSERT_TRUE(other.End().ok());
  EXPECT_FALSE(WasReset());
  EXPECT_EQ(Apdus(), sent_);
}

TEST_F(LoginTest, IsSafeFromAnAgentThatReadTheCardBefore) {
  StartAgent();
  InsertCard();
  ASSERT_TRUE(AwaitCheckSays("CARD_STATE_READ"));
  OtherProgram other;
  LogIn(other);
  const size_t before = Apdus();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Sign(other), kOk);
    if (i % 5 == 0) Check();
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_EQ(Apdus(), before + 20);
  EXPECT_FALSE(WasReset());
}

// What keeps the tests above honest: the same card, and a neighbour without manners.
TEST_F(LoginTest, WouldBeBrokenByANeighbourThatSelects) {
  InsertCard();
  OtherProgram other;
  LogIn(other);
  EXPECT_EQ(Sign(other), kOk);
  OtherProgram neighbour;
  ASSERT_TRUE(neighbour.Connect(service_->ReaderName(0)).ok());
  ASSERT_TRUE(neighbour.Begin().ok());
  EXPECT_EQ(Send(neighbour, kSelectMf), kOk);
  ASSERT_TRUE(neighbour.End().ok());
  ASSERT_TRUE(neighbour.Disconnect().ok());
  EXPECT_EQ(Sign(other), kPinNotShown);
}

TEST_F(LoginTest, WouldSeeANeighbourThatAsksForThePin) {
  InsertCard();
  EXPECT_EQ(OthersThanReading(), 0u);
  OtherProgram neighbour;
  ASSERT_TRUE(neighbour.Connect(service_->ReaderName(0)).ok());
  EXPECT_EQ(Send(neighbour, "0020008100"), 0x63C3);  // how many tries are left
  EXPECT_EQ(OthersThanReading(), 1u);
}

TEST_F(LoginTest, IsRefusedTheCardForItselfOnlyDuringTheOneReading) {
  StartAgent();
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(20)).ok());
  InsertCard();
  while (Apdus() == 0) absl::SleepFor(absl::Milliseconds(1));
  OtherProgram other;
  const absl::Time start = absl::Now();
  absl::Status connected;
  while (!(connected = other.Connect(service_->ReaderName(0), /*exclusive=*/true)).ok()) {
    ASSERT_EQ(connected.message(), "SCardConnect: SCARD_E_SHARING_VIOLATION");
    ASSERT_LT(absl::Now() - start, absl::Seconds(2));
    absl::SleepFor(absl::Milliseconds(5));
  }
  ASSERT_TRUE(other.Disconnect().ok());
  const size_t reading = Apdus();
  EXPECT_GT(reading, 5u);
  for (const absl::Time end = absl::Now() + kLongEnough; absl::Now() < end;) {
    connected = other.Connect(service_->ReaderName(0), /*exclusive=*/true);
    ASSERT_TRUE(connected.ok()) << connected;
    ASSERT_TRUE(other.Disconnect().ok());
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(Apdus(), reading);
}

TEST_F(LoginTest, SurvivesSigtermOfTheAgentAtAnyCommand) {
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(15)).ok());
  size_t commands = 1;  // of the whole reading, known once it is through
  for (size_t at = 0; at < commands; ++at) {
    StartAgent();
    ASSERT_TRUE(service_->ClearLog(0).ok());
    InsertCard();
    if (at == 0) {
      ASSERT_TRUE(AwaitCheckSays("CARD_STATE_READ"));
      commands = Apdus();
      ASSERT_GT(commands, 5u);
    } else {
      while (Apdus() < at) absl::SleepFor(absl::Milliseconds(1));
    }
    // Connects as soon as it can, and is then told of any reset.
    OtherProgram other;
    std::thread connect([&] { EXPECT_TRUE(other.Connect(service_->ReaderName(0)).ok()); });
    StopAgent();
    connect.join();
    const absl::Status begun = other.Begin();
    EXPECT_TRUE(begun.ok()) << "stopped at command " << at << ": " << begun;
    EXPECT_TRUE(other.End().ok());
    EXPECT_FALSE(WasReset()) << "stopped at command " << at;
    ASSERT_TRUE(other.Disconnect().ok());
    ASSERT_TRUE(service_->RemoveCard(0).ok());
  }
}

}  // namespace
}  // namespace kortvakt::testing
