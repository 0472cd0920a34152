// Probing servers with what the browsers of this workstation trust.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/config.h"
#include "agent/probe/target.h"
#include "common/certs/ca_catalogue.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// Probes `targets` one after another, each against the machine's bundle and against
// each browser's stores, as far as this process may read them. A browser's built-in
// roots are taken to be those that the system's publisher ships (Debian's
// ca-certificates is Mozilla's list, and Chromium's differs little). `progress` is told
// each address before its turn. kCancelled: `stop` (StopSignal::descriptor) became
// readable; kInvalidArgument: the proxy settings of the environment cannot be used.
absl::StatusOr<std::vector<ProbeFacts>> ProbeHosts(
    const AgentConfig& config, const CaCatalogue& catalogue, const std::vector<ProbeTarget>& targets,
    int stop, const std::function<void(const std::string& url)>& progress);

}  // namespace kortvakt
