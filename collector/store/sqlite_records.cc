#include "collector/store/sqlite_records.h"

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

constexpr int64_t kEncodingProto = 0;
// The first half of a random UUID's SHA-256 tells 64 of them apart.
constexpr size_t kReportKeyBytes = 8;

int64_t Millis(absl::Time time) { return absl::ToUnixMillis(time); }
absl::Time FromMillis(int64_t millis) { return absl::FromUnixMillis(millis); }
int64_t Day(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  return seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
}
absl::Time FromDay(int64_t day) { return absl::UnixEpoch() + absl::Hours(24) * day; }

std::string ReportKey(const std::string& report_id) {
  return AsString(Sha256(AsBytes(report_id))).substr(0, kReportKeyBytes);
}

bool HasKey(const std::string& keys, const std::string& key) {
  for (size_t at = 0; at + kReportKeyBytes <= keys.size(); at += kReportKeyBytes) {
    if (keys.compare(at, kReportKeyBytes, key) == 0) return true;
  }
  return false;
}

absl::Status WritePresence(Database& database, const std::string& card_id, int64_t workstation, int64_t day) {
  return database.Write(
      "INSERT OR IGNORE INTO presence (day, card, workstation)"
      " SELECT ?1, number, ?2 FROM cards WHERE id = ?3",
      day, workstation, card_id);
}

absl::Status WriteCard(Database& database, const CardSighting& card, int64_t workstation, int64_t day) {
  // Nothing is written that is there already: most reports show a known card.
  if (card.read) {
    RETURN_IF_ERROR(database.Write(
        "INSERT INTO cards (id, snapshot, encoding, workstation, day) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (id) DO UPDATE SET snapshot = ?2, encoding = ?3, workstation = ?4, day = max(day, ?5)"
        " WHERE snapshot != ?2 OR encoding != ?3 OR workstation != ?4 OR day < ?5",
        card.card_id, Blob{card.snapshot}, kEncodingProto, workstation, day));
  } else {
    RETURN_IF_ERROR(database.Write(
        "INSERT INTO cards (id, snapshot, encoding, workstation, day) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (id) DO UPDATE SET workstation = ?4, day = max(day, ?5)"
        " WHERE workstation != ?4 OR day < ?5",
        card.card_id, Blob{card.snapshot}, kEncodingProto, workstation, day));
  }
  return WritePresence(database, card.card_id, workstation, day);
}

absl::Status WriteSeenAt(Database& database, int64_t workstation, absl::Time at,
                         absl::Duration clock_offset) {
  return database.Write(
      "INSERT INTO seen (workstation, at, clock_offset) VALUES (?1, ?2, ?3)"
      " ON CONFLICT (workstation) DO UPDATE SET at = ?2, clock_offset = ?3 WHERE at <= ?2",
      workstation, Millis(at), absl::ToInt64Milliseconds(clock_offset));
}

// 0: not stored. Puts the keys of its newest reports into `recent`, when given.
absl::StatusOr<int64_t> WorkstationNumber(Database& database, const std::string& id,
                                          std::string* recent = nullptr) {
  int64_t number = 0;
  RETURN_IF_ERROR(database.Query(
      "SELECT number, recent_reports FROM workstations WHERE id = ?",
      [&](const Row& row) {
        number = row.Int(0);
        if (recent != nullptr) *recent = row.Text(1);
        return false;
      },
      id));
  return number;
}

absl::Status CheckEncoding(const Database& database, const std::string& what, int64_t encoding) {
  if (encoding == kEncodingProto) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(database.path(), ": ", what, " is stored in an unknown form (",
                                          encoding, "); restore a backup"));
}

}  // namespace

absl::StatusOr<PutOutcome> WriteReport(Database& database, const ReportRecord& record) {
  std::string recent;
  ASSIGN_OR_RETURN(int64_t number, WorkstationNumber(database, record.workstation_id, &recent));
  const std::string key = ReportKey(record.report_id);
  if (HasKey(recent, key)) return PutOutcome::kDuplicate;
  recent += key;
  const size_t limit = kRecentReports * kReportKeyBytes;
  if (recent.size() > limit) recent.erase(0, recent.size() - limit);

  if (number == 0) {
    RETURN_IF_ERROR(database.Write(
        "INSERT INTO workstations (id, digest, snapshot, encoding, recent_reports) VALUES (?, ?, ?, ?, ?)",
        record.workstation_id, record.digest, Blob{record.snapshot}, kEncodingProto, Blob{recent}));
    number = database.last_insert_number();
  } else {
    RETURN_IF_ERROR(database.Write(
        "UPDATE workstations SET digest = ?, snapshot = ?, encoding = ?, recent_reports = ? WHERE number = ?",
        record.digest, Blob{record.snapshot}, kEncodingProto, Blob{recent}, number));
  }
  RETURN_IF_ERROR(WriteSeenAt(database, number, record.received_at, record.clock_offset));
  for (const CardSighting& card : record.cards) {
    RETURN_IF_ERROR(WriteCard(database, card, number, Day(record.received_at)));
  }
  return PutOutcome::kStored;
}

absl::Status WriteSeen(Database& database, const std::string& workstation_id, absl::Time at,
                       absl::Duration clock_offset) {
  ASSIGN_OR_RETURN(const int64_t number, WorkstationNumber(database, workstation_id));
  if (number == 0) return absl::OkStatus();  // forgotten meanwhile
  return WriteSeenAt(database, number, at, clock_offset);
}

absl::Status WriteSighting(Database& database, const std::string& card_id, const std::string& workstation_id,
                           absl::Time at, bool moves) {
  ASSIGN_OR_RETURN(const int64_t number, WorkstationNumber(database, workstation_id));
  if (number == 0) return absl::OkStatus();  // forgotten meanwhile
  const int64_t day = Day(at);
  if (moves) {
    RETURN_IF_ERROR(database.Write("UPDATE cards SET workstation = ?1, day = max(day, ?2) WHERE id = ?3",
                                   number, day, card_id));
  }
  return WritePresence(database, card_id, number, day);
}

absl::Status WriteHistory(Database& database, const HistoryEntry& entry) {
  return database.Write("INSERT INTO history (at, workstation, site, kind, subject) VALUES (?, ?, ?, ?, ?)",
                        Millis(entry.at), entry.workstation_id, entry.site, entry.kind, entry.subject);
}

absl::Status WriteAlert(Database& database, const StoredAlert& alert) {
  if (alert.resolved_at) {
    return database.Write(
        "UPDATE alerts SET severity = ?1, count = ?2, summary = ?3, changed_at = ?4, resolved_at = ?5"
        " WHERE name = ?6 AND site = ?7 AND label = ?8 AND resolved_at IS NULL",
        alert.severity, int64_t{alert.count}, alert.summary, Millis(alert.changed_at),
        Millis(*alert.resolved_at), alert.name, alert.site, alert.label);
  }
  return database.Write(
      "INSERT INTO alerts (name, site, label, severity, count, summary, opened_at, changed_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
      " ON CONFLICT (name, site, label) WHERE resolved_at IS NULL"
      " DO UPDATE SET severity = ?4, count = ?5, summary = ?6, changed_at = ?8",
      alert.name, alert.site, alert.label, alert.severity, int64_t{alert.count}, alert.summary,
      Millis(alert.opened_at), Millis(alert.changed_at));
}

absl::Status DeleteBefore(Database& database, absl::Time presence_before, absl::Time history_before) {
  RETURN_IF_ERROR(database.Write("DELETE FROM presence WHERE day < ?", Day(presence_before)));
  // Each by its own time: a clock that was wrong once must not take the rows written since with it.
  RETURN_IF_ERROR(database.Write("DELETE FROM history WHERE at < ?", Millis(history_before)));
  return database.Write("DELETE FROM alerts WHERE resolved_at < ?", Millis(history_before));
}

absl::Status DeleteRecords(Database& database, const std::vector<std::string>& workstation_ids,
                           const std::vector<std::string>& card_ids, absl::Time seen_before) {
  for (const std::string& id : card_ids) {
    RETURN_IF_ERROR(database.Write("DELETE FROM cards WHERE id = ? AND day < ?", id, Day(seen_before)));
  }
  for (const std::string& id : workstation_ids) {
    ASSIGN_OR_RETURN(const int64_t number, WorkstationNumber(database, id));
    RETURN_IF_ERROR(
        database.Write("DELETE FROM seen WHERE workstation = ?1 AND at < ?2"
                       " AND NOT EXISTS (SELECT 1 FROM cards WHERE workstation = ?1)",
                       number, Millis(seen_before)));
    RETURN_IF_ERROR(
        database.Write("DELETE FROM workstations WHERE number = ?1"
                       " AND NOT EXISTS (SELECT 1 FROM seen WHERE workstation = ?1)",
                       number));
  }
  // Numbers are used again: what is left of a card must not show as another's.
  return database.Write(
      "DELETE FROM presence WHERE card NOT IN (SELECT number FROM cards)"
      " OR workstation NOT IN (SELECT number FROM workstations)");
}

absl::Status WriteProbe(Database& database) {
  // Another value each time, or SQLite could leave the page as it is.
  return database.Write(
      "INSERT INTO storage_probe (number, at) VALUES (1, 0) ON CONFLICT (number) DO UPDATE SET at = at + 1");
}

absl::Status ReadStoredWorkstations(Database& database, const std::string& id,
                                    const std::function<bool(StoredWorkstation)>& each) {
  absl::Status encoding = absl::OkStatus();
  RETURN_IF_ERROR(database.Query(
      id.empty() ? "SELECT w.id, w.digest, w.snapshot, w.encoding, s.at, s.clock_offset FROM workstations w"
                   " JOIN seen s ON s.workstation = w.number WHERE ?1 = '' ORDER BY w.number"
                 : "SELECT w.id, w.digest, w.snapshot, w.encoding, s.at, s.clock_offset FROM workstations w"
                   " JOIN seen s ON s.workstation = w.number WHERE w.id = ?1",
      [&](const Row& row) {
        encoding = CheckEncoding(database, absl::StrCat("workstation ", row.Text(0)), row.Int(3));
        if (!encoding.ok()) return false;
        return each(
            {row.Text(0), row.Text(2), row.Text(1), FromMillis(row.Int(4)), absl::Milliseconds(row.Int(5))});
      },
      id));
  return encoding;
}

absl::Status ReadStoredCards(Database& database, const std::string& id,
                             const std::function<bool(StoredCard)>& each) {
  absl::Status encoding = absl::OkStatus();
  RETURN_IF_ERROR(database.Query(
      id.empty() ? "SELECT c.id, c.snapshot, c.encoding, w.id, c.day FROM cards c"
                   " JOIN workstations w ON w.number = c.workstation WHERE ?1 = '' ORDER BY c.number"
                 : "SELECT c.id, c.snapshot, c.encoding, w.id, c.day FROM cards c"
                   " JOIN workstations w ON w.number = c.workstation WHERE c.id = ?1",
      [&](const Row& row) {
        encoding = CheckEncoding(database, absl::StrCat("card ", row.Text(0).substr(0, 8)), row.Int(2));
        if (!encoding.ok()) return false;
        return each({row.Text(0), row.Text(1), row.Text(3), FromDay(row.Int(4))});
      },
      id));
  return encoding;
}

absl::StatusOr<std::vector<HistoryEntry>> ReadStoredHistory(Database& database, size_t limit) {
  std::vector<HistoryEntry> entries;
  RETURN_IF_ERROR(database.Query(
      "SELECT at, workstation, site, kind, subject FROM history ORDER BY number DESC LIMIT ?",
      [&](const Row& row) {
        entries.push_back({FromMillis(row.Int(0)), row.Text(1), row.Text(2), row.Text(3), row.Text(4)});
        return true;
      },
      static_cast<int64_t>(limit)));
  return entries;
}

absl::StatusOr<std::vector<StoredAlert>> ReadStoredAlerts(Database& database, bool open, size_t limit) {
  std::vector<StoredAlert> alerts;
  RETURN_IF_ERROR(database.Query(
      open ? "SELECT name, site, label, severity, count, summary, opened_at, changed_at, resolved_at FROM "
             "alerts"
             " WHERE resolved_at IS NULL ORDER BY name, site, label LIMIT ?"
           : "SELECT name, site, label, severity, count, summary, opened_at, changed_at, resolved_at FROM "
             "alerts"
             " WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC, number DESC LIMIT ?",
      [&](const Row& row) {
        StoredAlert alert{row.Text(0),
                          row.Text(1),
                          row.Text(2),
                          row.Text(3),
                          static_cast<uint32_t>(row.Int(4)),
                          row.Text(5),
                          FromMillis(row.Int(6)),
                          FromMillis(row.Int(7)),
                          std::nullopt};
        if (!row.IsNull(8)) alert.resolved_at = FromMillis(row.Int(8));
        alerts.push_back(std::move(alert));
        return true;
      },
      static_cast<int64_t>(limit)));
  return alerts;
}

}  // namespace kortvakt
