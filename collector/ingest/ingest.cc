#include "collector/ingest/ingest.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/fleet/store_source.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/base/workstation_identity.h"
#include "common/judge/judgement_proto.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

using Result = v1::ReportResult;

void SetTime(google::protobuf::Timestamp& proto, absl::Time time) {
  const int64_t nanos = absl::ToUnixNanos(time);
  proto.set_seconds(nanos / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

// False: not a timestamp of the years 1 to 9999.
bool ReadTime(const google::protobuf::Timestamp& proto, absl::Time& time) {
  constexpr int64_t kFirst = -62135596800, kLast = 253402300799;
  if (proto.seconds() < kFirst || proto.seconds() > kLast || proto.nanos() < 0 ||
      proto.nanos() > 999'999'999) {
    return false;
  }
  time = absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
  return true;
}

}  // namespace

// One call, until its last report is answered for.
struct Ingest::Call {
  std::string workstation_id;
  absl::Time received_at;
  absl::Duration started;
  v1::SendReportsResponse response;
  // Digest of the last snapshot of this call, which an "unchanged" after it means.
  std::string pending_digest;
  Done done;
  // Reports that wait for the disk, and one for the loop that hands them out.
  std::atomic<int> waiting{1};
  std::atomic<bool> failed{false};

  Result& result(int index) { return *response.mutable_results(index); }
};

// A snapshot of a call, while it waits for the disk.
struct Ingest::ReportedSnapshot {
  Snapshot snapshot;
  std::string digest;
  absl::Duration clock_offset;
};

Ingest::Ingest(FleetStore& store, Fleet& fleet, Metrics& metrics, const Clock& clock, IngestLimits limits)
    : store_(store), fleet_(fleet), metrics_(metrics), clock_(clock), limits_(limits), log_limit_(clock) {}

void Ingest::Take(const std::string& workstation_id, const v1::SendReportsRequest& request, Done done) {
  if (request.reports_size() > limits_.reports_per_call) {
    metrics_.CountRejection(Rejection::kTooManyReports);
    done(absl::InvalidArgumentError(absl::StrCat(request.reports_size(), " reports in one call; at most ",
                                                 limits_.reports_per_call, " are allowed")));
    return;
  }
  if (store_.pending() >= limits_.pending_reports || store_.pending_bytes() >= limits_.pending_bytes) {
    metrics_.CountRejection(Rejection::kOverloaded);
    done(absl::ResourceExhaustedError("too many reports wait for the disk; keep them and come back"));
    return;
  }
  auto call = std::make_shared<Call>();
  call->workstation_id = workstation_id;
  call->received_at = clock_.Now();
  call->started = clock_.Monotonic();
  call->done = std::move(done);
  // All results first: callbacks write them while the loop goes on.
  for (const v1::Report& report : request.reports()) {
    call->response.add_results()->set_report_id(CleanText(report.id(), 64));
  }
  for (int i = 0; i < request.reports_size(); ++i) {
    const v1::Report& report = request.reports(i);
    const size_t bytes = report.ByteSizeLong();
    metrics_.ObserveReport(bytes);
    absl::Time sent_at;
    if (bytes > limits_.report_bytes) {
      Reject(
          *call, i, Rejection::kTooLarge,
          absl::StrCat("the report has ", bytes, " bytes; at most ", limits_.report_bytes, " are allowed"));
    } else if (!IsUuid(report.id())) {
      Reject(*call, i, Rejection::kMalformed, "id is not a UUID in lower case");
    } else if (!report.has_sent_at() || !ReadTime(report.sent_at(), sent_at)) {
      Reject(*call, i, Rejection::kMalformed, "sent_at is missing or not within the years 1 to 9999");
    } else if (report.has_snapshot()) {
      TakeSnapshot(call, i, report);
    } else if (report.has_unchanged()) {
      TakeUnchanged(*call, i, report);
    } else {
      Reject(*call, i, Rejection::kMalformed, "neither snapshot nor unchanged is there");
    }
  }
  if (call->waiting.fetch_sub(1) == 1) Finish(*call);
}

void Ingest::TakeSnapshot(const std::shared_ptr<Call>& call, int index, const v1::Report& report) {
  absl::StatusOr<Snapshot> parsed = SnapshotFromProto(report.snapshot());
  if (!parsed.ok()) {
    Reject(*call, index, Rejection::kMalformed, std::string(parsed.status().message()));
    return;
  }
  if (parsed->workstation.id != call->workstation_id) {
    Reject(*call, index, Rejection::kIdentityMismatch,
           absl::StrCat("the snapshot is of workstation '", CleanText(parsed->workstation.id, 40),
                        "', the certificate of '", call->workstation_id, "'"));
    return;
  }
  absl::Time sent_at;
  ReadTime(report.sent_at(), sent_at);
  auto reported = std::make_shared<ReportedSnapshot>();
  reported->snapshot = *std::move(parsed);
  reported->digest = SnapshotDigest(reported->snapshot);
  reported->clock_offset = sent_at - call->received_at;
  call->pending_digest = reported->digest;
  ReportRecord record = MakeReportRecord(report.id(), call->workstation_id, reported->snapshot,
                                         reported->digest, call->received_at, reported->clock_offset);
  call->waiting.fetch_add(1);
  store_.Put(std::move(record), [this, call, index, reported](const absl::StatusOr<PutOutcome>& outcome) {
    Stored(*call, index, *reported, outcome);
    if (call->waiting.fetch_sub(1) == 1) Finish(*call);
  });
}

void Ingest::Stored(Call& call, int index, const ReportedSnapshot& report,
                    const absl::StatusOr<PutOutcome>& outcome) {
  const std::string& id = call.workstation_id;
  absl::Status status = outcome.status();
  if (!status.ok()) {
    SetMayLag(id, true);
  } else if (*outcome == PutOutcome::kStored) {
    fleet_.ApplyReport(id, report.snapshot, report.digest, call.received_at, report.clock_offset);
    SetMayLag(id, false);
  } else if (MayLag(id)) {
    // Not this report: a newer one may be stored by now.
    status = CatchUp(id);
    if (status.ok()) {
      SetMayLag(id, false);
    } else if (log_limit_.Admit(absl::StrCat(id, " unreadable"))) {
      spdlog::error("reading back the report of workstation {}: {}; restore a backup if this lasts", id,
                    std::string(status.message()));
    }
  }
  if (!status.ok()) {
    call.failed = true;
    metrics_.CountReport(ReportOutcome::kUnavailable);
    return;
  }
  const bool stored = *outcome == PutOutcome::kStored;
  call.result(index).set_result(stored ? Result::RESULT_ACCEPTED : Result::RESULT_DUPLICATE);
  metrics_.CountReport(stored ? ReportOutcome::kAccepted : ReportOutcome::kDuplicate);
}

absl::Status Ingest::CatchUp(const std::string& workstation_id) {
  ASSIGN_OR_RETURN(const StoredWorkstation stored, store_.ReadWorkstation(workstation_id));
  v1::Snapshot proto;
  if (!proto.ParseFromString(stored.snapshot)) return absl::DataLossError("it cannot be parsed");
  ASSIGN_OR_RETURN(const Snapshot snapshot, SnapshotFromProto(proto));
  fleet_.ApplyReport(workstation_id, snapshot, stored.digest, stored.last_seen, stored.clock_offset);
  return absl::OkStatus();
}

bool Ingest::MayLag(const std::string& workstation_id) {
  MutexLock lock(mutex_);
  return may_lag_.contains(workstation_id);
}

void Ingest::SetMayLag(const std::string& workstation_id, bool may_lag) {
  MutexLock lock(mutex_);
  if (may_lag) {
    may_lag_.insert(workstation_id);
  } else {
    may_lag_.erase(workstation_id);
  }
}

void Ingest::TakeUnchanged(Call& call, int index, const v1::Report& report) {
  const std::string& digest = report.unchanged().digest();
  absl::Time sent_at;
  ReadTime(report.sent_at(), sent_at);
  const absl::Duration offset = sent_at - call.received_at;
  Result& result = call.result(index);
  // A snapshot of this call is not in the fleet yet; being heard of is part of it.
  bool known = !call.pending_digest.empty() && digest == call.pending_digest;
  if (!known && call.pending_digest.empty()) {
    UnchangedOutcome outcome = fleet_.ApplyUnchanged(call.workstation_id, digest, call.received_at, offset);
    known = outcome.known;
    if (known)
      store_.MarkSeen({call.workstation_id, call.received_at, offset, std::move(outcome.cards_seen)});
  }
  result.set_result(known ? Result::RESULT_ACCEPTED : Result::RESULT_SEND_ALL);
  metrics_.CountReport(known ? ReportOutcome::kUnchanged : ReportOutcome::kSendAll);
}

void Ingest::Reject(Call& call, int index, Rejection reason, const std::string& message) {
  Result& result = call.result(index);
  result.set_result(Result::RESULT_REJECTED);
  result.set_reason(RejectionWord(reason));
  result.set_message(CleanText(message, 512));
  metrics_.CountReport(ReportOutcome::kRejected);
  metrics_.CountRejection(reason);
  const std::optional<uint64_t> left_out =
      log_limit_.Admit(absl::StrCat(call.workstation_id, " ", RejectionWord(reason)));
  if (!left_out) return;
  const std::string more =
      *left_out == 0 ? "" : absl::StrCat(" (and ", *left_out, " more since the last such line)");
  spdlog::warn("report of workstation {} rejected ({}): {}{}", call.workstation_id, RejectionWord(reason),
               result.message(), more);
}

void Ingest::Finish(Call& call) {
  metrics_.ObserveCall(clock_.Monotonic() - call.started);
  if (call.failed) {
    call.done(absl::UnavailableError("the collector cannot store reports now; keep them and come back"));
    return;
  }
  const std::shared_ptr<const v1::Judgement> served = Served();
  SetTime(*call.response.mutable_collector_time(), clock_.Now());
  call.response.set_policy_version(served->policy_version());
  call.response.set_catalogue_version(served->catalogue_version());
  call.done(std::move(call.response));
}

v1::Judgement Ingest::GetJudgement(const v1::GetJudgementRequest& request) {
  v1::Judgement judgement = *Served();
  if (request.have_policy_version() == judgement.policy_version()) judgement.clear_policy();
  if (request.have_catalogue_version() == judgement.catalogue_version()) judgement.clear_catalogue();
  return judgement;
}

std::shared_ptr<const v1::Judgement> Ingest::Served() {
  std::shared_ptr<const Judgement> judgement = fleet_.judgement();
  const MutexLock lock(mutex_);
  if (judgement_ != judgement) {
    served_ = std::make_shared<const v1::Judgement>(JudgementToProto(*judgement));
    judgement_ = std::move(judgement);
  }
  return served_;
}

}  // namespace kortvakt
