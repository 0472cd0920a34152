// The agent as a program, and `check`, told to stop at every single command of a reading, on a
// real pcscd. The cards' logs, and a program that waits for each card, are the witnesses.
#include <signal.h>

#include <algorithm>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/pcsc/pcsc_context.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "tests/integration/pcsc/agent_program.h"
#include "tests/support/pcsc/await_cards.h"

namespace kortvakt::testing {
namespace {

constexpr char kSelectMf[] = "00A4000C023F00";

// In the middle of a command of a reading.
struct Moment {
  CardFamily family;
  size_t command;  // from 0
};

// How a program of ours ends.
struct Ending {
  std::string program;  // "run" or "check"
  int signal;
  int exit_status;
};

// A batch of moments at once: each slot has a card that keeps its answer to one command until
// the agent has been told to stop, and a program that waits for the card meanwhile.
class SigtermTest : public AgentProgramTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(StartLargeService());
    auto context = PcscContext::Establish();
    ASSERT_TRUE(context.ok()) << context.status();
    context_ = *std::move(context);
    for (const CardFamily family : kBothFamilies) {
      for (size_t slot = 0; slot < kMostSlots; ++slot) cards_of_[family].push_back(cards_.Make(family));
    }
  }

  // Every command of a reading, of cards of both families.
  std::vector<Moment> EveryMoment() {
    std::vector<Moment> moments;
    StartAgent();
    for (const size_t slot : {0, 1}) {
      const TestCard& card = cards_of_[kBothFamilies[slot]][slot];
      Insert(slot, card);
      EXPECT_TRUE(AwaitCard(slot, card));
      for (size_t command = 0; command < Apdus(slot); ++command) moments.push_back({card.family, command});
    }
    StopAgent();
    RemoveAll(2);
    EXPECT_GT(moments.size(), 20u);
    return moments;
  }

  // What became of one card.
  struct Witness {
    absl::Status others;  // the first thing that failed of a SELECT by the other program
    size_t commands = 0;  // that the agent sent
    bool reset = false;
  };

  // Ends the program in the middle of these moments, at most kMostSlots. Empty: `check` did not
  // get there, for it leaves a card at which it has to wait more than 50 ms, as on a busy machine.
  std::vector<Witness> EndAt(const std::vector<Moment>& moments, const Ending& ending) {
    if (ending.program == "run") StartAgent();
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      EXPECT_TRUE(service_->ClearLog(slot).ok());
      EXPECT_TRUE(service_->At(slot, moments[slot].command, "hold").ok());
      Insert(slot, cards_of_[moments[slot].family][slot]);
    }
    if (ending.program == "check") {
      EXPECT_TRUE(AwaitCards(*context_, Readers(moments.size()), /*present=*/true).ok());
      StartProgram("check");
    }
    bool reached = true;
    for (size_t slot = 0; slot < moments.size() && reached; ++slot) {
      reached = AwaitApdus(slot, moments[slot].command + 1);
    }
    if (!reached && ending.program == "check") {
      agent_->Signal(ending.signal);
      for (size_t slot = 0; slot < moments.size(); ++slot) EXPECT_TRUE(service_->NoFault(slot).ok());
      EXPECT_TRUE(agent_->Wait(absl::Seconds(30)).ok());
      agent_.reset();
      RemoveAll(moments.size());
      return {};
    }
    EXPECT_TRUE(reached);
    std::vector<Witness> witnesses(moments.size());
    std::vector<std::thread> others;
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      others.emplace_back(
          [this, slot, &witnesses] { witnesses[slot].others = SelectAsSoonAsPossible(slot); });
    }
    agent_->Signal(ending.signal);
    AwaitStopping(ending);
    for (size_t slot = 0; slot < moments.size(); ++slot) EXPECT_TRUE(service_->NoFault(slot).ok());
    const absl::StatusOr<int> status = agent_->Wait(absl::Seconds(10));
    EXPECT_TRUE(status.ok() && *status == ending.exit_status) << status.status();
    agent_.reset();
    for (std::thread& other : others) other.join();
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      witnesses[slot].reset = WasReset(slot);
      witnesses[slot].commands = Apdus(slot) - (witnesses[slot].others.ok() ? 1 : 0);
    }
    RemoveAll(moments.size());
    return witnesses;
  }

 private:
  // Until the program has ended, or is about to: `run` says so; `check`, which says nothing,
  // looks ten times a second whether it is to end.
  void AwaitStopping(const Ending& ending) {
    const absl::Duration limit = ending.program == "run" ? absl::Seconds(10) : absl::Milliseconds(300);
    for (const absl::Time end = absl::Now() + limit; agent_->Running() && absl::Now() < end;) {
      const absl::StatusOr<std::string> log = ReadFile(cards_.folder() + "/agent.log");
      if (log.ok() && absl::StrContains(*log, "stopping")) return;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  // Another program that waits for the card: its connection, its transaction and its command
  // all succeed, and it is told of no reset.
  absl::Status SelectAsSoonAsPossible(size_t slot) const {
    OtherProgram other;
    RETURN_IF_ERROR(other.Connect(service_->ReaderName(slot)));
    RETURN_IF_ERROR(other.Begin());
    ASSIGN_OR_RETURN(const uint16_t sw, other.Send(kSelectMf));
    if (sw != 0x9000) return absl::InternalError(absl::StrCat("SELECT is answered ", absl::Hex(sw)));
    RETURN_IF_ERROR(other.End());
    return other.Disconnect();
  }

  std::vector<std::string> Readers(size_t slots) const {
    std::vector<std::string> readers;
    for (size_t slot = 0; slot < slots; ++slot) readers.push_back(service_->ReaderName(slot));
    return readers;
  }
  // Pulls the cards of so many slots; returns when pcscd has noticed.
  void RemoveAll(size_t slots) {
    for (size_t slot = 0; slot < slots; ++slot) Remove(slot);
    EXPECT_TRUE(AwaitCards(*context_, Readers(slots), /*present=*/false).ok());
  }

  std::unique_ptr<PcscContext> context_;
  std::map<CardFamily, std::vector<TestCard>> cards_of_;
};

class EveryCommandTest : public SigtermTest {
 protected:
  void NothingIsLeftBehindBy(const Ending& ending) {
    const std::vector<Moment> moments = EveryMoment();
    for (size_t first = 0; first < moments.size(); first += kMostSlots) {
      const auto begin = moments.begin() + static_cast<ptrdiff_t>(first);
      const size_t count = std::min(kMostSlots, moments.size() - first);
      const std::vector<Moment> batch(begin, begin + static_cast<ptrdiff_t>(count));
      std::vector<Witness> witnesses;
      for (int attempt = 0; attempt < 3 && witnesses.empty(); ++attempt) witnesses = EndAt(batch, ending);
      ASSERT_EQ(witnesses.size(), count);
      for (size_t slot = 0; slot < count; ++slot) {
        SCOPED_TRACE(
            absl::StrCat("family ", static_cast<int>(batch[slot].family), ", command ", batch[slot].command));
        EXPECT_FALSE(witnesses[slot].reset);
        EXPECT_TRUE(witnesses[slot].others.ok()) << witnesses[slot].others;
        // The command that was under way is the last, or the next, if the agent had said that it
        // is about to end just before it did; of `check` it is not known when it saw the signal.
        if (ending.program == "run") {
          EXPECT_LE(witnesses[slot].commands, batch[slot].command + 2);
        }
      }
    }
  }
};

TEST_F(EveryCommandTest, SigtermOfTheAgentResetsNothingAndLeavesTheCardFree) {
  NothingIsLeftBehindBy({"run", SIGTERM, 0});
}

TEST_F(EveryCommandTest, InterruptingCheckResetsNothingAndLeavesTheCardFree) {
  NothingIsLeftBehindBy({"check", SIGINT, 128 + SIGINT});
}

// What keeps these honest: programs that die inside a transaction.
TEST_F(SigtermTest, WouldSeeTheResetOfAProgramThatIsKilled) {
  const std::vector<Moment> moments = {{CardFamily::kPkcs15, 0},
                                       {CardFamily::kIdPrime, 0},
                                       {CardFamily::kPkcs15, 7},
                                       {CardFamily::kIdPrime, 7}};
  for (const char* program : {"run", "check"}) {
    for (const Witness& witness : EndAt(moments, {program, SIGKILL, 128 + SIGKILL}))
      EXPECT_TRUE(witness.reset);
  }
}

}  // namespace
}  // namespace kortvakt::testing
