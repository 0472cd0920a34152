// The alerts of the fleet, in memory and in the store.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/fleet/counts.h"
#include "collector/store/fleet_store.h"
#include "common/base/mutex.h"
#include "common/judge/policy.h"

namespace kortvakt {

// Thread-safe; one thread at a time calls Restore and Update.
class AlertBook {
 public:
  // `store` must outlive it.
  explicit AlertBook(FleetStore& store) : store_(store) {}
  AlertBook(const AlertBook&) = delete;
  AlertBook& operator=(const AlertBook&) = delete;

  // Takes the open alerts from the store. Call once, before Update.
  absl::Status Restore();

  // Opens, changes and resolves alerts by what the fleet's numbers say. Changes
  // count once they are on disk: on an error everything stays as it was, and the
  // next call tries again. Writes only what changed; waits for the disk then.
  absl::Status Update(const FleetCounts& counts, const Policy& policy, absl::Time now);

  // Open alerts, most severe first, then by site.
  std::vector<StoredAlert> open() const;

 private:
  FleetStore& store_;
  mutable Mutex mutex_;
  std::vector<StoredAlert> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kortvakt
