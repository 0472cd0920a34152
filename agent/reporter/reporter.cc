#include "agent/reporter/reporter.h"

#include <google/protobuf/util/time_util.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/reporter/fit_report.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

constexpr size_t kReportsPerRequest = 16;
constexpr size_t kBytesPerRequest = 512u << 10;
constexpr absl::Duration kTryAgain = absl::Seconds(10);
// A clock offset is worth keeping only when the call was quick.
constexpr absl::Duration kQuickCall = absl::Seconds(10);

// What to do about a rejection, by ReportResult.reason.
const char* RemedyFor(const std::string& reason) {
  if (reason == "identity_mismatch") {
    return "give this workstation a certificate of its own; if its certificate was exchanged, restart the "
           "agent";
  }
  return "compare the agent's version with the collector's, and report this line to the service owner";
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(absl::ToUnixSeconds(time));
  return proto;
}

// timestamp.proto: the years 1 to 9999. The difference of such ones can be told.
bool IsATime(const google::protobuf::Timestamp& proto) {
  using google::protobuf::util::TimeUtil;
  return proto.seconds() >= TimeUtil::kTimestampMinSeconds &&
         proto.seconds() <= TimeUtil::kTimestampMaxSeconds;
}

}  // namespace

std::string NewUuid() {
  std::array<uint8_t, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    std::random_device device;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(device());
  }
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);  // RFC 4122 variant
  std::string text = LowerHex(bytes);
  for (const size_t at : {20u, 16u, 12u, 8u}) text.insert(at, "-");
  return text;
}

Reporter::Reporter(Spool spool, CollectorTransport& transport, const Clock& clock, Options options)
    : transport_(transport),
      clock_(clock),
      options_(std::move(options)),
      spool_(std::move(spool)),
      backoff_(options_.backoff, options_.random),
      next_regular_(clock_.Monotonic() + options_.report_interval),
      interval_(options_.report_interval) {}

absl::Status Reporter::Offer(const Snapshot& snapshot) {
  v1::Report report;
  report.set_id(NewUuid());
  *report.mutable_sent_at() = ToProto(clock_.Now());
  *report.mutable_snapshot() = SnapshotToProto(snapshot);
  FitReport(report, kMaxReportBytes);
  std::string digest = SnapshotDigest(report.snapshot());
  const MutexLock lock(mutex_);
  if (digest == kept_digest_) return absl::OkStatus();
  // From here on the collector's snapshot is not the workstation's any more.
  kept_digest_.clear();
  RETURN_IF_ERROR(spool_.Add(report));
  kept_digest_ = std::move(digest);
  offered_ = true;
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Duration Reporter::Jittered(absl::Duration interval) {
  return interval * (0.9 + 0.2 * options_.random());
}

v1::SendReportsRequest Reporter::NextRequest(absl::Time now) {
  v1::SendReportsRequest request;
  for (v1::Report& report : spool_.Oldest(kReportsPerRequest, kBytesPerRequest)) {
    *report.mutable_sent_at() = ToProto(now);
    *request.add_reports() = std::move(report);
  }
  const bool as_acknowledged = !acknowledged_digest_.empty() && acknowledged_digest_ == kept_digest_;
  if (spool_.empty() && as_acknowledged && clock_.Monotonic() >= next_regular_) {
    v1::Report& report = *request.add_reports();
    report.set_id(NewUuid());
    *report.mutable_sent_at() = ToProto(now);
    report.mutable_unchanged()->set_digest(acknowledged_digest_);
  }
  return request;
}

void Reporter::AskForAll() {
  acknowledged_digest_.clear();
  kept_digest_.clear();
  send_all_ = true;
}

void Reporter::NoteRejection(const v1::ReportResult& result) {
  std::string rejection = absl::StrCat(CleanText(result.reason()), ": ", CleanText(result.message(), 512));
  // Once a reason, not at every report.
  if (rejection != rejection_) {
    spdlog::error(
        "the collector rejects what this workstation reports ({}); {}; a fresh report is tried every {}",
        rejection, RemedyFor(result.reason()), WriteDuration(interval_));
  }
  rejection_ = std::move(rejection);
}

void Reporter::NoteAcceptance() {
  if (!rejection_.empty()) spdlog::info("the collector takes this workstation's reports again");
  rejection_.clear();
}

absl::Status Reporter::TakeResponse(const v1::SendReportsRequest& request,
                                    const v1::SendReportsResponse& response, absl::Duration sent,
                                    absl::Duration received) {
  if (response.results_size() != request.reports_size()) {
    return absl::InternalError(absl::StrCat("the collector answered ", response.results_size(), " of ",
                                            request.reports_size(), " reports"));
  }
  for (int i = 0; i < request.reports_size(); ++i) {
    const v1::Report& report = request.reports(i);
    const v1::ReportResult& result = response.results(i);
    switch (result.result()) {
      case v1::ReportResult::RESULT_ACCEPTED:
      case v1::ReportResult::RESULT_DUPLICATE:
        if (report.has_snapshot()) {
          acknowledged_digest_ = SnapshotDigest(report.snapshot());
          spool_.Remove(report.id());
        }
        NoteAcceptance();
        break;
      case v1::ReportResult::RESULT_SEND_ALL:
        AskForAll();
        break;
      case v1::ReportResult::RESULT_REJECTED:
        NoteRejection(result);
        spool_.Remove(report.id());
        // The collector has not got what is here: nothing may be called unchanged.
        acknowledged_digest_.clear();
        break;
      default:
        return absl::InternalError(absl::StrCat("the collector answered with an unknown result ",
                                                static_cast<int>(result.result())));
    }
  }
  if (response.has_collector_time() && IsATime(response.collector_time()) && received - sent < kQuickCall) {
    const absl::Duration middle = sent + (received - sent) / 2;
    const absl::Time theirs = absl::FromUnixSeconds(response.collector_time().seconds()) +
                              absl::Nanoseconds(response.collector_time().nanos());
    collector_at_boot_ = theirs - middle;
  }
  interval_ = options_.report_interval;
  if (response.has_report_interval()) {
    interval_ = std::clamp(absl::Seconds(response.report_interval().seconds()), options_.report_interval,
                           absl::Hours(24));
  }
  return absl::OkStatus();
}

absl::Duration Reporter::Step() {
  v1::SendReportsRequest request;
  absl::Duration sent;
  absl::Duration wait;
  {
    const MutexLock lock(mutex_);
    const absl::Duration now = clock_.Monotonic();
    if (retry_at_ > now) return retry_at_ - now;
    sent = clock_.SinceBoot();
    request = NextRequest(clock_.Now());
    if (request.reports().empty()) {
      if (!spool_.empty()) return kTryAgain;  // kept, but not readable now
      if (next_regular_ > now) return next_regular_ - now;
      // A report is due that can neither say "unchanged" nor is in the spool.
      AskForAll();
      wait = Jittered(interval_);
      next_regular_ = now + wait;
    }
  }
  if (request.reports().empty()) {
    if (on_send_all_) on_send_all_();
    return wait;
  }
  const absl::StatusOr<v1::SendReportsResponse> response = transport_.Send(request);
  bool send_all = false;
  {
    const MutexLock lock(mutex_);
    const absl::Duration now = clock_.Monotonic();
    const bool sent_before = send_all_;
    const absl::Status status =
        response.ok() ? TakeResponse(request, *response, sent, clock_.SinceBoot()) : response.status();
    if (status.ok()) {
      if (!last_error_.empty()) spdlog::info("the collector answers again");
      last_error_.clear();
      backoff_.Reset();
      retry_at_ = absl::ZeroDuration();
      next_regular_ = now + Jittered(interval_);
      wait = spool_.empty() ? next_regular_ - now : absl::ZeroDuration();
      send_all = send_all_ && !sent_before;
    } else {
      wait = backoff_.Next();
      retry_at_ = now + wait;
      const std::string error(status.message());
      // Once a reason, not once a try.
      if (error != last_error_ && !stopping_) {
        spdlog::warn("reports cannot be sent and are kept ({} waiting): {}", spool_.size(),
                     CleanText(error, 500));
      }
      last_error_ = error;
    }
  }
  if (send_all && on_send_all_) on_send_all_();
  if (response.ok() && on_answer_) on_answer_(*response);
  return wait;
}

void Reporter::Run() {
  while (true) {
    const absl::Duration wait = Step();
    const MutexLock lock(mutex_);
    if (stopping_) return;
    // A report that came during Step must not wait; the back-off holds.
    if (std::exchange(offered_, false) && retry_at_ <= clock_.Monotonic()) continue;
    if (wait > absl::ZeroDuration()) changed_.WaitFor(mutex_, wait);
    if (stopping_) return;
  }
}

void Reporter::Stop() {
  transport_.Cancel();
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

std::optional<absl::Duration> Reporter::clock_offset() const {
  const MutexLock lock(mutex_);
  if (!collector_at_boot_) return std::nullopt;
  return clock_.Now() - (*collector_at_boot_ + clock_.SinceBoot());
}

bool Reporter::TakeSendAll() {
  const MutexLock lock(mutex_);
  return std::exchange(send_all_, false);
}

}  // namespace kortvakt
