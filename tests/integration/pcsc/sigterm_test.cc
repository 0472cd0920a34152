// The agent as a program, and `check`, told to stop at every single command of a reading, on a
// real pcscd. The cards' logs, and a program that waits for each card, are the witnesses.
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
    bool reached = false;  // the moment came, and the program was ended in the middle of it
    absl::Status others;   // the first thing that failed of a SELECT by the other program
    size_t commands = 0;   // that the agent sent
    bool reset = false;
    std::string seen;  // all that happened to the card until the program was told to end
  };

  // Ends the program in the middle of these moments, at most kMostSlots. `run` reaches each of them;
  // `check` leaves a card at which it has to wait as for another program, and so does on a busy
  // machine. Nobody else waits for such a card.
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
    std::vector<Witness> witnesses = AwaitMoments(moments, ending.program);
    std::vector<std::thread> others;
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      if (!witnesses[slot].reached) continue;
      others.emplace_back(
          [this, slot, &witnesses] { witnesses[slot].others = SelectAsSoonAsPossible(slot); });
    }
    agent_->Signal(ending.signal);
    AwaitStopping(ending);
    for (size_t slot = 0; slot < moments.size(); ++slot) EXPECT_TRUE(service_->NoFault(slot).ok());
    const absl::StatusOr<int> status = agent_->Wait(kPatience);
    EXPECT_TRUE(status.ok()) << status.status();
    EXPECT_EQ(status.value_or(-1), ending.exit_status);
    agent_.reset();
    for (std::thread& other : others) other.join();
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      Witness& witness = witnesses[slot];
      witness.reset = WasReset(slot);
      witness.commands = Apdus(slot) - (witness.reached && witness.others.ok() ? 1 : 0);
    }
    RemoveAll(moments.size());
    return witnesses;
  }

 private:
  // Until each card is at its moment, or the program sends nothing any more; which of them are.
  std::vector<Witness> AwaitMoments(const std::vector<Moment>& moments, const std::string& program) {
    std::vector<Witness> witnesses(moments.size());
    size_t before = 0;
    absl::Time since = absl::Now();
    while (true) {
      size_t reached = 0;
      size_t sent = 0;
      for (size_t slot = 0; slot < moments.size(); ++slot) {
        const size_t commands = Apdus(slot);
        witnesses[slot].reached = commands > moments[slot].command;
        reached += witnesses[slot].reached;
        sent += commands;
      }
      if (reached == moments.size()) break;
      if (sent != before) since = absl::Now();
      before = sent;
      if (absl::Now() - since > (program == "run" || sent == 0 ? kPatience : kStillness)) break;
      absl::SleepFor(absl::Milliseconds(1));
    }
    for (size_t slot = 0; slot < moments.size(); ++slot) {
      witnesses[slot].seen = absl::StrJoin(service_->Log(slot).value_or(std::vector<std::string>()), ", ");
    }
    return witnesses;
  }

  // Until the program has ended, or is about to: `run` says so; `check`, which says nothing,
  // looks ten times a second whether it is to end.
  void AwaitStopping(const Ending& ending) {
    constexpr absl::Duration kLooksAtLeastTwice = absl::Milliseconds(300);
    const absl::Time limit = absl::Now() + kPatience;
    if (ending.program == "check") {
      // From when it has run at all since it was told: the machine may have had no time for it.
      for (const int64_t before = Sleeps(); agent_->Running() && Sleeps() == before && absl::Now() < limit;) {
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
    const absl::Time end = ending.program == "run" ? limit : absl::Now() + kLooksAtLeastTwice;
    while (agent_->Running() && absl::Now() < end) {
      const absl::StatusOr<std::string> log = ReadFile(cards_.folder() + "/agent.log");
      if (log.ok() && absl::StrContains(*log, "stopping")) return;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  // How often the program's first thread has gone to sleep (proc(5)); -1: it has ended.
  int64_t Sleeps() const {
    constexpr absl::string_view kField = "\nvoluntary_ctxt_switches:";
    const absl::StatusOr<std::string> status = ReadFile(absl::StrCat("/proc/", agent_->pid(), "/status"));
    const size_t at = status.ok() ? status->find(std::string(kField)) : std::string::npos;
    return at == std::string::npos ? -1 : std::atoll(status->c_str() + at + kField.size());
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
    std::vector<Moment> left = EveryMoment();
    // So often that a busy machine may spoil most of the batches of `check`.
    const size_t most_batches = 5 * (left.size() / kMostSlots + 1);
    for (size_t batches = 0; !left.empty(); ++batches) {
      ASSERT_LT(batches, most_batches) << left.size() << " moments were not reached";
      const auto end = left.begin() + static_cast<ptrdiff_t>(std::min(kMostSlots, left.size()));
      const std::vector<Moment> batch(left.begin(), end);
      left.erase(left.begin(), end);
      const std::vector<Witness> witnesses = EndAt(batch, ending);
      for (size_t slot = 0; slot < batch.size(); ++slot) {
        SCOPED_TRACE(
            absl::StrCat("family ", static_cast<int>(batch[slot].family), ", command ", batch[slot].command));
        EXPECT_FALSE(witnesses[slot].reset);
        EXPECT_TRUE(witnesses[slot].others.ok()) << witnesses[slot].others;
        // The command that was under way is the last, or the next, if the agent had said that it
        // is about to end just before it did; of `check` it is not known when it saw the signal.
        if (ending.program == "run") {
          ASSERT_TRUE(witnesses[slot].reached) << "the card has seen: " << witnesses[slot].seen;
          EXPECT_LE(witnesses[slot].commands, batch[slot].command + 2);
        }
        if (!witnesses[slot].reached) left.push_back(batch[slot]);
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
    size_t reached = 0;
    for (int attempt = 0; attempt < 5 && reached == 0; ++attempt) {
      for (const Witness& witness : EndAt(moments, {program, SIGKILL, 128 + SIGKILL})) {
        if (!witness.reached) continue;
        EXPECT_TRUE(witness.reset);
        ++reached;
      }
    }
    EXPECT_GT(reached, 0u) << program;
  }
}

}  // namespace
}  // namespace kortvakt::testing
