#include "collector/metrics/fleet_families.h"

#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/metrics/table.h"
#include "common/judge/finding.h"

namespace kortvakt {
namespace {

using Label = prometheus::ClientMetric::Label;

prometheus::MetricFamily Family(const MetricInfo& info) {
  prometheus::MetricFamily family;
  family.name = info.name;
  family.help = info.help;
  family.type = info.type;
  return family;
}

void AddGauge(prometheus::MetricFamily& family, std::initializer_list<Label> labels, double value) {
  prometheus::ClientMetric& series = family.metric.emplace_back();
  series.label = labels;
  series.gauge.value = value;
}

double Seconds(absl::Time time) { return static_cast<double>(absl::ToUnixSeconds(time)); }

using Sites = std::map<std::string, SiteCounts>;

prometheus::MetricFamily Certificates(const Sites& sites) {
  prometheus::MetricFamily family = Family(metric::kCertificates);
  for (const auto& [site, counts] : sites) {
    for (size_t purpose = 0; purpose < kPurposeWords.size(); ++purpose) {
      for (size_t loa = 0; loa < 3; ++loa) {
        for (size_t left = 0; left < kTimeLeftWords.size(); ++left) {
          AddGauge(family,
                   {{"site", site},
                    {"purpose", kPurposeWords[purpose]},
                    {"loa", kLoaWords[loa]},
                    {"time_left", kTimeLeftWords[left]}},
                   counts.certificates[purpose][loa][left]);
        }
      }
    }
  }
  return family;
}

prometheus::MetricFamily Renewals(const Sites& sites) {
  prometheus::MetricFamily family = Family(metric::kRenewalsDue);
  for (const auto& [site, counts] : sites) {
    for (size_t loa = 0; loa < 3; ++loa) {
      for (size_t stage = 0; stage < kStageWords.size(); ++stage) {
        AddGauge(family, {{"site", site}, {"loa", kLoaWords[loa]}, {"stage", kStageWords[stage]}},
                 counts.renewals[loa][stage]);
      }
    }
  }
  return family;
}

prometheus::MetricFamily Cards(const Sites& sites) {
  prometheus::MetricFamily family = Family(metric::kCards);
  for (const auto& [site, counts] : sites) {
    for (size_t loa = 0; loa < kLoaWords.size(); ++loa) {
      for (size_t presence = 0; presence < kPresenceWords.size(); ++presence) {
        AddGauge(family, {{"site", site}, {"loa", kLoaWords[loa]}, {"presence", kPresenceWords[presence]}},
                 counts.cards[loa][presence]);
      }
    }
  }
  return family;
}

// A family with one further label whose words stand in a table.
template <typename Words, typename Numbers>
prometheus::MetricFamily OneLabel(const MetricInfo& info, const Sites& sites, const char* label,
                                  const Words& words, Numbers SiteCounts::*numbers) {
  prometheus::MetricFamily family = Family(info);
  for (const auto& [site, counts] : sites) {
    for (size_t i = 0; i < words.size(); ++i) {
      AddGauge(family, {{"site", site}, {label, words[i]}}, (counts.*numbers)[i]);
    }
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> FleetFamilies(const FleetCounts& counts, const CaCatalogue& catalogue) {
  const Sites& sites = counts.sites;
  std::vector<std::string> codes;
  for (const FindingInfo& info : FindingTable()) codes.emplace_back(info.word);

  std::vector<prometheus::MetricFamily> families;
  families.push_back(
      OneLabel(metric::kWorkstations, sites, "state", kWorkstationStateWords, &SiteCounts::workstations));
  families.push_back(OneLabel(metric::kReaders, sites, "state", kReaderStateWords, &SiteCounts::readers));
  families.push_back(Cards(sites));
  families.push_back(Certificates(sites));
  families.push_back(Renewals(sites));

  prometheus::MetricFamily forecast = Family(metric::kRenewalsForecast);
  for (size_t month = 0; month < counts.forecast.size(); ++month) {
    AddGauge(forecast, {{"month", absl::StrCat(month)}}, counts.forecast[month]);
  }
  families.push_back(std::move(forecast));

  prometheus::MetricFamily soonest = Family(metric::kSoonestNotAfter);
  for (const auto& [site, numbers] : sites) {
    if (numbers.soonest_not_after) AddGauge(soonest, {{"site", site}}, Seconds(*numbers.soonest_not_after));
  }
  families.push_back(std::move(soonest));

  families.push_back(OneLabel(metric::kMissingCa, sites, "ca", counts.required_cas, &SiteCounts::missing_ca));

  prometheus::MetricFamily ends = Family(metric::kCaNotAfter);
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.not_after) AddGauge(ends, {{"ca", ca.id}}, Seconds(*ca.not_after));
  }
  families.push_back(std::move(ends));

  families.push_back(OneLabel(metric::kFindings, sites, "finding", codes, &SiteCounts::finding_workstations));
  families.push_back(OneLabel(metric::kClockSkew, sites, "band", kClockBandWords, &SiteCounts::clock_skew));

  prometheus::MetricFamily agents = Family(metric::kAgents);
  for (const auto& [label, count] : counts.agents) {
    AddGauge(agents, {{"version", label.first}, {"os", label.second}}, count);
  }
  families.push_back(std::move(agents));

  prometheus::MetricFamily overflow = Family(metric::kLabelOverflow);
  overflow.metric.emplace_back().counter.value = static_cast<double>(counts.label_overflows);
  families.push_back(std::move(overflow));

  // A family without series would leave HELP and TYPE alone in the text.
  std::erase_if(families, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  return families;
}

}  // namespace kortvakt
