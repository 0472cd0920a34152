// `kortvakt-agent run`: watching the workstation and reporting.
#pragma once

#include "absl/status/status.h"
#include "agent/config.h"
#include "common/base/stop_signal.h"

namespace kortvakt {

// Watches the workstation and reports until `stop` is signalled; returns OK then.
// An error: it could not start, and the message says what to do.
absl::Status RunAgent(const AgentConfig& config, StopSignal& stop);

}  // namespace kortvakt
