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

// Not thread-safe; see Fleet for what the functions of the same name do.
class FleetState final : public ReplacementLookup {
 public:
  FleetState(Judgement judgement, SiteRules sites, SnapshotSource& source);

  void RestoreCard(const RestoredCard& stored, absl::Time now);
  void RestoreWorkstation(const RestoredWorkstation& stored, absl::Time now);
  void FinishRestore();
  void ApplyReport(const std::string& workstation_id, const Snapshot& snapshot, const std::string& digest,
                   absl::Time received_at, absl::Duration clock_offset);
  UnchangedOutcome ApplyUnchanged(const std::string& workstation_id, const std::string& digest,
                                  absl::Time received_at, absl::Duration clock_offset);
  std::vector<HistoryEntry> TakeHistory();
  AdvanceResult Advance(absl::Time now, size_t limit);
  absl::Time NextChange() const;
  void SetJudgement(Judgement judgement);
  absl::StatusOr<WorkstationDetail> Detail(const std::string& workstation_id, absl::Time now,
                                           Language language) const;
  FleetCounts Counts(absl::Time now) const;
  FleetCounts Recount(absl::Time now) const;

  // ReplacementLookup.
  bool HasLater(const CardFacts& card, const CertificateFacts& certificate) const override;

  const std::shared_ptr<const Judgement>& judgement() const { return judgement_; }
  uint64_t revision() const { return revision_; }
  const std::map<std::string, WorkstationRecord>& workstations() const { return workstations_; }
  const std::map<std::string, CardRecord>& cards() const { return cards_; }
  // The card's newest sighting, read back.
  absl::StatusOr<Snapshot> ReadCard(const CardRecord& card) const;

 private:
  // Kinds of objects in the index of changes.
  enum class Kind { kWorkstation, kCard };
  using Due = std::pair<absl::Time, std::pair<Kind, std::string>>;

  void SetDue(Kind kind, const std::string& key, absl::Time& current, absl::Time due);
  // Fills what the snapshot says of the workstation itself; its cards apart.
  void Describe(WorkstationRecord& workstation, const Snapshot& snapshot);
  // Puts the cards in its readers where they are; takes keys no longer present
  // off when they have no identity.
  void PlaceCards(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now);
  void PlaceCard(WorkstationRecord& workstation, const Snapshot& snapshot, size_t reader,
                 const std::string& key, absl::Time now);
  void MoveCard(CardRecord& card, WorkstationRecord& workstation);
  // Takes in what is on the card, and asks for new verdicts of its holder's others.
  void FillCard(CardRecord& card, const Snapshot& card_snapshot, absl::Time now);
  void RemoveCard(const std::string& key);
  void JudgeWorkstation(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now);
  void SetState(WorkstationRecord& workstation, absl::Time now);
  // Whether one of its holder's cards has a login certificate that ends later.
  bool HolderHasLater(const CardRecord& card, const CardRenewal& renewal) const;
  void AskHoldersOthers(const CardRecord& card);
  absl::Status AdvanceWorkstation(WorkstationRecord& workstation, absl::Time now);
  absl::Status AdvanceCard(CardRecord& card, absl::Time now);
  void Note(absl::Time at, const WorkstationRecord& workstation, const char* kind, std::string subject);

  std::shared_ptr<const Judgement> judgement_;
  std::vector<std::string> required_cas_;
  const SiteRules site_rules_;
  SnapshotSource& source_;
  LabelCap site_cap_;
  LabelCap agent_cap_;

  std::map<std::string, WorkstationRecord> workstations_;  // by id
  std::map<std::string, CardRecord> cards_;                // by key
  std::map<std::string, std::set<std::string>> holders_;   // HSA-id: keys of cards
  std::set<Due> due_;
  Tally tally_;
  uint64_t revision_ = 1;
  bool restoring_ = false;
  std::deque<HistoryEntry> history_;
};

// WORKSTATION_SILENT: no report for longer than policy silent_after.
Finding SilentFinding(const WorkstationRecord& workstation, absl::Time now, Language language);

}  // namespace kortvakt
