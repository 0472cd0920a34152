// The lock around FleetState.
#include "collector/fleet/fleet.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "collector/fleet/fleet_state.h"
#include "collector/fleet/rows.h"
#include "common/base/mutex.h"
#include "common/base/status.h"

namespace kortvakt {

namespace {

absl::StatusOr<Snapshot> ReadBack(SnapshotSource& source, const DueRecord& due) {
  if (!due.needs_snapshot) return Snapshot{};
  if (!due.card_id.empty()) {
    ASSIGN_OR_RETURN(Snapshot card, source.CardSnapshot(due.card_id));
    if (card.readers.empty() || !card.readers.front().card)
      return absl::DataLossError("a stored card has no facts");
    return card;
  }
  ASSIGN_OR_RETURN(Snapshot snapshot, source.WorkstationSnapshot(due.workstation_id));
  if (due.kind == DueRecord::Kind::kWorkstation) return snapshot;
  for (size_t i = 0; i < snapshot.readers.size(); ++i) {
    if (snapshot.readers[i].name == due.reader && snapshot.readers[i].card)
      return CardSnapshotOf(snapshot, i);
  }
  return absl::NotFoundError("the card is not in the reader any more");
}

}  // namespace

struct Fleet::Impl {
  Impl(Judgement judgement, SiteRules sites, SnapshotSource& snapshots)
      : source(snapshots), state(std::move(judgement), std::move(sites)) {}
  SnapshotSource& source;  // read without the lock: the disk must not hold up reports and lists
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
  std::vector<DueRecord> due;
  {
    MutexLock lock(impl_->mutex);
    due = impl_->state.DueRecords(now, limit);
  }
  AdvanceResult result;
  result.judged = due.size();
  for (const DueRecord& record : due) {
    const absl::StatusOr<Snapshot> snapshot = ReadBack(impl_->source, record);
    MutexLock lock(impl_->mutex);
    absl::Status status = impl_->state.AdvanceRecord(record, snapshot, now);
    if (!status.ok()) result.failures.push_back(std::move(status));
  }
  return result;
}

Forgotten Fleet::Forget(absl::Time unseen_since) {
  MutexLock lock(impl_->mutex);
  return impl_->state.Forget(unseen_since);
}

Forgotten Fleet::TakeEvicted() {
  MutexLock lock(impl_->mutex);
  return impl_->state.TakeEvicted();
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
  absl::StatusOr<Snapshot> snapshot = impl_->source.WorkstationSnapshot(workstation_id);
  if (!snapshot.ok() && !absl::IsNotFound(snapshot.status()))
    return absl::UnavailableError(snapshot.status().message());
  if (!snapshot.ok()) return absl::NotFoundError(absl::StrCat("no workstation has the id ", workstation_id));
  MutexLock lock(impl_->mutex);
  return impl_->state.Detail(workstation_id, *std::move(snapshot), now, language);
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
