// Getting snapshots to the collector: kept in the spool until acknowledged, a
// sign of life at an interval, back-off while the collector is away.
//
// A report that the collector rejects is dropped, for it would be rejected again;
// a fresh one is tried at each regular report until it is taken.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/reporter/collector_transport.h"
#include "agent/reporter/spool.h"
#include "common/base/backoff.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/base/time.h"
#include "common/snapshot/snapshot.h"
#include "kortvakt/v1/ingest.pb.h"

namespace kortvakt {

// Thread-safe. Run belongs to one thread; the others are free.
class Reporter {
 public:
  struct Options {
    absl::Duration report_interval = absl::Minutes(15);
    Backoff::Limits backoff;
    std::function<double()> random = RandomFraction;  // in [0, 1)
  };

  // `transport` and `clock` must outlive it.
  Reporter(Spool spool, CollectorTransport& transport, const Clock& clock, Options options);

  // Keeps `snapshot` for sending, less what is too much for one report (FitReport),
  // unless its digest is that of the newest kept one. An error (full disk): it is
  // not kept, and nothing is called unchanged until an Offer succeeds; offer it
  // again later.
  absl::Status Offer(const Snapshot& snapshot);

  // Sends what is due now, one request; returns how long until the next step.
  absl::Duration Step();

  // Steps until Stop.
  void Run();
  void Stop();

  // Workstation's clock, as it is set now, minus the collector's at the last quick answer, gone on since.
  std::optional<absl::Duration> clock_offset() const;
  // Whether the collector has not got what is here (it lost it, rejected it, or it
  // was lost before it was sent), and a report is due: the caller offers a fresh
  // snapshot, which is kept even when nothing changed. Asking resets it.
  bool TakeSendAll();

  // Called, from Run's thread, when TakeSendAll becomes true.
  void set_on_send_all(std::function<void()> callback) { on_send_all_ = std::move(callback); }
  // Called, from Run's thread between two calls of the transport, with each answer.
  void set_on_answer(std::function<void(const v1::SendReportsResponse&)> callback) {
    on_answer_ = std::move(callback);
  }

 private:
  v1::SendReportsRequest NextRequest(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sets send_all_: nothing is called unchanged until a snapshot is acknowledged.
  void AskForAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteRejection(const v1::ReportResult& result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteAcceptance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeResponse(const v1::SendReportsRequest& request, const v1::SendReportsResponse& response,
                            absl::Duration sent, absl::Duration received)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `interval`, give or take a tenth.
  absl::Duration Jittered(absl::Duration interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  CollectorTransport& transport_;
  const Clock& clock_;
  const Options options_;
  std::function<void()> on_send_all_;
  std::function<void(const v1::SendReportsResponse&)> on_answer_;

  mutable Mutex mutex_;
  CondVar changed_;
  Spool spool_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  std::string kept_digest_ ABSL_GUARDED_BY(mutex_);          // of the newest snapshot kept or acknowledged
  std::string acknowledged_digest_ ABSL_GUARDED_BY(mutex_);  // empty: none in this run
  absl::Duration next_regular_ ABSL_GUARDED_BY(mutex_);      // by the monotonic clock
  absl::Duration retry_at_ ABSL_GUARDED_BY(mutex_);          // by the monotonic clock; zero: no back-off
  absl::Duration interval_ ABSL_GUARDED_BY(mutex_);
  // The collector's time when this machine was booted (SinceBoot), so that setting our clock changes nothing.
  std::optional<absl::Time> collector_at_boot_ ABSL_GUARDED_BY(mutex_);
  std::string last_error_ ABSL_GUARDED_BY(mutex_);  // of sending; empty: the last request was answered
  std::string rejection_ ABSL_GUARDED_BY(mutex_);   // what was said of the last report; empty: it was taken
  bool offered_ ABSL_GUARDED_BY(mutex_) = false;    // since Run looked last
  bool send_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

// A random UUID (RFC 4122, version 4), lower case.
std::string NewUuid();

}  // namespace kortvakt
