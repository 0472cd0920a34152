#include "tests/support/pcsc/run_program.h"

#include <filesystem>

#include "common/base/files.h"
#include "common/base/time.h"
#include "tests/support/pcsc/child_process.h"

namespace kortvakt::testing {

Outcome RunProgram(const std::vector<std::string>& command, const RunOptions& options) {
  const std::string out = options.folder + "/run.out";
  const std::string err = options.folder + "/run.err";
  std::filesystem::remove(out);
  std::vector<std::string> whole = {"/bin/sh", "-c", "exec \"$@\" 2>\"$0\" <\"$KORTVAKT_RUN_INPUT\"", err};
  whole.insert(whole.end(), command.begin(), command.end());
  ChildProcess::Options child_options{.output = out, .environment = options.environment};
  child_options.environment.emplace_back("KORTVAKT_RUN_INPUT", options.input);
  Outcome outcome;
  const absl::Duration start = SystemClock().Monotonic();
  auto child = ChildProcess::Start(whole, child_options);
  if (!child.ok()) {
    outcome.err = std::string(child.status().message());
    return outcome;
  }
  outcome.exit_code = child->Wait(options.limit).value_or(-1);
  outcome.took = SystemClock().Monotonic() - start;
  outcome.out = ReadFile(out).value_or("");
  outcome.err = ReadFile(err).value_or("");
  return outcome;
}

}  // namespace kortvakt::testing
