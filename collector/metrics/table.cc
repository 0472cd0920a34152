#include "collector/metrics/table.h"

namespace kortvakt {

std::span<const MetricInfo* const> MetricTable() {
  static constexpr const MetricInfo* kTable[] = {
      &metric::kWorkstations,  &metric::kReaders,          &metric::kCards,           &metric::kCertificates,
      &metric::kRenewalsDue,   &metric::kRenewalsForecast, &metric::kSoonestNotAfter, &metric::kMissingCa,
      &metric::kCaNotAfter,    &metric::kFindings,         &metric::kClockSkew,       &metric::kAgents,
      &metric::kReports,       &metric::kRejections,       &metric::kReportDuration,  &metric::kReportSize,
      &metric::kEvaluation,    &metric::kStorageUp,        &metric::kStorageQueue,    &metric::kNotifications,
      &metric::kLabelOverflow, &metric::kBuildInfo,
  };
  return kTable;
}

}  // namespace kortvakt
