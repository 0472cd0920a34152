// Probing servers with what the browsers of this workstation trust.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/config.h"
#include "agent/probe/chain_trust.h"
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

// Probes each of `targets`, at most 16 at the same time, on threads of its own: each takes its
// time whatever the others do. The results are in the order of the targets. `progress` is told
// each address when its turn comes, one call at a time. The first error in that order.
absl::StatusOr<std::vector<ProbeFacts>> ProbeAll(
    const std::vector<ProbeTarget>& targets,
    const std::function<absl::StatusOr<ProbeFacts>(const ProbeTarget& target)>& probe,
    const std::function<void(const std::string& url)>& progress);

// ProbeAll `targets`, each against PoolsOf what this process may read of the workstation's
// trust. kCancelled: `stop` (StopSignal::descriptor) became readable; kInvalidArgument: the
// proxy settings of the environment cannot be used; another error: TLS cannot be prepared on
// this machine.
absl::StatusOr<std::vector<ProbeFacts>> ProbeHosts(
    const AgentConfig& config, const CaCatalogue& catalogue, const std::vector<ProbeTarget>& targets,
    int stop, const std::function<void(const std::string& url)>& progress);

}  // namespace kortvakt
