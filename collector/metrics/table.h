// Every metric there is, in one table: name, type, help, labels. What is not here
// is not exported.
#pragma once

#include <prometheus/metric_type.h>

#include <span>

namespace kortvakt {

struct MetricInfo {
  const char* name;
  prometheus::MetricType type;
  const char* help;
  const char* labels;  // names, comma separated, as the series have them
};

namespace metric {

using enum prometheus::MetricType;

inline constexpr MetricInfo kWorkstations{
    "kortvakt_workstations", Gauge,
    "Workstations by how long ago they reported; the limits are the policy's late_after, silent_after and "
    "retired_after.",
    "site,state"};
inline constexpr MetricInfo kReaders{"kortvakt_readers", Gauge,
                                     "Card readers of workstations that are not retired.", "site,state"};
inline constexpr MetricInfo kCards{"kortvakt_cards", Gauge,
                                   "Cards at the site that saw them last, by the highest level of assurance "
                                   "of their valid login certificates; "
                                   "idle: not seen for the policy's card_idle_after.",
                                   "site,loa,presence"};
inline constexpr MetricInfo kCertificates{"kortvakt_certificates", Gauge,
                                          "Certificates on active cards by the time left until they end.",
                                          "site,purpose,loa,time_left"};
inline constexpr MetricInfo kRenewalsDue{"kortvakt_renewals_due", Gauge,
                                         "Unreplaced login certificates of active cards that are due for "
                                         "renewal, by stage; loa is the certificate's.",
                                         "site,loa,stage"};
inline constexpr MetricInfo kRenewalsForecast{"kortvakt_renewals_forecast", Gauge,
                                              "Unreplaced login certificates of active cards that become due "
                                              "in the calendar month (UTC) so many months "
                                              "ahead; 0 is this month.",
                                              "month"};
inline constexpr MetricInfo kSoonestNotAfter{
    "kortvakt_soonest_not_after_timestamp_seconds", Gauge,
    "Earliest end of an unreplaced login certificate of an active card; no series where there is none.",
    "site"};
inline constexpr MetricInfo kMissingCa{"kortvakt_missing_ca_workstations", Gauge,
                                       "Workstations that lack a required CA.", "site,ca"};
inline constexpr MetricInfo kCaNotAfter{"kortvakt_ca_not_after_timestamp_seconds", Gauge,
                                        "End of a catalogued CA certificate, where it is known.", "ca"};
inline constexpr MetricInfo kFindings{"kortvakt_finding_workstations", Gauge,
                                      "Workstations with a finding, each once a code.", "site,finding"};
inline constexpr MetricInfo kClockSkew{
    "kortvakt_clock_skew_workstations", Gauge,
    "Workstations by how far their clock is from the collector's; ok: under a minute.", "site,band"};
inline constexpr MetricInfo kAgents{"kortvakt_agents", Gauge, "Agents by version and operating system.",
                                    "version,os"};
inline constexpr MetricInfo kReports{"kortvakt_reports_total", Counter, "Reports by what became of them.",
                                     "result"};
inline constexpr MetricInfo kRejections{
    "kortvakt_report_rejections_total", Counter,
    "Reports, or whole calls, that were refused and will not be taken as they are.", "reason"};
inline constexpr MetricInfo kReportDuration{"kortvakt_report_duration_seconds", Histogram,
                                            "Time from the arrival of a call with reports to its answer.",
                                            ""};
inline constexpr MetricInfo kReportSize{"kortvakt_report_size_bytes", Histogram,
                                        "Size of a report on the wire.", ""};
inline constexpr MetricInfo kEvaluation{"kortvakt_evaluation_last_success_timestamp_seconds", Gauge,
                                        "When the fleet was last judged; single records that cannot be read, "
                                        "which the log names, do not count.",
                                        ""};
inline constexpr MetricInfo kStorageUp{"kortvakt_storage_up", Gauge,
                                       "1 while the last write to the database worked, else 0.", ""};
inline constexpr MetricInfo kStorageQueue{"kortvakt_storage_queue_reports", Gauge,
                                          "Reports that wait for the disk.", ""};
inline constexpr MetricInfo kNotifications{"kortvakt_notifications_total", Counter,
                                           "Notices sent to the Alertmanager.", "result"};
inline constexpr MetricInfo kLabelOverflow{
    "kortvakt_label_overflow_total", Counter,
    "How often a site or an agent's version was counted as \"other\" because too many were known.", ""};
inline constexpr MetricInfo kBuildInfo{"kortvakt_build_info", Gauge, "Always 1; the collector's version.",
                                       "version"};

}  // namespace metric

// All of the above, in their order.
std::span<const MetricInfo* const> MetricTable();

}  // namespace kortvakt
