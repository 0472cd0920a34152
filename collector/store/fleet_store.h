// What the collector keeps on disk. One contract for every database; the tests
// in tests/unit/collector/store/store_contract.h say it in code.
//
// Snapshots are bytes here: serialised kortvakt.v1.Snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt {

// A card in a report.
struct CardSighting {
  std::string card_id;   // Card.id, never empty
  std::string snapshot;  // the card alone with its CAs; see CardSnapshotOf
  // Whether the card was read. When not, what is stored of it stays and only
  // where and when it was seen changes.
  bool read = true;
};

// A report with a snapshot, admitted.
struct ReportRecord {
  std::string report_id;       // UUID
  std::string workstation_id;  // UUID
  std::string snapshot;
  std::string digest;  // SnapshotDigest, 64 lower-case hex digits
  absl::Time received_at;
  absl::Duration clock_offset;  // workstation's clock minus collector's
  std::vector<CardSighting> cards;
};

enum class PutOutcome {
  kStored,
  kDuplicate,  // one of the workstation's last 64 report ids; nothing was written
};

// A workstation said that it is unchanged. It may be given, and is written, later
// than what was heard since: it moves neither the workstation's newest sign of life
// and clock nor a card back to what is older.
struct SeenMark {
  std::string workstation_id;
  absl::Time received_at;
  absl::Duration clock_offset;
  std::vector<std::string> cards;  // card ids seen for the first time that day
};

// A workstation as stored.
struct StoredWorkstation {
  std::string id;
  std::string snapshot;
  std::string digest;
  absl::Time last_seen;
  absl::Duration clock_offset;
};

// A card as stored; `last_seen` is the first second of a day (UTC).
struct StoredCard {
  std::string id;
  std::string snapshot;
  std::string workstation_id;  // that saw it last
  absl::Time last_seen;
};

// A change, without attendance: no person, no presence.
struct HistoryEntry {
  absl::Time at;
  std::string workstation_id;
  std::string site;
  std::string kind;     // "finding_opened", "finding_closed", "certificate_replaced"
  std::string subject;  // finding code, or the card's pseudonym
};

// An alert. Of those with one name, site and label at most one is open.
struct StoredAlert {
  std::string name;
  std::string site;
  std::string label;
  std::string severity;
  uint32_t count = 0;
  std::string summary;
  absl::Time opened_at;
  absl::Time changed_at;
  std::optional<absl::Time> resolved_at;  // absent: open
};

// Thread-safe. Times are kept to the millisecond.
class FleetStore {
 public:
  virtual ~FleetStore() = default;

  // Puts `record` into the queue of the writer; `done` is called later, on
  // another thread, once the record is on disk and survives a power cut, or with
  // kUnavailable when it could not be written, or may have been (the caller may
  // try again). Reports of a workstation are written, and done, in the order of
  // the calls. `done` may read from the store but must not wait for it to write.
  virtual void Put(ReportRecord record, std::function<void(absl::StatusOr<PutOutcome>)> done) = 0;

  // Notes that a workstation was heard of; written within seconds, lost in a crash.
  virtual void MarkSeen(SeenMark mark) = 0;
  // Notes changes; written with the next commit, within seconds.
  virtual void AddHistory(std::vector<HistoryEntry> entries) = 0;
  // Waits until everything given so far is on disk or has failed.
  virtual absl::Status Flush() = 0;

  // How many reports were given whose `done` has not been called yet.
  virtual size_t pending() const = 0;
  // Bytes of their snapshots, with those of their cards.
  virtual size_t pending_bytes() const = 0;
  // OK, or why the last write failed; turns OK by itself when writing works again.
  virtual absl::Status health() const = 0;

  // Everything, in the order of first sight. The callback returns false to stop.
  virtual absl::Status ReadWorkstations(const std::function<bool(StoredWorkstation)>& each) = 0;
  virtual absl::Status ReadCards(const std::function<bool(StoredCard)>& each) = 0;
  // kNotFound: not stored.
  virtual absl::StatusOr<StoredWorkstation> ReadWorkstation(const std::string& id) = 0;
  virtual absl::StatusOr<StoredCard> ReadCard(const std::string& id) = 0;
  // The newest `limit`, newest first.
  virtual absl::StatusOr<std::vector<HistoryEntry>> ReadHistory(size_t limit) = 0;

  // Writes alerts in one transaction, on disk when it returns. An alert without
  // resolved_at opens or changes the open one of its name, site and label
  // (opened_at of an open one stays); with resolved_at it closes it.
  virtual absl::Status WriteAlerts(const std::vector<StoredAlert>& alerts) = 0;
  virtual absl::StatusOr<std::vector<StoredAlert>> ReadOpenAlerts() = 0;
  // Resolved ones, newest first.
  virtual absl::StatusOr<std::vector<StoredAlert>> ReadResolvedAlerts(size_t limit) = 0;

  // Deletes card presence before `presence_before` and history and resolved
  // alerts before `history_before`.
  virtual absl::Status Prune(absl::Time presence_before, absl::Time history_before) = 0;
  // Deletes these workstations and cards with their presence, in one transaction.
  // Stays what was seen at `seen_before` or later (a card: on that day), and a
  // workstation that a card which stays was seen at last.
  virtual absl::Status Forget(const std::vector<std::string>& workstation_ids,
                              const std::vector<std::string>& card_ids, absl::Time seen_before) = 0;
  // Writes a consistent copy to `path`, which must not exist.
  virtual absl::Status Backup(const std::string& path) = 0;
};

}  // namespace kortvakt
