// The fleet without its lock: records, indices and what keeps them in step.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/fleet/fleet.h"
#include "collector/fleet/records.h"
#include "collector/fleet/sites.h"
#include "collector/fleet/tally.h"

namespace kortvakt {

// A record that is to be judged again, and what must be read back for it.
struct DueRecord {
  enum class Kind { kWorkstation, kCard };
  Kind kind = Kind::kWorkstation;
  std::string key;
  // The card's; empty: the snapshot of `workstation_id`, of a card's `reader` when it is a card.
  std::string card_id;
  std::string workstation_id;
  std::string reader;
  // Whether a snapshot is needed: a workstation's state can be told without.
  bool needs_snapshot = true;
  uint64_t revision = 0;  // of the record
};

// Not thread-safe; see Fleet for what the functions of the same name do. Reads
// nothing back itself: what is needed is asked for and given.
class FleetState final : public ReplacementLookup {
 public:
  FleetState(Judgement judgement, SiteRules sites);

  void RestoreCard(const RestoredCard& stored, absl::Time now);
  void RestoreWorkstation(const RestoredWorkstation& stored, absl::Time now);
  void FinishRestore();
  void ApplyReport(const std::string& workstation_id, const Snapshot& snapshot, const std::string& digest,
                   absl::Time received_at, absl::Duration clock_offset);
  UnchangedOutcome ApplyUnchanged(const std::string& workstation_id, const std::string& digest,
                                  absl::Time received_at, absl::Duration clock_offset);
  std::vector<HistoryEntry> TakeHistory();
  // The first `limit` of what is due at `now`.
  std::vector<DueRecord> DueRecords(absl::Time now, size_t limit) const;
  // Judges it again with what was read back; nothing is done when a report came
  // meanwhile. kNotFound: it is not stored any more, and goes from the fleet too.
  // Another error: the verdict stays, and is due again in a minute.
  absl::Status AdvanceRecord(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot, absl::Time now);
  absl::Time NextChange() const;
  void SetJudgement(Judgement judgement);
  Forgotten Forget(absl::Time unseen_since);
  Forgotten TakeEvicted();
  // `snapshot` is the workstation's newest.
  absl::StatusOr<WorkstationDetail> Detail(const std::string& workstation_id, Snapshot snapshot,
                                           absl::Time now, Language language) const;
  FleetCounts Counts(absl::Time now) const;
  FleetCounts Recount(absl::Time now) const;

  // ReplacementLookup.
  bool HasLater(const CardFacts& card, const CertificateFacts& certificate) const override;

  const std::shared_ptr<const Judgement>& judgement() const { return judgement_; }
  uint64_t revision() const { return revision_; }
  const std::map<std::string, WorkstationRecord>& workstations() const { return workstations_; }
  const std::map<std::string, CardRecord>& cards() const { return cards_; }

 private:
  using Kind = DueRecord::Kind;
  using Due = std::pair<absl::Time, std::pair<Kind, std::string>>;

  void SetDue(Kind kind, const std::string& key, absl::Time& current, absl::Time due);
  // Fills what the snapshot says of the workstation itself; its cards apart.
  // The workstation is not in the tally meanwhile.
  void Describe(WorkstationRecord& workstation, const Snapshot& snapshot);
  // Counts the workstation and the cards it saw last at `site`, or at "other".
  void SetSite(WorkstationRecord& workstation, const std::string& site);
  // Gives those that count at "other" the names that became free.
  void UseFreeSites();
  // Puts the cards in its readers where they are; takes keys no longer present
  // off when they have no identity.
  void PlaceCards(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now);
  void PlaceCard(WorkstationRecord& workstation, const Snapshot& snapshot, size_t reader,
                 const std::string& key, absl::Time now);
  void MoveCard(CardRecord& card, WorkstationRecord& workstation);
  // Takes in what is on the card, and asks for new verdicts of its holder's others.
  void FillCard(CardRecord& card, const Snapshot& card_snapshot, absl::Time now);
  void RemoveCard(const std::string& key);
  // With the cards that it saw last.
  void RemoveWorkstation(const std::string& id, Forgotten& forgotten);
  // Makes room when a workstation has seen more cards last than can be.
  void EvictCards(WorkstationRecord& workstation);
  void JudgeWorkstation(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now);
  void SetState(WorkstationRecord& workstation, absl::Time now);
  // Whether one of its holder's cards has a login certificate that ends later.
  bool HolderHasLater(const CardRecord& card, const CardRenewal& renewal) const;
  void AskHoldersOthers(const CardRecord& card);
  absl::Status AdvanceWorkstation(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot,
                                  absl::Time now);
  absl::Status AdvanceCard(const DueRecord& due, const absl::StatusOr<Snapshot>& snapshot, absl::Time now);
  void Note(absl::Time at, const WorkstationRecord& workstation, const char* kind, std::string subject);

  std::shared_ptr<const Judgement> judgement_;
  std::vector<std::string> required_cas_;
  const SiteRules site_rules_;
  LabelCap site_cap_;
  LabelCap agent_cap_;

  std::map<std::string, WorkstationRecord> workstations_;  // by id
  std::map<std::string, CardRecord> cards_;                // by key
  std::map<std::string, std::set<std::string>> holders_;   // HSA-id: keys of at most kMaxHolderCards cards
  std::set<Due> due_;
  Tally tally_;
  uint64_t revision_ = 1;
  bool restoring_ = false;
  std::deque<HistoryEntry> history_;
  Forgotten evicted_;
};

// WORKSTATION_SILENT: no report for longer than policy silent_after.
Finding SilentFinding(const WorkstationRecord& workstation, absl::Time now, Language language);

}  // namespace kortvakt
