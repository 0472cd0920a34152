// Asking revocation servers, for a look at the desk and for a running agent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/config.h"
#include "agent/revocation/fetch.h"
#include "agent/revocation/questions.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Fetches through the proxy of the configuration, else of the environment. Where the
// environment's proxy settings cannot be used nothing is fetched, for a proxy is not to be gone
// around: every fetch is kInternal and says why.
std::unique_ptr<Fetcher> MakeConfiguredFetcher(const AgentConfig& config);

struct AskRevocationOptions {
  // Also what a running agent has an answer to already (IsAnswered, revocation/known.h).
  bool again = false;
  absl::Duration time = absl::Seconds(5);  // for all of it
  int stop = -1;                           // a descriptor that is readable when told to stop
  // Told each address before it is asked.
  std::function<void(const std::string& url)> progress = [](const std::string&) {};
};

// Asks `questions`, which are of `snapshot`, as far as that can be done in time, and puts the
// answers into it, each in the place of older ones to the same question (WithWhatWasKnown).
// kCancelled; kInternal: a failure of our own, which says nothing about a server; what came
// before it is in the snapshot.
absl::Status AskRevocation(Fetcher& fetcher, Questions questions, const AskRevocationOptions& options,
                           Snapshot& snapshot);

}  // namespace kortvakt
