// Which conditions of the fleet hold, by its numbers: pure functions.
//
//   name                 about        opens when
//   EXPIRED_IN_USE       site         cards in use have an unreplaced login certificate that has ended
//   RENEWAL_DUE          site, stage  cards in use are due at that stage (8w, 4w, 2w, 1w)
//   REQUIRED_CA_MISSING  site, CA     workstations lack the required CA
//   LOA_TOO_LOW          site         cards in use have a lower level of assurance than logins need
//   WORKSTATION_SILENT   site         workstations have not reported for the policy's silent_after
//
// Each resolves when its count is 0, also because the site is gone.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "collector/fleet/counts.h"
#include "collector/store/fleet_store.h"
#include "common/judge/policy.h"

namespace kortvakt {

// The alerts that should be open; their times are not set.
std::vector<StoredAlert> ConditionsOf(const FleetCounts& counts, const Policy& policy);

// What becomes of alerts.
struct AlertChanges {
  std::vector<StoredAlert> open;     // all that are open now, most severe first, then by site
  std::vector<StoredAlert> changed;  // to be written: opened, changed and resolved ones
};

// From the alerts that were `open` to what should be, at `now`. An alert that
// goes on keeps opened_at; changed_at moves when its count, severity or summary
// changes.
AlertChanges Evaluate(const std::vector<StoredAlert>& conditions, const std::vector<StoredAlert>& open,
                      absl::Time now);

}  // namespace kortvakt
