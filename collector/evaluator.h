// Keeps the fleet's verdicts, alerts and history up to date as time passes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
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
  absl::Duration unseen;  // of workstations and cards
};

// The log of something that is tried again and again: a line when it begins to
// fail, a line when it works again.
class TroubleLog {
 public:
  // "WHAT: REASON; tried again EVERY".
  TroubleLog(std::string what, std::string every) : what_(std::move(what)), every_(std::move(every)) {}
  void Note(const absl::Status& status);

 private:
  const std::string what_;
  const std::string every_;
  bool failing_ = false;
};

// The log of records that cannot be judged: a line for each, which names it, a
// line when all can. The fleet tries a record once a minute, so it counts as
// mended when it has not failed for three.
class UnjudgedLog {
 public:
  // `now` is that of a steady clock.
  void Note(const absl::Status& failure, absl::Duration now);
  // After each round.
  void Settle(absl::Duration now);
  // Whether more than 20 fail: not single records, but what they are read from.
  bool many() const { return others_.has_value(); }

 private:
  std::map<std::string, absl::Duration> failures_;  // message: when it came last; at most 20
  std::optional<absl::Duration> others_;            // when one beyond these failed last
};

// One thread at a time. The parts must outlive it.
class Evaluator {
 public:
  Evaluator(Fleet& fleet, FleetStore& store, AlertBook& alerts, Metrics& metrics, const Clock& clock,
            Retention retention)
      : fleet_(fleet),
        store_(store),
        alerts_(alerts),
        metrics_(metrics),
        clock_(clock),
        retention_(retention) {}
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Judges what is due, updates alerts, passes history on; deletes what is too old
  // once a day. Errors are logged, and tried again in a later round. The time of
  // evaluation moves on (kortvakt_evaluation_last_success_timestamp_seconds) when
  // alerts are written and all but single records could be judged.
  void Round();

 private:
  void EvictCards();
  void PruneDaily(absl::Time now);
  // Deletes from the store what left the fleet; keeps it for later where that fails.
  absl::Status ForgetInStore(Forgotten& forgotten, absl::Time seen_before);

  Fleet& fleet_;
  FleetStore& store_;
  AlertBook& alerts_;
  Metrics& metrics_;
  const Clock& clock_;
  const Retention retention_;

  UnjudgedLog unjudged_;
  TroubleLog alert_trouble_{"writing alerts", "every second"};
  TroubleLog prune_trouble_{"deleting old presence and history", "every 10 minutes"};
  TroubleLog evict_trouble_{"deleting cards beyond a workstation's limit", "every 10 minutes"};
  Forgotten unseen_;
  Forgotten evicted_;
  absl::Duration evict_due_ = -absl::InfiniteDuration();  // on the steady clock
  absl::Duration prune_due_ = -absl::InfiniteDuration();  // on the steady clock
};

// Calls Round every second, from construction to destruction, on a thread of its
// own; `evaluator` must outlive it.
class EvaluatorThread {
 public:
  explicit EvaluatorThread(Evaluator& evaluator);
  ~EvaluatorThread();
  EvaluatorThread(const EvaluatorThread&) = delete;
  EvaluatorThread& operator=(const EvaluatorThread&) = delete;

 private:
  void Loop();

  Evaluator& evaluator_;
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kortvakt
