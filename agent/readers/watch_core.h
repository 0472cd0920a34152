// The threads of a ReaderWatch and what they share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/cards/card_memory.h"
#include "agent/readers/card_job.h"
#include "agent/readers/reader_plan.h"
#include "agent/readers/reader_watch.h"
#include "common/base/mutex.h"

namespace kortvakt {

// Three kinds of threads:
//  - the status thread waits for PC/SC to tell of changes and passes them on;
//  - the keeper does what is due (starts readings, minds the watchdog, calls
//    on_change) and sleeps until something is;
//  - a worker a reader, while a card is read.
// Every thread holds a reference, so one that PC/SC never gives back can be left.
class WatchCore : public std::enable_shared_from_this<WatchCore> {
 public:
  WatchCore(const ReaderWatch::Options& options, const Clock& clock, std::function<void()> on_change);

  void Start();
  // Ends transactions and threads; returns when all have ended, at the latest when
  // the stop limit has passed since the first call.
  void Stop();
  ObservedReaders Current() const;
  bool WaitUntilSettled(absl::Duration limit) const;

 private:
  struct Reader {
    Reader(const ReaderStatus& first, const ReaderPlan::Options& options) : status(first), plan(options) {}
    ReaderStatus status;
    ReaderPlan plan;
    std::shared_ptr<CardJob> job;      // under way
    std::string not_answering;         // set by the watchdog; the job is still in this PC/SC function
    std::optional<ObservedCard> card;  // what was read of this insertion
    ObservedReader shown;
  };
  bool StartThread(std::function<void()> body) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pause(absl::Duration time);
  // Wakes the status thread until it has ended. On a thread of its own: even
  // Cancel waits for the service.
  void CancelWaiting();

  // The status thread.
  void WatchStatus();
  absl::Status WatchContext(PcscContext& context, const std::function<void()>& on_success);
  void SetContext(std::shared_ptr<PcscContext> context);
  void ServiceDown(const absl::Status& why);
  // `fresh`: the states were told just now; else only the list of readers is taken.
  void Apply(const std::vector<ReaderStatus>& states, bool fresh);
  absl::Duration StatusTimeout() const;

  // The keeper.
  void Keep();
  // When to look again at `reader` at the latest.
  absl::Duration Attend(Reader& reader, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartReading(Reader& reader, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // A worker.
  void Work(const std::shared_ptr<CardJob>& job);
  void TakeResult(Reader& reader, const CardJob& job, CardResult result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Which cards the one in `reader` may be, unchanged.
  KnownCards Recall(const Reader& reader) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Brings what Current gives up to date.
  void Show(Reader& reader) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Changed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Settled() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ReaderWatch::Options options_;
  const Clock& clock_;
  const std::function<void()> on_change_;

  mutable Mutex mutex_;
  mutable CondVar wake_;  // of the keeper, of Pause and of those who wait to be settled
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration stop_by_ ABSL_GUARDED_BY(mutex_);  // when threads that have not ended are left behind
  int threads_ ABSL_GUARDED_BY(mutex_) = 0;
  bool watching_ ABSL_GUARDED_BY(mutex_) = false;                 // the status thread runs
  std::shared_ptr<PcscContext> context_ ABSL_GUARDED_BY(mutex_);  // the status thread's, for Cancel
  bool service_known_ ABSL_GUARDED_BY(mutex_) = false;
  bool service_running_ ABSL_GUARDED_BY(mutex_) = false;
  std::string service_detail_ ABSL_GUARDED_BY(mutex_);
  bool sample_ ABSL_GUARDED_BY(mutex_) = false;     // the status thread is to come out of its wait
  bool attention_ ABSL_GUARDED_BY(mutex_) = false;  // the keeper is to look
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;    // on_change is to be called
  std::vector<std::unique_ptr<Reader>> readers_ ABSL_GUARDED_BY(mutex_);
  CardMemory memory_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kortvakt
