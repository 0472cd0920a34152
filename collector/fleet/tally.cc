#include "collector/fleet/tally.h"

#include "absl/time/civil_time.h"

namespace kortvakt {
namespace {

void Step(uint32_t& counter, int sign, uint32_t by = 1) { counter = sign > 0 ? counter + by : counter - by; }

template <typename Key>
void Step(std::map<Key, uint32_t>& counters, const Key& key, int sign) {
  uint32_t& counter = counters[key];
  Step(counter, sign);
  if (counter == 0) counters.erase(key);
}

int64_t MonthOf(absl::Time time) {
  const absl::CivilMonth month = absl::ToCivilMonth(time, absl::UTCTimeZone());
  return month.year() * 12 + month.month() - 1;
}

}  // namespace

std::vector<WorkstationVerdict::Code> WorkstationRecord::Findings() const {
  std::vector<WorkstationVerdict::Code> findings = verdict.findings;
  if (state.state != WorkstationState::kSilent) return findings;
  const Severity severity = InfoOf(FindingCode::kWorkstationSilent).severity;
  auto place = findings.begin();
  while (place != findings.end() && place->severity <= severity) ++place;
  findings.insert(place, {FindingCode::kWorkstationSilent, severity});
  return findings;
}

Tally::Site& Tally::SiteFor(const std::string& name, int sign) {
  Site& site = sites_[name];
  site.counts.finding_workstations.resize(FindingTable().size());
  Step(site.users, sign);
  return site;
}

void Tally::DropWhenUnused(const std::string& name) {
  const auto site = sites_.find(name);
  if (site != sites_.end() && site->second.users == 0) sites_.erase(site);
}

void Tally::Count(const WorkstationRecord& workstation, int sign) {
  Site& site = SiteFor(workstation.site, sign);
  SiteCounts& counts = site.counts;
  Step(counts.workstations[static_cast<size_t>(workstation.state.state)], sign);
  if (workstation.state.state != WorkstationState::kRetired) {
    Step(counts.readers[0], sign, workstation.readers_ok);
    Step(counts.readers[1], sign, workstation.readers_error);
    Step(counts.clock_skew[ClockBand(workstation.clock_offset)], sign);
    Step(agents_, workstation.agent_label, sign);
    bool critical = false;
    for (const WorkstationVerdict::Code& finding : workstation.Findings()) {
      Step(counts.finding_workstations[static_cast<size_t>(finding.code)], sign);
      critical = critical || finding.severity == Severity::kCritical;
    }
    if (critical) Step(counts.workstations_critical, sign);
    if (!workstation.verdict.missing_cas.empty()) Step(counts.workstations_missing_ca, sign);
    for (const std::string& ca : workstation.verdict.missing_cas) Step(site.missing_ca, ca, sign);
  }
  DropWhenUnused(workstation.site);
}

void Tally::Count(const CardRecord& card, int sign) {
  Site& site = SiteFor(card.site, sign);
  SiteCounts& counts = site.counts;
  Step(counts.cards[CardLoaIndex(card.verdict.loa)][card.verdict.idle ? 1 : 0], sign);
  if (!card.verdict.idle) {
    for (const CertificateTally& certificate : card.verdict.certificates) {
      Step(counts.certificates[certificate.purpose][certificate.loa][certificate.time_left], sign);
    }
    for (const CardRenewal& renewal : card.verdict.renewals) {
      if (renewal.stage != Stage::kNotDue) {
        Step(counts.renewals[CertificateLoaIndex(renewal.loa)][StageIndex(renewal.stage)], sign);
      }
      Step(site.ends, renewal.not_after, sign);
      Step(due_months_, MonthOf(renewal.due_at), sign);
    }
  }
  DropWhenUnused(card.site);
}

FleetCounts Tally::Counts(const std::vector<std::string>& required_cas, absl::Time now) const {
  FleetCounts result;
  result.required_cas = required_cas;
  for (const auto& [name, site] : sites_) {
    SiteCounts& counts = result.sites[name];
    counts = site.counts;
    for (const std::string& ca : required_cas) {
      const auto missing = site.missing_ca.find(ca);
      counts.missing_ca.push_back(missing == site.missing_ca.end() ? 0 : missing->second);
    }
    if (!site.ends.empty()) counts.soonest_not_after = site.ends.begin()->first;
  }
  for (const auto& [label, count] : agents_) {
    const size_t cut = label.find('\n');
    const std::string os = cut == std::string::npos ? "" : label.substr(cut + 1);
    result.agents[{label.substr(0, cut), os}] += count;
  }
  const int64_t month = MonthOf(now);
  for (size_t i = 0; i < result.forecast.size(); ++i) {
    const auto due = due_months_.find(month + static_cast<int64_t>(i));
    if (due != due_months_.end()) result.forecast[i] = due->second;
  }
  return result;
}

}  // namespace kortvakt
