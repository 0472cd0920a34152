// The TLS probe: what would a browser on this workstation meet at a server that people
// log in to? It looks only. It has no key, so no login can happen, and it sends one
// request of its own for the path.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe/chain_trust.h"
#include "agent/probe/proxy.h"
#include "common/base/probe_target.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

struct ProbeInputs {
  std::vector<ProbePool> pools;
  // Fingerprints of the roots that the system's publisher ships; empty: not known.
  std::set<std::string> public_roots;
  ProxySettings proxy;
  // All of it takes at most so long, whatever the server does.
  absl::Duration time = absl::Seconds(15);
  // A descriptor that becomes readable when all is to stop (StopSignal::descriptor);
  // negative: none.
  int stop = -1;
};

// Looks up the name, connects (through the proxy where one is set), shakes hands as a
// browser would, asks for the path, and, where a browser is refused, looks for what the
// server takes instead. Opens at most 8 connections, one after another. Memory is
// bounded whatever the server sends (see the headers of this folder). Whatever it meets
// is facts. kCancelled: told to stop; another error: TLS cannot be prepared on this
// machine. Thread-safe.
absl::StatusOr<ProbeFacts> Probe(const ProbeTarget& target, const ProbeInputs& inputs);

}  // namespace kortvakt
