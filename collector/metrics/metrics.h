// What the collector shows at /metrics: the fleet's numbers and its own doings.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "collector/fleet/fleet.h"
#include "collector/store/fleet_store.h"

namespace kortvakt {

// What became of a report: kortvakt_reports_total.
enum class ReportOutcome { kAccepted, kDuplicate, kUnchanged, kSendAll, kRejected, kUnavailable };
inline constexpr std::array<const char*, 6> kReportOutcomeWords = {"accepted", "duplicate", "unchanged",
                                                                   "send_all", "rejected",  "unavailable"};

// Why a report or call was refused: kortvakt_report_rejections_total, and
// ReportResult.reason.
enum class Rejection {
  kNotWorkstation,    // the client certificate names no workstation
  kIdentityMismatch,  // the snapshot is of another workstation than the certificate
  kMalformed,         // a field cannot be; the message says which
  kTooLarge,          // a report above the limit
  kTooManyReports,    // more than 64 in a call
  kOverloaded,        // too much waits for the disk; the agent comes back
};
inline constexpr std::array<const char*, 6> kRejectionWords = {
    "not_workstation", "identity_mismatch", "malformed", "too_large", "too_many_reports", "overloaded"};
inline const char* RejectionWord(Rejection rejection) {
  return kRejectionWords[static_cast<size_t>(rejection)];
}

// Thread-safe. `fleet` and `store` must outlive it.
class Metrics {
 public:
  Metrics(const Fleet& fleet, const FleetStore& store);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void CountReport(ReportOutcome outcome);
  void CountRejection(Rejection rejection);
  void ObserveCall(absl::Duration duration);
  void ObserveReport(size_t bytes);
  void SetEvaluated(absl::Time when);
  void CountNotification(bool sent);

  // Prometheus text format 0.0.4. The fleet's part is made again only after a
  // change, or in a new month.
  std::string Text(absl::Time now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
