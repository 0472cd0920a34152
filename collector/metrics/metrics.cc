#include "collector/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/civil_time.h"
#include "collector/metrics/fleet_families.h"
#include "collector/metrics/table.h"
#include "common/base/mutex.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

// A commit takes the group window (5 ms) and two syncs; what takes a second is ill.
const prometheus::Histogram::BucketBoundaries kDurationBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                                  0.1,   0.25,   0.5,   1,    2.5,   10};
// A workstation with one card reports about 3 KiB; the limit is 1 MiB.
const prometheus::Histogram::BucketBoundaries kSizeBuckets = {256,   512,   1024,  2048,   4096,   8192,
                                                              16384, 32768, 65536, 131072, 524288, 1048576};

prometheus::Family<prometheus::Counter>& CounterFamily(prometheus::Registry& registry,
                                                       const MetricInfo& info) {
  return prometheus::BuildCounter().Name(info.name).Help(info.help).Register(registry);
}
prometheus::Gauge& OnlyGauge(prometheus::Registry& registry, const MetricInfo& info) {
  return prometheus::BuildGauge().Name(info.name).Help(info.help).Register(registry).Add({});
}
prometheus::Histogram& OnlyHistogram(prometheus::Registry& registry, const MetricInfo& info,
                                     const prometheus::Histogram::BucketBoundaries& buckets) {
  return prometheus::BuildHistogram().Name(info.name).Help(info.help).Register(registry).Add({}, buckets);
}

// One counter a word, all there from the start.
template <typename Words>
std::vector<prometheus::Counter*> Counters(prometheus::Registry& registry, const MetricInfo& info,
                                           const Words& words) {
  prometheus::Family<prometheus::Counter>& family = CounterFamily(registry, info);
  std::vector<prometheus::Counter*> counters;
  for (const char* word : words) counters.push_back(&family.Add({{info.labels, word}}));
  return counters;
}

}  // namespace

struct Metrics::Impl {
  Impl(const Fleet& fleet_in, const FleetStore& store_in) : fleet(fleet_in), store(store_in) {
    prometheus::BuildGauge()
        .Name(metric::kBuildInfo.name)
        .Help(metric::kBuildInfo.help)
        .Register(registry)
        .Add({{"version", kVersion}})
        .Set(1);
  }

  const Fleet& fleet;
  const FleetStore& store;
  prometheus::Registry registry;
  std::vector<prometheus::Counter*> reports = Counters(registry, metric::kReports, kReportOutcomeWords);
  std::vector<prometheus::Counter*> rejections = Counters(registry, metric::kRejections, kRejectionWords);
  prometheus::Histogram& duration = OnlyHistogram(registry, metric::kReportDuration, kDurationBuckets);
  prometheus::Histogram& size = OnlyHistogram(registry, metric::kReportSize, kSizeBuckets);
  prometheus::Gauge& evaluated = OnlyGauge(registry, metric::kEvaluation);
  prometheus::Gauge& storage_up = OnlyGauge(registry, metric::kStorageUp);
  prometheus::Gauge& storage_queue = OnlyGauge(registry, metric::kStorageQueue);
  std::vector<prometheus::Counter*> notifications =
      Counters(registry, metric::kNotifications, std::array<const char*, 2>{"sent", "failed"});

  Mutex mutex;
  std::string fleet_text ABSL_GUARDED_BY(mutex);
  uint64_t revision ABSL_GUARDED_BY(mutex) = 0;
  absl::CivilMonth month ABSL_GUARDED_BY(mutex);
};

Metrics::Metrics(const Fleet& fleet, const FleetStore& store) : impl_(std::make_unique<Impl>(fleet, store)) {}
Metrics::~Metrics() = default;

void Metrics::CountReport(ReportOutcome outcome) {
  impl_->reports[static_cast<size_t>(outcome)]->Increment();
}
void Metrics::CountRejection(Rejection rejection) {
  impl_->rejections[static_cast<size_t>(rejection)]->Increment();
}
void Metrics::ObserveCall(absl::Duration duration) {
  impl_->duration.Observe(absl::ToDoubleSeconds(duration));
}
void Metrics::ObserveReport(size_t bytes) { impl_->size.Observe(static_cast<double>(bytes)); }
void Metrics::SetEvaluated(absl::Time when) {
  impl_->evaluated.Set(static_cast<double>(absl::ToUnixMillis(when)) / 1000);
}
void Metrics::CountNotification(bool sent) { impl_->notifications[sent ? 0 : 1]->Increment(); }

std::string Metrics::Text(absl::Time now) {
  impl_->storage_up.Set(impl_->store.health().ok() ? 1 : 0);
  impl_->storage_queue.Set(static_cast<double>(impl_->store.pending()));
  const prometheus::TextSerializer serializer;
  const absl::CivilMonth month = absl::ToCivilMonth(now, absl::UTCTimeZone());

  MutexLock lock(impl_->mutex);
  // Read before the numbers: a change in between is shown now and made again next time.
  const uint64_t revision = impl_->fleet.revision();
  if (impl_->fleet_text.empty() || revision != impl_->revision || month != impl_->month) {
    const std::shared_ptr<const Judgement> judgement = impl_->fleet.judgement();
    impl_->fleet_text = serializer.prometheus::Serializer::Serialize(
        FleetFamilies(impl_->fleet.Counts(now), *judgement->catalogue));
    impl_->revision = revision;
    impl_->month = month;
  }
  return impl_->fleet_text + serializer.prometheus::Serializer::Serialize(impl_->registry.Collect());
}

}  // namespace kortvakt
