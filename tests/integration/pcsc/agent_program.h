// The agent as its users have it: the program, started and asked, beside other programs.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "kortvakt/v1/finding.pb.h"
#include "tests/integration/pcsc/other_program.h"
#include "tests/integration/pcsc/service_test.h"
#include "tests/support/pcsc/child_process.h"

namespace kortvakt::testing {

// kortvakt-agent on the private pcscd; it reads cards and reports to nobody.
class AgentProgramTest : public ServiceTest {
 protected:
  AgentProgramTest() = default;
  ~AgentProgramTest() override;

  // Starts `kortvakt-agent COMMAND` as agent_. What it prints goes to "agent.log" in the cards'
  // folder.
  void StartProgram(const std::string& command);
  // `run`: returns once the agent answers.
  void StartAgent();
  // By SIGTERM; it must end in order.
  void StopAgent();
  // Sends it a signal and waits for its end; its exit status (128 + N for signal N).
  int EndAgent(int signal);
  // `kortvakt-agent check --json`: what it prints.
  v1::CheckResult Check();
  // Asks again and again until `condition` holds for the answer.
  bool AwaitCheck(const std::function<bool(const v1::CheckResult&)>& condition,
                  absl::Duration limit = kPatience);
  // Until the card is shown in a slot as read, right in every particular.
  bool AwaitCard(size_t slot, const TestCard& card);
  bool AwaitCardState(size_t slot, v1::CardState state);

  // What an answer says of the reader of a slot; its defaults where it has none.
  v1::Reader ReaderOf(const v1::CheckResult& result, size_t slot) const;
  // Whether the card told in a slot is `card`, read, right in every particular.
  bool Shows(const v1::CheckResult& result, size_t slot, const TestCard& card) const;
  // The finding of that code whose subject names the reader of a slot; defaults: there is none.
  v1::Finding FindingOf(const v1::CheckResult& result, const std::string& code, size_t slot) const;

  std::string config_;  // added to the agent's configuration
  std::optional<ChildProcess> agent_;

 private:
  // Writes the configuration file; its path.
  std::string ConfigFile() const;
};

}  // namespace kortvakt::testing
