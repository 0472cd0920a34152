// Probing servers again and again while the agent runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/event.h"
#include "common/base/mutex.h"
#include "common/base/probe_target.h"
#include "common/base/random.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// Probes on a thread of its own from construction to destruction, which takes no longer
// than `probe` takes to see that it is told to stop. Thread-safe.
class Prober {
 public:
  struct Plan {
    std::vector<ProbeTarget> targets = {};
    absl::Duration interval = absl::Hours(1);  // from the end of a round to the next, give or take a tenth
  };
  struct Options {
    // What is to be probed now.
    std::function<Plan()> plan;
    // Probes the targets; kCancelled once the descriptor `stop` is readable.
    std::function<absl::StatusOr<std::vector<ProbeFacts>>(const std::vector<ProbeTarget>& targets, int stop)>
        probe;
    // Called, on the prober's thread, when Current has changed.
    std::function<void()> on_change;
    std::function<double()> random = RandomFraction;  // in [0, 1)
  };

  explicit Prober(Options options);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // What the last round saw, in the order of the plan. Empty until the first is over,
  // and of servers that are not in the plan any more.
  std::vector<ProbeFacts> Current() const;

  // The plan may be another: a round begins soon where it names other servers. (Soon:
  // within a sixtieth of the interval, so that a fleet does not come all at once.)
  void LookAtPlan();

 private:
  void Run();
  void Round(const Plan& plan);
  // Takes out what is not in the plan.
  void Forget(const Plan& plan);

  const Options options_;
  const Event stop_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<ProbeFacts> current_ ABSL_GUARDED_BY(mutex_);
  std::string last_error_;  // of the prober's thread
  std::thread thread_;
};

}  // namespace kortvakt
