#include "collector/alerts/conditions.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/judge/finding.h"
#include "common/judge/renewal.h"

namespace kortvakt {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;

Key KeyOf(const StoredAlert& alert) { return {alert.name, alert.site, alert.label}; }

// "1 card", "3 cards", then `one` or `many`.
std::string Sentence(uint32_t count, const char* thing, const std::string& site, const std::string& one,
                     const std::string& many) {
  return absl::StrCat(count, " ", thing, count == 1 ? "" : "s", " at ", site, " ", count == 1 ? one : many);
}

uint32_t RenewalsAt(const SiteCounts& counts, Stage stage) {
  uint32_t sum = 0;
  for (const auto& by_stage : counts.renewals) sum += by_stage[StageIndex(stage)];
  return sum;
}

class Conditions {
 public:
  explicit Conditions(const std::string& site) : site_(site) {}

  void Add(const char* name, const std::string& label, Severity severity, uint32_t count,
           std::string summary) {
    if (count == 0) return;
    found_.push_back({.name = name,
                      .site = site_,
                      .label = label,
                      .severity = SeverityWord(severity),
                      .count = count,
                      .summary = std::move(summary),
                      .opened_at = absl::Time(),
                      .changed_at = absl::Time(),
                      .resolved_at = std::nullopt});
  }

  void AddRenewals(const SiteCounts& counts) {
    const uint32_t expired = RenewalsAt(counts, Stage::kExpired);
    Add("EXPIRED_IN_USE", "", Severity::kCritical, expired,
        Sentence(expired, "card", site_, "is in use though its login certificate has ended",
                 "are in use though their login certificates have ended"));
    const auto due = [&](Stage stage, Severity severity, const char* rest) {
      const uint32_t count = RenewalsAt(counts, stage);
      Add("RENEWAL_DUE", StageWord(stage), severity, count,
          Sentence(count, "card", site_, absl::StrCat("is due for renewal", rest),
                   absl::StrCat("are due for renewal", rest)));
    };
    // The first stage may begin earlier than 8 weeks ahead, by policy. A month
    // ahead an ordinary new card still comes in time; later it may not.
    due(Stage::k8w, Severity::kInfo, "");
    due(Stage::k4w, Severity::kWarning, ", with 4 weeks or less left");
    due(Stage::k2w, Severity::kWarning, ", with 2 weeks or less left");
    due(Stage::k1w, Severity::kWarning, ", with a week or less left");
  }

  void AddLoa(const SiteCounts& counts, const Policy& policy) {
    if (policy.required_loa != Loa::k3) return;  // nothing is lower than 2
    const uint32_t count = counts.cards[CardLoaIndex(Loa::k2)][0];
    Add("LOA_TOO_LOW", "", Severity::kWarning, count,
        Sentence(count, "card", site_, "has level of assurance 2, but logins need 3",
                 "have level of assurance 2, but logins need 3"));
  }

  void AddCas(const SiteCounts& counts, const std::vector<std::string>& required) {
    for (size_t i = 0; i < required.size() && i < counts.missing_ca.size(); ++i) {
      Add("REQUIRED_CA_MISSING", required[i], Severity::kWarning, counts.missing_ca[i],
          Sentence(counts.missing_ca[i], "workstation", site_, absl::StrCat("lacks the CA ", required[i]),
                   absl::StrCat("lack the CA ", required[i])));
    }
  }

  void AddSilent(const SiteCounts& counts) {
    const uint32_t count = counts.workstations[static_cast<size_t>(WorkstationState::kSilent)];
    Add("WORKSTATION_SILENT", "", Severity::kWarning, count,
        Sentence(count, "workstation", site_, "has not reported for long", "have not reported for long"));
  }

  std::vector<StoredAlert> Take() { return std::move(found_); }

 private:
  const std::string& site_;
  std::vector<StoredAlert> found_;
};

int SeverityRank(const std::string& word) { return word == "critical" ? 0 : word == "warning" ? 1 : 2; }

}  // namespace

std::vector<StoredAlert> ConditionsOf(const FleetCounts& counts, const Policy& policy) {
  std::vector<StoredAlert> all;
  for (const auto& [site, numbers] : counts.sites) {
    Conditions conditions(site);
    conditions.AddRenewals(numbers);
    conditions.AddCas(numbers, counts.required_cas);
    conditions.AddLoa(numbers, policy);
    conditions.AddSilent(numbers);
    std::vector<StoredAlert> found = conditions.Take();
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

AlertChanges Evaluate(const std::vector<StoredAlert>& conditions, const std::vector<StoredAlert>& open,
                      absl::Time now) {
  std::map<Key, const StoredAlert*> before;
  for (const StoredAlert& alert : open) before[KeyOf(alert)] = &alert;
  AlertChanges changes;
  for (const StoredAlert& condition : conditions) {
    StoredAlert alert = condition;
    alert.opened_at = now;
    alert.changed_at = now;
    const auto known = before.find(KeyOf(condition));
    bool same = false;
    if (known != before.end()) {
      const StoredAlert& old = *known->second;
      same = old.count == alert.count && old.severity == alert.severity && old.summary == alert.summary;
      alert.opened_at = old.opened_at;
      if (same) alert.changed_at = old.changed_at;
      before.erase(known);
    }
    if (!same) changes.changed.push_back(alert);
    changes.open.push_back(std::move(alert));
  }
  for (const auto& [key, alert] : before) {
    StoredAlert resolved = *alert;
    resolved.resolved_at = now;
    changes.changed.push_back(std::move(resolved));
  }
  std::stable_sort(changes.open.begin(), changes.open.end(), [](const StoredAlert& a, const StoredAlert& b) {
    return std::make_tuple(SeverityRank(a.severity), a.site) <
           std::make_tuple(SeverityRank(b.severity), b.site);
  });
  return changes;
}

}  // namespace kortvakt
