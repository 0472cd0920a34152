// The store as the fleet reads it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/fleet/fleet.h"
#include "collector/store/fleet_store.h"

namespace kortvakt {

// The store must outlive it. Thread-safe.
class StoreSource final : public SnapshotSource {
 public:
  explicit StoreSource(FleetStore& store) : store_(store) {}
  absl::StatusOr<Snapshot> WorkstationSnapshot(const std::string& workstation_id) override;
  absl::StatusOr<Snapshot> CardSnapshot(const std::string& card_id) override;

 private:
  FleetStore& store_;
};

// The record of a report, ready for the store. `digest` is the snapshot's.
ReportRecord MakeReportRecord(const std::string& report_id, const std::string& workstation_id,
                              const Snapshot& snapshot, const std::string& digest, absl::Time received_at,
                              absl::Duration clock_offset);

// Fills `fleet`, which is empty, with what is stored. What cannot be understood is
// logged and counted in `unreadable`: a workstation is as new when it reports next,
// a card comes back with the workstation in whose snapshot it is.
struct RestoreCounts {
  size_t workstations = 0;
  size_t cards = 0;
  size_t unreadable = 0;
};
absl::StatusOr<RestoreCounts> RestoreFleet(FleetStore& store, Fleet& fleet, absl::Time now);

}  // namespace kortvakt
