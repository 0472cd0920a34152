// The fleet's counters, kept by adding and taking away what one workstation or
// card contributes, so that reading them costs the number of sites.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "collector/fleet/counts.h"
#include "collector/fleet/records.h"

namespace kortvakt {

// Not thread-safe. What was added must be taken away with the same record.
class Tally {
 public:
  void Add(const WorkstationRecord& workstation) { Count(workstation, +1); }
  void Remove(const WorkstationRecord& workstation) { Count(workstation, -1); }
  void Add(const CardRecord& card) { Count(card, +1); }
  void Remove(const CardRecord& card) { Count(card, -1); }

  // The numbers, with those of `required_cas` (others are left out).
  FleetCounts Counts(const std::vector<std::string>& required_cas, absl::Time now) const;

 private:
  struct Site {
    SiteCounts counts;
    std::map<std::string, uint32_t> missing_ca;
    std::map<absl::Time, uint32_t> ends;  // of unreplaced login certificates
    uint32_t users = 0;                   // workstations and cards
  };
  void Count(const WorkstationRecord& workstation, int sign);
  void Count(const CardRecord& card, int sign);
  Site& SiteFor(const std::string& name, int sign);
  void DropWhenUnused(const std::string& name);

  std::map<std::string, Site> sites_;
  std::map<std::string, uint32_t> agents_;  // by agent_label
  std::map<int64_t, uint32_t> due_months_;  // months since year 0
};

}  // namespace kortvakt
