#include "collector/alerts/alert_book.h"

#include <utility>

#include "collector/alerts/conditions.h"
#include "common/base/status.h"

namespace kortvakt {

absl::Status AlertBook::Restore() {
  auto stored = store_.ReadOpenAlerts();
  if (!stored.ok()) return Annotate(stored.status(), "reading open alerts");
  // Evaluated against themselves nothing changes; it puts them in order.
  std::vector<StoredAlert> ordered = Evaluate(*stored, *stored, absl::UnixEpoch()).open;
  const MutexLock lock(mutex_);
  open_ = std::move(ordered);
  return absl::OkStatus();
}

absl::Status AlertBook::Update(const FleetCounts& counts, const Policy& policy, absl::Time now) {
  AlertChanges changes = Evaluate(ConditionsOf(counts, policy), open(), now);
  if (changes.changed.empty()) return absl::OkStatus();
  // Without the lock: who asks for alerts does not wait for the disk.
  RETURN_IF_ERROR(store_.WriteAlerts(changes.changed));
  const MutexLock lock(mutex_);
  open_ = std::move(changes.open);
  return absl::OkStatus();
}

std::vector<StoredAlert> AlertBook::open() const {
  const MutexLock lock(mutex_);
  return open_;
}

}  // namespace kortvakt
