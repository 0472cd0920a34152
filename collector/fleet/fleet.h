// The fleet in memory: a projection of the store, judged, indexed by the time of
// the next change. Whole snapshots stay in the store and are read back when time,
// policy or another card of the same holder asks for a new verdict.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/fleet/counts.h"
#include "collector/fleet/sites.h"
#include "collector/store/fleet_store.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/finding.h"
#include "common/judge/judgement.h"
#include "common/judge/renewal.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Where the fleet reads back what it does not keep. Thread-safe; called without
// the fleet's lock. kNotFound: not stored.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Newest snapshot of the workstation.
  virtual absl::StatusOr<Snapshot> WorkstationSnapshot(const std::string& workstation_id) = 0;
  // Newest sighting of the card: a snapshot with this card in its only reader, and
  // the CA certificates that its certificates' verification rests on (see CardSnapshot).
  virtual absl::StatusOr<Snapshot> CardSnapshot(const std::string& card_id) = 0;
};

// What of `snapshot` describes the card in reader number `reader`, as above; equal
// as long as the card's facts are, wherever and whenever it is seen.
Snapshot CardSnapshotOf(const Snapshot& snapshot, size_t reader);

// Whether the sighting tells what is on the card; otherwise what is known from
// before stays.
bool TellsContents(const CardFacts& card);

// Rows of lists. `sort_key` is unique and orders the list; it stays the same
// while the row's sorting facts do, so that a page can begin after it.
struct CardRow {
  std::string sort_key;
  std::string card_id;  // empty: the card told no serial
  std::string holder_hsa_id;
  std::string card_number;
  std::string organisation;
  std::string site;
  std::string workstation;  // host name
  Loa loa = Loa::kNotApplicable;
  CardFamily family = CardFamily::kUnknown;
  CardState state = CardState::kUnreadable;
  std::optional<absl::Time> not_after;  // of its earliest unreplaced login certificate
  Stage stage = Stage::kNotDue;
  absl::Time last_seen;  // first second of the day (UTC)
  bool idle = false;
  uint32_t certificate_count = 0;
};

struct RenewalRow {
  CardRow card;  // not_after and stage are this renewal's
  std::string certificate_sha256;
  Loa loa = Loa::kUnknown;  // of the certificate
  std::string remedy;       // English
  std::string contact;
  absl::Time due_at;
};

struct WorkstationRow {
  std::string sort_key;
  std::string id;
  std::string host_name;
  std::string site;
  WorkstationState state = WorkstationState::kReporting;
  absl::Time last_report;
  uint32_t readers = 0;
  uint32_t cards = 0;
  std::vector<FindingCode> findings;  // most severe first, each once
  std::optional<Severity> worst_severity;
  std::string agent_version;
  std::string os_version;
};

// Which rows; an empty text means "all".
struct PageRange {
  std::string after;  // sort_key of the last row of the page before; empty: from the start
  size_t limit = 1000;
};
struct CardFilter {
  std::string site;
  std::optional<Loa> loa;
  bool include_idle = false;
  std::string card_id_prefix;
  std::string holder_hsa_id;
};
struct RenewalFilter {
  std::string site;
  // Also those that become due within so long; zero: only those due.
  absl::Duration within = absl::ZeroDuration();
  std::optional<Stage> stage;
  std::optional<Loa> loa;  // of the certificate
  bool include_idle = false;
};
struct WorkstationFilter {
  std::string site;
  std::optional<WorkstationState> state;  // absent: all but retired
  std::optional<FindingCode> finding;
};
template <typename Row>
struct RowPage {
  std::vector<Row> rows;
  size_t total = 0;   // on all pages together
  bool more = false;  // whether rows follow
};

// One workstation in full.
struct WorkstationDetail {
  WorkstationRow row;
  Snapshot snapshot;
  std::vector<Finding> findings;               // most likely cause first
  std::shared_ptr<const Judgement> judgement;  // by which they were found; not null
};

// A stored workstation or card, given back at start.
struct RestoredWorkstation {
  std::string id;
  Snapshot snapshot;
  std::string digest;
  absl::Time last_report;
  absl::Duration clock_offset;  // workstation's clock minus collector's
};
struct RestoredCard {
  Snapshot snapshot;  // as SnapshotSource::CardSnapshot gives
  std::string card_id;
  std::string workstation_id;
  absl::Time last_seen;
};

// What an "unchanged" came to.
struct UnchangedOutcome {
  // Whether the digest is that of the workstation's newest snapshot; when not,
  // nothing was done and the whole snapshot is needed.
  bool known = false;
  // Cards in its readers that were not seen today before: for the store.
  std::vector<std::string> cards_seen;
};

struct AdvanceResult {
  size_t judged = 0;                   // how many were due
  std::vector<absl::Status> failures;  // of reading back; each names its record
};

// What left the fleet and is to leave the store.
struct Forgotten {
  std::vector<std::string> workstations;  // ids
  std::vector<std::string> cards;         // ids

  bool empty() const { return workstations.empty() && cards.empty(); }
};

// Thread-safe: one lock inside, never held while the store is read. Never reads a clock; `now` must not go
// far back (a verdict is not undone by time running backwards).
class Fleet {
 public:
  // `source` must outlive the fleet.
  Fleet(Judgement judgement, SiteRules sites, SnapshotSource& source);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // At start: all cards, then all workstations in the order in which they were
  // first seen, then FinishRestore; then reports may come.
  void RestoreCard(const RestoredCard& stored, absl::Time now);
  void RestoreWorkstation(const RestoredWorkstation& stored, absl::Time now);
  void FinishRestore();

  // A snapshot that is on disk; `digest` is its SnapshotDigest.
  void ApplyReport(const std::string& workstation_id, const Snapshot& snapshot, const std::string& digest,
                   absl::Time received_at, absl::Duration clock_offset);
  // The workstation said that it is as in the snapshot with this digest.
  UnchangedOutcome ApplyUnchanged(const std::string& workstation_id, const std::string& digest,
                                  absl::Time received_at, absl::Duration clock_offset);

  // What changed since the last call (reports and time; not the restoring), for
  // the store; the oldest are dropped beyond 10,000.
  std::vector<HistoryEntry> TakeHistory();

  // Judges again what is due at `now`, at most `limit` workstations and cards.
  // Call until `judged` is 0. What cannot be read back keeps its verdict and is
  // due again in a minute; what is not stored any more leaves the fleet.
  AdvanceResult Advance(absl::Time now, size_t limit = 256);
  // Takes workstations without a report since `unseen_since`, and cards not seen
  // since, out of the fleet; what is returned is for the store. Costs the whole
  // fleet: for once a day.
  Forgotten Forget(absl::Time unseen_since);
  // Cards that had to give way since the last call, for the store: a workstation
  // keeps the 4,096 cards that it saw last.
  Forgotten TakeEvicted();
  // The next moment at which Advance has work; InfiniteFuture when none.
  absl::Time NextChange() const;

  // Puts new judgement in force; everything is due at once.
  void SetJudgement(Judgement judgement);
  std::shared_ptr<const Judgement> judgement() const;

  RowPage<CardRow> ListCards(const CardFilter& filter, const PageRange& range) const;
  // Soonest end first. `now` decides `within`.
  RowPage<RenewalRow> ListRenewals(const RenewalFilter& filter, const PageRange& range, absl::Time now) const;
  // By host name.
  RowPage<WorkstationRow> ListWorkstations(const WorkstationFilter& filter, const PageRange& range) const;
  // Those with this UUID, or this host name in any case.
  std::vector<WorkstationRow> FindWorkstations(std::string_view name) const;
  // Judged at `now`, texts in `language`. kNotFound: no such workstation;
  // kUnavailable: the store could not be read.
  absl::StatusOr<WorkstationDetail> Detail(const std::string& workstation_id, absl::Time now,
                                           Language language) const;

  // A copy of the numbers; `now` decides the months of the forecast.
  FleetCounts Counts(absl::Time now) const;
  // Rises when Counts may have changed, but for the months.
  uint64_t revision() const;
  size_t workstation_count() const;

  // Counts made from scratch from the rows: for tests, must equal Counts.
  FleetCounts Recount(absl::Time now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
