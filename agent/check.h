// `kortvakt-agent check`: judging this workstation once, at the desk.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/config.h"
#include "common/base/probe_target.h"
#include "common/base/stop_signal.h"
#include "common/judge/finding.h"

namespace kortvakt {

struct CheckOptions {
  bool json = false;
  Language language = Language::kEnglish;
  std::optional<absl::Time> now;         // absent: the machine's clock
  std::vector<ProbeTarget> probes = {};  // servers to probe, besides those of the configuration
  bool online = false;                   // ask revocation servers, also where the policy does not
};

// Judges this workstation and prints the result to standard output. Asks the
// running agent, and looks itself only where none runs; servers are probed by
// itself, and where those of the configuration cannot be, standard error says why. Revocation is
// asked about in at most 5 s, where policy or `online` has it done. On a
// terminal, standard error tells what takes its time while it does. Returns the exit code: 0 nothing at
// warning or above, 1 warning, 2 critical. An error: could not check. kCancelled: `stop` was
// signalled; a card being read is let go in order.
absl::StatusOr<int> CheckWorkstation(const AgentConfig& config, const CheckOptions& options,
                                     const StopSignal& stop);

}  // namespace kortvakt
