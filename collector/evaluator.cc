#include "collector/evaluator.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/base/log.h"

namespace kortvakt {
namespace {

// A verdict that changes with time shows this much later at most.
constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::Duration kPruneInterval = absl::Hours(24);
constexpr absl::Duration kPruneRetry = absl::Minutes(10);
// A damaged page of the database holds a few records; a failing disk all.
constexpr size_t kMaxSingleRecords = 20;
constexpr absl::Duration kMended = absl::Minutes(3);

void Append(Forgotten from, Forgotten& to) {
  std::move(from.workstations.begin(), from.workstations.end(), std::back_inserter(to.workstations));
  std::move(from.cards.begin(), from.cards.end(), std::back_inserter(to.cards));
}

}  // namespace

void TroubleLog::Note(const absl::Status& status) {
  if (!status.ok() && !failing_) {
    spdlog::error("{}: {}; tried again {}", what_, std::string(status.message()), every_);
  }
  if (status.ok() && failing_) spdlog::info("{} works again", what_);
  failing_ = !status.ok();
}

void UnjudgedLog::Note(const absl::Status& failure, absl::Duration now) {
  const std::string message(failure.message());
  if (const auto known = failures_.find(message); known != failures_.end()) {
    known->second = now;
  } else if (failures_.size() < kMaxSingleRecords) {
    spdlog::error("{}; it keeps its verdict, tried again every minute", message);
    failures_.emplace(message, now);
  } else {
    if (!others_) {
      spdlog::error("more than {} records cannot be judged; see whether the storage works",
                    kMaxSingleRecords);
    }
    others_ = now;
  }
}

void UnjudgedLog::Settle(absl::Duration now) {
  if (failures_.empty()) return;
  std::erase_if(failures_, [now](const auto& failure) { return now - failure.second > kMended; });
  if (others_ && now - *others_ > kMended) others_.reset();
  if (failures_.empty() && !others_) spdlog::info("the fleet is judged in full again");
}

void Evaluator::Round() {
  const absl::Time now = clock_.Now();
  const absl::Duration steady = clock_.Monotonic();
  for (AdvanceResult result; (result = fleet_.Advance(now)).judged > 0;) {
    for (const absl::Status& failure : result.failures) unjudged_.Note(failure, steady);
  }
  unjudged_.Settle(steady);
  if (std::vector<HistoryEntry> history = fleet_.TakeHistory(); !history.empty()) {
    store_.AddHistory(std::move(history));
  }
  const absl::Status alerted = alerts_.Update(fleet_.Counts(now), fleet_.judgement()->policy, now);
  alert_trouble_.Note(alerted);
  if (alerted.ok() && !unjudged_.many()) metrics_.SetEvaluated(now);
  EvictCards();
  PruneDaily(now);
}

void Evaluator::PruneDaily(absl::Time now) {
  const absl::Duration steady = clock_.Monotonic();
  if (steady < prune_due_) return;
  const absl::Time unseen_since = now - retention_.unseen;
  Append(fleet_.Forget(unseen_since), unseen_);
  absl::Status status = store_.Prune(now - retention_.presence, now - retention_.history);
  if (status.ok()) status = ForgetInStore(unseen_, unseen_since);
  prune_trouble_.Note(status);
  prune_due_ = steady + (status.ok() ? kPruneInterval : kPruneRetry);
}

void Evaluator::EvictCards() {
  Append(fleet_.TakeEvicted(), evicted_);
  const absl::Duration steady = clock_.Monotonic();
  if (evicted_.empty() || steady < evict_due_) return;
  const absl::Status status = ForgetInStore(evicted_, absl::InfiniteFuture());
  evict_trouble_.Note(status);
  if (!status.ok()) evict_due_ = steady + kPruneRetry;
}

absl::Status Evaluator::ForgetInStore(Forgotten& forgotten, absl::Time seen_before) {
  if (forgotten.empty()) return absl::OkStatus();
  const absl::Status status = store_.Forget(forgotten.workstations, forgotten.cards, seen_before);
  if (status.ok()) {
    spdlog::info("{} workstations and {} cards forgotten", forgotten.workstations.size(),
                 forgotten.cards.size());
    forgotten = {};
  }
  return status;
}

EvaluatorThread::EvaluatorThread(Evaluator& evaluator) : evaluator_(evaluator) {
  thread_ = std::thread([this] { Loop(); });
}

EvaluatorThread::~EvaluatorThread() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void EvaluatorThread::Loop() {
  for (;;) {
    evaluator_.Round();
    MutexLock lock(mutex_);
    if (!stopping_) wake_.WaitFor(mutex_, kInterval);
    if (stopping_) break;
  }
  evaluator_.Round();  // what the last reports changed
}

}  // namespace kortvakt
