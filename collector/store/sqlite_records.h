// What a report, a mark, an alert become in SQLite: statements without threads,
// transactions or queues, which are SqliteFleetStore's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/store/fleet_store.h"
#include "collector/store/sqlite.h"

namespace kortvakt {

// Report ids kept of each workstation, as many as a call may carry: what an agent
// sends again is what it sent last.
inline constexpr size_t kRecentReports = 64;

// All inside a transaction of the caller.
absl::StatusOr<PutOutcome> WriteReport(Database& database, const ReportRecord& record);
absl::Status WriteSeen(Database& database, const std::string& workstation_id, absl::Time at,
                       absl::Duration clock_offset);
// That `card_id` was in a reader of the workstation on that day; `moves`: nobody
// has seen it since, so it belongs there now.
absl::Status WriteSighting(Database& database, const std::string& card_id, const std::string& workstation_id,
                           absl::Time at, bool moves);
absl::Status WriteHistory(Database& database, const HistoryEntry& entry);
absl::Status WriteAlert(Database& database, const StoredAlert& alert);
absl::Status DeleteBefore(Database& database, absl::Time presence_before, absl::Time history_before);
// As FleetStore::Forget.
absl::Status DeleteRecords(Database& database, const std::vector<std::string>& workstation_ids,
                           const std::vector<std::string>& card_ids, absl::Time seen_before);
// Something that must reach the disk: whether writing works.
absl::Status WriteProbe(Database& database);

// With an empty `id` all, else that one.
absl::Status ReadStoredWorkstations(Database& database, const std::string& id,
                                    const std::function<bool(StoredWorkstation)>& each);
absl::Status ReadStoredCards(Database& database, const std::string& id,
                             const std::function<bool(StoredCard)>& each);
absl::StatusOr<std::vector<HistoryEntry>> ReadStoredHistory(Database& database, size_t limit);
absl::StatusOr<std::vector<StoredAlert>> ReadStoredAlerts(Database& database, bool open, size_t limit);

}  // namespace kortvakt
