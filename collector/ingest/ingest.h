// Taking reports in: check, de-duplicate, commit, acknowledge; and giving agents what
// they are judged with. Without transport;
// ingest_service.h is the gRPC face.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/fleet/fleet.h"
#include "collector/ingest/log_limit.h"
#include "collector/metrics/metrics.h"
#include "collector/store/fleet_store.h"
#include "common/base/mutex.h"
#include "common/base/time.h"
#include "kortvakt/v1/ingest.pb.h"
#include "kortvakt/v1/judgement.pb.h"

namespace kortvakt {

struct IngestLimits {
  int reports_per_call = 64;       // as ingest.proto says
  size_t report_bytes = 1u << 20;  // a workstation with 16 cards reports about 50 KiB
  // That wait for the disk: a few seconds' work, some 30 MiB of ordinary reports;
  // the bytes bound what large ones may take.
  size_t pending_reports = 10'000;
  size_t pending_bytes = 256u << 20;
};

// Thread-safe. The parts must outlive it and all calls.
class Ingest {
 public:
  using Done = std::function<void(absl::StatusOr<v1::SendReportsResponse>)>;

  Ingest(FleetStore& store, Fleet& fleet, Metrics& metrics, const Clock& clock, IngestLimits limits = {});

  // Takes the reports of the authenticated workstation `workstation_id`. `done`
  // is called once, perhaps before this returns, perhaps on a thread of the
  // store's: with a result for each report, or with
  //   kInvalidArgument    more reports than a call may have
  //   kResourceExhausted  too much waits for the disk; come back
  //   kUnavailable        the store cannot write now; come back. Reports of this
  //                       call that were stored show as duplicates then.
  // A report that is answered as stored or duplicate is known to the fleet.
  void Take(const std::string& workstation_id, const v1::SendReportsRequest& request, Done done);

  // Policy and catalogue that the fleet is judged with, less what the asker has.
  v1::Judgement GetJudgement(const v1::GetJudgementRequest& request);

 private:
  struct Call;
  struct ReportedSnapshot;
  void TakeSnapshot(const std::shared_ptr<Call>& call, int index, const v1::Report& report);
  void TakeUnchanged(Call& call, int index, const v1::Report& report);
  // The store's answer to a snapshot.
  void Stored(Call& call, int index, const ReportedSnapshot& report,
              const absl::StatusOr<PutOutcome>& outcome);
  // Applies what is stored of the workstation to the fleet.
  absl::Status CatchUp(const std::string& workstation_id);
  bool MayLag(const std::string& workstation_id);
  void SetMayLag(const std::string& workstation_id, bool may_lag);
  void Reject(Call& call, int index, Rejection reason, const std::string& message);
  void Finish(Call& call);
  // What agents are given now, in full.
  std::shared_ptr<const v1::Judgement> Served();

  FleetStore& store_;
  Fleet& fleet_;
  Metrics& metrics_;
  const Clock& clock_;
  const IngestLimits limits_;
  LogLimit log_limit_;

  Mutex mutex_;
  // Workstations of which a report may be on disk without the fleet knowing: the
  // store could not say whether it wrote it. None more than have certificates.
  std::set<std::string> may_lag_ ABSL_GUARDED_BY(mutex_);
  // The fleet's judgement and its form for agents, made when it is another.
  std::shared_ptr<const Judgement> judgement_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const v1::Judgement> served_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kortvakt
