// Probed servers as facts, for tests of what is made of them.
#pragma once

#include <string>
#include <vector>

#include "common/snapshot/probe_facts.h"

namespace kortvakt::testing {

ProbeTrust TrustBy(const std::string& store, ProbeVerdict verdict, bool browser);

// A server with nothing wrong, trusted by one browser, that asks for no certificate; its own
// certificate began 100 days before ScenarioNow() and ends 100 days after.
ProbeFacts GoodServer();

// One of TLS 1.2 that asks for client certificates of these CAs.
ProbeFacts AskingServer(const std::vector<std::string>& ca_names);

}  // namespace kortvakt::testing
