// Probing the tests' own servers.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "agent/probe/probe.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt::testing {

// A server's chain for 127.0.0.1, made once.
const ServerPki& Pki();

// For a ScriptedServer with nothing to set.
inline void Nothing(SSL_CTX*) {}

// Probes a server, and fails the test where that does not end within `time` (and what a busy machine adds).
ProbeFacts ProbeUrl(const std::string& url, absl::Duration time = absl::Seconds(20),
                    ProxySettings proxy = {});

}  // namespace kortvakt::testing
