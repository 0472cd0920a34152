#include "collector/evaluator.h"

#include <string>

#include "common/base/log.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// A verdict that changes with time shows this much later at most.
constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::Duration kPruneInterval = absl::Hours(24);

}  // namespace

Evaluator::Evaluator(Fleet& fleet, FleetStore& store, AlertBook& alerts, Metrics& metrics, const Clock& clock,
                     Retention retention)
    : fleet_(fleet), store_(store), alerts_(alerts), metrics_(metrics), clock_(clock), retention_(retention) {
  thread_ = std::thread([this] { Loop(); });
}

Evaluator::~Evaluator() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void Evaluator::Loop() {
  for (;;) {
    Evaluate();
    MutexLock lock(mutex_);
    if (!stopping_) wake_.WaitFor(mutex_, kInterval);
    if (stopping_) break;
  }
  Evaluate();  // what the last reports changed
}

void Evaluator::Evaluate() {
  const absl::Time now = clock_.Now();
  absl::Status status = absl::OkStatus();
  for (;;) {
    const AdvanceResult result = fleet_.Advance(now);
    if (status.ok()) status = result.status;
    if (result.judged == 0) break;
  }
  if (std::vector<HistoryEntry> history = fleet_.TakeHistory(); !history.empty()) {
    store_.AddHistory(std::move(history));
  }
  const absl::Status alerted = alerts_.Update(fleet_.Counts(now), fleet_.judgement()->policy, now);
  if (status.ok()) status = Annotate(alerted, "writing alerts");
  if (status.ok()) metrics_.SetEvaluated(now);
  PruneDaily(now);
  Note(status);
}

void Evaluator::PruneDaily(absl::Time now) {
  if (now - pruned_ < kPruneInterval) return;
  const absl::Status status = store_.Prune(now - retention_.presence, now - retention_.history);
  if (status.ok()) pruned_ = now;
}

void Evaluator::Note(const absl::Status& status) {
  if (status.code() == last_.code()) return;
  if (status.ok()) {
    spdlog::info("the fleet is judged in full again");
  } else {
    spdlog::error("judging the fleet: {}; tried again every second", std::string(status.message()));
  }
  last_ = status;
}

}  // namespace kortvakt
