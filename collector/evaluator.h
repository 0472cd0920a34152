// Keeps the fleet's verdicts, alerts and history up to date as time passes.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "collector/alerts/alert_book.h"
#include "collector/fleet/fleet.h"
#include "collector/metrics/metrics.h"
#include "collector/store/fleet_store.h"
#include "common/base/mutex.h"
#include "common/base/time.h"

namespace kortvakt {

struct Retention {
  absl::Duration presence;
  absl::Duration history;
};

// The parts must outlive it. Runs on a thread of its own from construction to
// destruction.
class Evaluator {
 public:
  Evaluator(Fleet& fleet, FleetStore& store, AlertBook& alerts, Metrics& metrics, const Clock& clock,
            Retention retention);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

 private:
  void Loop();
  // One round; logs an error once until it has gone.
  void Evaluate();
  void Note(const absl::Status& status);
  void PruneDaily(absl::Time now);

  Fleet& fleet_;
  FleetStore& store_;
  AlertBook& alerts_;
  Metrics& metrics_;
  const Clock& clock_;
  const Retention retention_;
  // Of the thread alone.
  absl::Time pruned_ = absl::InfinitePast();
  absl::Status last_ = absl::OkStatus();

  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kortvakt
