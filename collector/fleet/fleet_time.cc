// How the fleet changes without a report: by time, policy and other cards.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "collector/fleet/fleet_state.h"
#include "common/base/status.h"
#include "common/judge/judge.h"

namespace kortvakt {
namespace {

// When a snapshot cannot be read back, this long until the next try.
constexpr absl::Duration kRetry = absl::Minutes(1);

}  // namespace

bool FleetState::HasLater(const CardFacts& card, const CertificateFacts& certificate) const {
  if (card.holder_hsa_id.empty()) return false;
  const auto holder = holders_.find(card.holder_hsa_id);
  if (holder == holders_.end()) return false;
  const HeldCertificate own = HeldOf(certificate, *judgement_->catalogue);
  return std::any_of(holder->second.begin(), holder->second.end(), [&](const std::string& key) {
    const CardRecord& other = cards_.at(key);
    // A card without an id cannot be told from this one; its own certificates
    // end no later than themselves, so comparing it with itself is harmless.
    if (!other.card_id.empty() && other.card_id == card.id) return false;
    const HeldCertificate* held = FindHeld(other.verdict, own);
    return held != nullptr && held->not_after > own.not_after;
  });
}

std::vector<DueRecord> FleetState::DueRecords(absl::Time now, size_t limit) const {
  std::vector<DueRecord> records;
  for (auto due = due_.begin(); due != due_.end() && due->first <= now && records.size() < limit; ++due) {
    const auto& [kind, key] = due->second;
    if (kind == Kind::kWorkstation) {
      const WorkstationRecord& workstation = workstations_.at(key);
      records.push_back(
          {kind, key, "", key, "", workstation.verdict.next_change <= now, workstation.reports});
    } else {
      const CardRecord& card = cards_.at(key);
      records.push_back({kind, key, card.card_id, card.workstation_id, card.reader, true, card.sightings});
    }
  }
  return records;
}

absl::Status FleetState::AdvanceWorkstation(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot,
                                            absl::Time now) {
  const auto place = workstations_.find(due.key);
  if (place == workstations_.end() || place->second.reports != due.revision) return absl::OkStatus();
  WorkstationRecord& workstation = place->second;
  if (due.needs_snapshot && absl::IsNotFound(snapshot.status())) {
    RemoveWorkstation(due.key, evicted_);
    return absl::OkStatus();
  }
  tally_.Remove(workstation);
  SetState(workstation, now);
  if (due.needs_snapshot && snapshot.ok()) JudgeWorkstation(workstation, *snapshot, now);
  if (due.needs_snapshot && !snapshot.ok()) workstation.verdict.next_change = now + kRetry;
  SetDue(Kind::kWorkstation, due.key, workstation.due,
         std::min(workstation.verdict.next_change, workstation.state.next_change));
  tally_.Add(workstation);
  return due.needs_snapshot ? Annotate(snapshot.status(), absl::StrCat("judging workstation ", due.key))
                            : absl::OkStatus();
}

absl::Status FleetState::AdvanceCard(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot,
                                     absl::Time now) {
  const auto place = cards_.find(due.key);
  if (place == cards_.end() || place->second.sightings != due.revision) return absl::OkStatus();
  CardRecord& card = place->second;
  if (absl::IsNotFound(snapshot.status())) {
    RemoveCard(due.key);
    return absl::OkStatus();
  }
  if (!snapshot.ok()) {
    card.verdict.next_change = now + kRetry;
    SetDue(Kind::kCard, due.key, card.due, card.verdict.next_change);
    return Annotate(snapshot.status(), absl::StrCat("judging card ", card.card_id.substr(0, 8)));
  }
  tally_.Remove(card);
  FillCard(card, *snapshot, now);
  tally_.Add(card);
  return absl::OkStatus();
}

absl::Status FleetState::AdvanceRecord(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot,
                                       absl::Time now) {
  ++revision_;
  return due.kind == Kind::kWorkstation ? AdvanceWorkstation(due, snapshot, now)
                                        : AdvanceCard(due, snapshot, now);
}

absl::Time FleetState::NextChange() const {
  return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first;
}

void FleetState::SetJudgement(Judgement judgement) {
  judgement_ = std::make_shared<const Judgement>(std::move(judgement));
  required_cas_ = RequiredCas(judgement_->policy, *judgement_->catalogue);
  for (auto& [id, workstation] : workstations_) {
    workstation.verdict.next_change = absl::InfinitePast();
    SetDue(Kind::kWorkstation, id, workstation.due, absl::InfinitePast());
  }
  for (auto& [key, card] : cards_) {
    card.verdict.next_change = absl::InfinitePast();
    SetDue(Kind::kCard, key, card.due, absl::InfinitePast());
  }
  ++revision_;
}

std::vector<HistoryEntry> FleetState::TakeHistory() {
  std::vector<HistoryEntry> taken(std::make_move_iterator(history_.begin()),
                                  std::make_move_iterator(history_.end()));
  history_.clear();
  return taken;
}

FleetCounts FleetState::Counts(absl::Time now) const {
  FleetCounts counts = tally_.Counts(required_cas_, now);
  counts.label_overflows = site_cap_.overflows() + agent_cap_.overflows();
  return counts;
}

FleetCounts FleetState::Recount(absl::Time now) const {
  Tally fresh;
  for (const auto& [id, workstation] : workstations_) fresh.Add(workstation);
  for (const auto& [key, card] : cards_) fresh.Add(card);
  FleetCounts counts = fresh.Counts(required_cas_, now);
  counts.label_overflows = site_cap_.overflows() + agent_cap_.overflows();
  return counts;
}

}  // namespace kortvakt
