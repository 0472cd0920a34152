// The lock around FleetState.
#include "collector/fleet/fleet.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "collector/fleet/fleet_state.h"
#include "collector/fleet/rows.h"
#include "common/base/mutex.h"

namespace kortvakt {

struct Fleet::Impl {
  Impl(Judgement judgement, SiteRules sites, SnapshotSource& source)
      : state(std::move(judgement), std::move(sites), source) {}
  mutable Mutex mutex;
  FleetState state ABSL_GUARDED_BY(mutex);
};

Fleet::Fleet(Judgement judgement, SiteRules sites, SnapshotSource& source)
    : impl_(std::make_unique<Impl>(std::move(judgement), std::move(sites), source)) {}
Fleet::~Fleet() = default;

void Fleet::RestoreCard(const RestoredCard& stored, absl::Time now) {
  MutexLock lock(impl_->mutex);
  impl_->state.RestoreCard(stored, now);
}

void Fleet::RestoreWorkstation(const RestoredWorkstation& stored, absl::Time now) {
  MutexLock lock(impl_->mutex);
  impl_->state.RestoreWorkstation(stored, now);
}

void Fleet::FinishRestore() {
  MutexLock lock(impl_->mutex);
  impl_->state.FinishRestore();
}

void Fleet::ApplyReport(const std::string& workstation_id, const Snapshot& snapshot,
                        const std::string& digest, absl::Time received_at, absl::Duration clock_offset) {
  MutexLock lock(impl_->mutex);
  impl_->state.ApplyReport(workstation_id, snapshot, digest, received_at, clock_offset);
}

UnchangedOutcome Fleet::ApplyUnchanged(const std::string& workstation_id, const std::string& digest,
                                       absl::Time received_at, absl::Duration clock_offset) {
  MutexLock lock(impl_->mutex);
  return impl_->state.ApplyUnchanged(workstation_id, digest, received_at, clock_offset);
}

std::vector<HistoryEntry> Fleet::TakeHistory() {
  MutexLock lock(impl_->mutex);
  return impl_->state.TakeHistory();
}

AdvanceResult Fleet::Advance(absl::Time now, size_t limit) {
  MutexLock lock(impl_->mutex);
  return impl_->state.Advance(now, limit);
}

absl::Time Fleet::NextChange() const {
  MutexLock lock(impl_->mutex);
  return impl_->state.NextChange();
}

void Fleet::SetJudgement(Judgement judgement) {
  MutexLock lock(impl_->mutex);
  impl_->state.SetJudgement(std::move(judgement));
}

std::shared_ptr<const Judgement> Fleet::judgement() const {
  MutexLock lock(impl_->mutex);
  return impl_->state.judgement();
}

RowPage<CardRow> Fleet::ListCards(const CardFilter& filter, const PageRange& range) const {
  MutexLock lock(impl_->mutex);
  return CardRows(impl_->state, filter, range);
}

RowPage<RenewalRow> Fleet::ListRenewals(const RenewalFilter& filter, const PageRange& range,
                                        absl::Time now) const {
  MutexLock lock(impl_->mutex);
  return RenewalRows(impl_->state, filter, range, now);
}

RowPage<WorkstationRow> Fleet::ListWorkstations(const WorkstationFilter& filter,
                                                const PageRange& range) const {
  MutexLock lock(impl_->mutex);
  return WorkstationRows(impl_->state, filter, range);
}

std::vector<WorkstationRow> Fleet::FindWorkstations(std::string_view name) const {
  const std::string wanted = absl::AsciiStrToLower(absl::string_view(name.data(), name.size()));
  std::vector<WorkstationRow> rows;
  MutexLock lock(impl_->mutex);
  for (const auto& [id, workstation] : impl_->state.workstations()) {
    if (id == wanted || absl::AsciiStrToLower(workstation.host_name) == wanted)
      rows.push_back(RowOf(workstation));
  }
  return rows;
}

absl::StatusOr<WorkstationDetail> Fleet::Detail(const std::string& workstation_id, absl::Time now,
                                                Language language) const {
  MutexLock lock(impl_->mutex);
  return impl_->state.Detail(workstation_id, now, language);
}

FleetCounts Fleet::Counts(absl::Time now) const {
  MutexLock lock(impl_->mutex);
  return impl_->state.Counts(now);
}

uint64_t Fleet::revision() const {
  MutexLock lock(impl_->mutex);
  return impl_->state.revision();
}

size_t Fleet::workstation_count() const {
  MutexLock lock(impl_->mutex);
  return impl_->state.workstations().size();
}

FleetCounts Fleet::Recount(absl::Time now) const {
  MutexLock lock(impl_->mutex);
  return impl_->state.Recount(now);
}

}  // namespace kortvakt
