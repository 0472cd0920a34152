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
  for (const std::string& key : holder->second) {
    const CardRecord& other = cards_.at(key);
    // A card without an id cannot be told from this one; its own certificates
    // end no later than themselves, so comparing it with itself is harmless.
    if (!other.card_id.empty() && other.card_id == card.id) continue;
    for (const HeldCertificate& held : other.verdict.held) {
      if (held.purpose == own.purpose && held.national_number == own.national_number &&
          held.environment == own.environment && held.organisation == own.organisation &&
          held.not_after > own.not_after) {
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<Snapshot> FleetState::ReadCard(const CardRecord& card) const {
  if (!card.card_id.empty()) {
    ASSIGN_OR_RETURN(Snapshot stored, source_.CardSnapshot(card.card_id));
    if (stored.readers.empty() || !stored.readers.front().card) {
      return absl::DataLossError("a stored card has no facts");
    }
    return stored;
  }
  ASSIGN_OR_RETURN(const Snapshot snapshot, source_.WorkstationSnapshot(card.workstation_id));
  for (size_t i = 0; i < snapshot.readers.size(); ++i) {
    if (snapshot.readers[i].name == card.reader && snapshot.readers[i].card)
      return CardSnapshotOf(snapshot, i);
  }
  return absl::NotFoundError("the card is not in the reader any more");
}

absl::Status FleetState::AdvanceWorkstation(WorkstationRecord& workstation, absl::Time now) {
  absl::Status status = absl::OkStatus();
  tally_.Remove(workstation);
  SetState(workstation, now);
  if (workstation.verdict.next_change <= now) {
    const absl::StatusOr<Snapshot> snapshot = source_.WorkstationSnapshot(workstation.id);
    if (snapshot.ok()) {
      JudgeWorkstation(workstation, *snapshot, now);
    } else {
      status = Annotate(snapshot.status(), absl::StrCat("judging workstation ", workstation.id));
      workstation.verdict.next_change = now + kRetry;
    }
  }
  SetDue(Kind::kWorkstation, workstation.id, workstation.due,
         std::min(workstation.verdict.next_change, workstation.state.next_change));
  tally_.Add(workstation);
  return status;
}

absl::Status FleetState::AdvanceCard(CardRecord& card, absl::Time now) {
  const absl::StatusOr<Snapshot> snapshot = ReadCard(card);
  if (!snapshot.ok()) {
    card.verdict.next_change = now + kRetry;
    SetDue(Kind::kCard, card.key, card.due, card.verdict.next_change);
    return Annotate(snapshot.status(), absl::StrCat("judging card ", card.card_id.substr(0, 8)));
  }
  tally_.Remove(card);
  FillCard(card, *snapshot, now);
  tally_.Add(card);
  return absl::OkStatus();
}

AdvanceResult FleetState::Advance(absl::Time now, size_t limit) {
  AdvanceResult result;
  while (result.judged < limit && !due_.empty() && due_.begin()->first <= now) {
    const auto [kind, key] = due_.begin()->second;
    const absl::Status status = kind == Kind::kWorkstation ? AdvanceWorkstation(workstations_.at(key), now)
                                                           : AdvanceCard(cards_.at(key), now);
    if (result.status.ok()) result.status = status;
    ++result.judged;
  }
  if (result.judged > 0) ++revision_;
  return result;
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
