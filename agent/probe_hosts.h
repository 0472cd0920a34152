// Probing servers with what the browsers of this workstation trust.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/config.h"
#include "agent/probe/server_chain.h"
#include "agent/trust/trust_store.h"
#include "common/base/probe_target.h"
#include "common/certs/ca_catalogue.h"
#include "common/snapshot/probe_facts.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// What a server's chain is checked against: each of the machine's system stores, and all
// that each of `browsers` trusts (their indices are into `stores`). A browser's built-in
// roots are taken to be `shipped`, those of the system's publisher (Debian's
// ca-certificates is Mozilla's list, and Chromium's differs little); where these cannot
// be read, browsers are left out. The bytes are those of `stores` and `shipped`.
std::vector<ProbePool> PoolsOf(const std::vector<SeenStore>& stores,
                               const std::vector<BrowserFacts>& browsers, const TrustStoreContents& shipped);

// Adds to `targets` those of `more` that are not among them.
void AddTargets(std::vector<ProbeTarget>& targets, const std::vector<ProbeTarget>& more);

// Probes `targets` one after another, each against PoolsOf what this process may read of
// the workstation's trust. `progress` is told each address before its turn. kCancelled:
// `stop` (StopSignal::descriptor) became readable; kInvalidArgument: the proxy settings of
// the environment cannot be used; another error: TLS cannot be prepared on this machine.
absl::StatusOr<std::vector<ProbeFacts>> ProbeHosts(
    const AgentConfig& config, const CaCatalogue& catalogue, const std::vector<ProbeTarget>& targets,
    int stop, const std::function<void(const std::string& url)>& progress);

}  // namespace kortvakt
