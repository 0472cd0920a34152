#include "collector/store/sqlite_fleet_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/store/sqlite_records.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// Changes that wait while nothing can be written; beyond, the oldest are lost.
constexpr size_t kMaxWaitingHistory = 100'000;

size_t BytesOf(const ReportRecord& record) {
  size_t bytes = record.snapshot.size();
  for (const CardSighting& card : record.cards) bytes += card.snapshot.size();
  return bytes;
}

// Whether the connection itself may be at fault.
bool MustReopen(const absl::Status& status) {
  return !absl::IsResourceExhausted(status) && !absl::IsAlreadyExists(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteFleetStore>> SqliteFleetStore::Open(const std::string& path,
                                                                         SqliteStoreOptions options) {
  ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(path));
  ASSIGN_OR_RETURN(Database writer, OpenForWriting(path, /*create=*/true));
  return std::unique_ptr<SqliteFleetStore>(
      new SqliteFleetStore(path, std::move(lock), std::move(writer), options));
}

SqliteFleetStore::SqliteFleetStore(std::string path, FileLock lock, Database writer,
                                   SqliteStoreOptions options)
    : path_(std::move(path)), options_(options), lock_(std::move(lock)), writer_(std::move(writer)) {
  writer_thread_ = std::thread([this] { WriterLoop(); });
  callback_thread_ = std::thread([this] { CallbackLoop(); });
}

SqliteFleetStore::~SqliteFleetStore() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    work_.NotifyAll();
  }
  writer_thread_.join();
  callback_thread_.join();
}

void SqliteFleetStore::Put(ReportRecord record, Done done) {
  const size_t bytes = BytesOf(record);
  MutexLock lock(mutex_);
  ++pending_;
  pending_bytes_ += bytes;
  queue_.push_back({std::move(record), bytes, std::move(done)});
  // The writer sleeps through its window; only the first report and a full group wake it.
  if (queue_.size() == 1 || queue_.size() == options_.max_group) work_.NotifyOne();
}

void SqliteFleetStore::MarkSeen(SeenMark mark) {
  MutexLock lock(mutex_);
  marks_.Add(mark);
}

void SqliteFleetStore::AddHistory(std::vector<HistoryEntry> entries) {
  MutexLock lock(mutex_);
  history_.insert(history_.end(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  if (history_.size() > kMaxWaitingHistory) {
    history_.erase(history_.begin(), history_.end() - static_cast<ptrdiff_t>(kMaxWaitingHistory));
  }
}

absl::Status SqliteFleetStore::Flush() {
  MutexLock lock(mutex_);
  const uint64_t mine = ++flushes_asked_;
  work_.NotifyOne();
  while (flushes_done_ < mine) finished_.Wait(mutex_);
  return health_;
}

size_t SqliteFleetStore::pending() const {
  MutexLock lock(mutex_);
  return pending_;
}

size_t SqliteFleetStore::pending_bytes() const {
  MutexLock lock(mutex_);
  return pending_bytes_;
}

absl::Status SqliteFleetStore::health() const {
  MutexLock lock(mutex_);
  return health_;
}

bool SqliteFleetStore::Gather(Batch& batch) {
  MutexLock lock(mutex_);
  const auto hurry = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || flushes_asked_ != flushes_done_;
  };
  if (queue_.empty() && !hurry()) {
    work_.WaitFor(mutex_, health_.ok() ? options_.mark_interval : options_.retry_interval);
  }
  if (!queue_.empty()) {
    const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(options_.commit_window);
    while (queue_.size() < options_.max_group && !hurry()) {
      const absl::Duration left = absl::FromChrono(end - std::chrono::steady_clock::now());
      if (left <= absl::ZeroDuration()) break;
      work_.WaitFor(mutex_, left);
    }
  }
  const auto first = queue_.begin();
  const auto last = first + static_cast<ptrdiff_t>(std::min(queue_.size(), options_.max_group));
  batch.reports.assign(std::make_move_iterator(first), std::make_move_iterator(last));
  queue_.erase(first, last);
  const auto now = std::chrono::steady_clock::now();
  if (hurry() || now - marks_written_ >= absl::ToChronoNanoseconds(options_.mark_interval)) {
    std::swap(batch.marks, marks_);
    marks_written_ = now;
  }
  batch.history.swap(history_);
  return !stopping_ || !batch.empty();
}

void SqliteFleetStore::WriterLoop() {
  for (;;) {
    Batch batch;
    uint64_t asked = 0;
    bool failing = false;
    {
      MutexLock lock(mutex_);
      asked = flushes_asked_;
      failing = !health_.ok();
    }
    if (!Gather(batch)) break;
    if (failing || !batch.empty()) Commit(std::move(batch));
    MutexLock lock(mutex_);
    if (queue_.empty()) {
      flushes_done_ = std::max(flushes_done_, asked);
      finished_.NotifyAll();
    }
    if (stopping_ && !health_.ok()) break;  // what waits could not be written
  }
  MutexLock lock(mutex_);
  for (Waiting& waiting : queue_)
    done_.push_back({std::move(waiting.done), waiting.bytes, absl::UnavailableError("stopping")});
  queue_.clear();
  writer_ended_ = true;
  flushes_done_ = flushes_asked_;
  finished_.NotifyAll();
}

absl::Status SqliteFleetStore::Write(Database& database, const Batch& batch,
                                     std::vector<PutOutcome>& outcomes, RecentSightings::Times& sighted) {
  for (const Waiting& waiting : batch.reports) {
    ASSIGN_OR_RETURN(const PutOutcome outcome, WriteReport(database, waiting.record));
    outcomes.push_back(outcome);
    if (outcome == PutOutcome::kDuplicate) continue;
    for (const CardSighting& card : waiting.record.cards) {
      RecentSightings::Note(sighted, card.card_id, waiting.record.received_at);
    }
  }
  for (const auto& [id, seen] : batch.marks.workstations()) {
    RETURN_IF_ERROR(WriteSeen(database, id, seen.at, seen.clock_offset));
    for (const auto& [card, at] : seen.cards) {
      const auto newest = sighted.find(card);
      const bool late = sightings_.HasLater(card, at) || (newest != sighted.end() && newest->second > at);
      RETURN_IF_ERROR(WriteSighting(database, card, id, at, /*moves=*/!late));
      RecentSightings::Note(sighted, card, at);
    }
  }
  for (const HistoryEntry& entry : batch.history) RETURN_IF_ERROR(WriteHistory(database, entry));
  return absl::OkStatus();
}

void SqliteFleetStore::Commit(Batch batch) {
  std::vector<PutOutcome> outcomes;
  RecentSightings::Times sighted;
  bool failing = false;
  {
    MutexLock lock(mutex_);
    failing = !health_.ok();
  }
  const absl::Status status = InTransaction([&](Database& database) -> absl::Status {
    if (failing) RETURN_IF_ERROR(WriteProbe(database));
    return Write(database, batch, outcomes, sighted);
  });
  if (status.ok()) sightings_.Add(sighted, std::chrono::steady_clock::now());
  if (status.ok() && failing) spdlog::info("storage works again: {}", path_);
  if (!status.ok() && !failing)
    spdlog::error("storage: {}; reports wait with the agents", std::string(status.message()));

  MutexLock lock(mutex_);
  health_ = status;
  for (size_t i = 0; i < batch.reports.size(); ++i) {
    Waiting& waiting = batch.reports[i];
    Finished finished{std::move(waiting.done), waiting.bytes, absl::UnavailableError(status.message())};
    if (status.ok()) finished.outcome = outcomes[i];
    done_.push_back(std::move(finished));
  }
  if (!status.ok()) {
    marks_.Add(batch.marks);
    batch.history.insert(batch.history.end(), std::make_move_iterator(history_.begin()),
                         std::make_move_iterator(history_.end()));
    history_.swap(batch.history);
  }
  finished_.NotifyAll();
}

void SqliteFleetStore::CallbackLoop() {
  for (;;) {
    std::deque<Finished> finished;
    {
      MutexLock lock(mutex_);
      while (done_.empty() && !writer_ended_) finished_.Wait(mutex_);
      if (done_.empty()) return;
      finished.swap(done_);
    }
    for (Finished& one : finished) {
      one.done(std::move(one.outcome));
      one.done = nullptr;
      MutexLock lock(mutex_);
      --pending_;
      pending_bytes_ -= one.bytes;
    }
  }
}

absl::Status SqliteFleetStore::InTransaction(const std::function<absl::Status(Database&)>& body) {
  MutexLock lock(writer_mutex_);
  if (!writer_) {
    ASSIGN_OR_RETURN(Database opened, OpenForWriting(path_, /*create=*/false));
    writer_ = std::move(opened);
  }
  absl::Status status = writer_->Execute("BEGIN IMMEDIATE");
  if (status.ok()) status = body(*writer_);
  if (status.ok()) status = writer_->Execute("COMMIT");
  if (status.ok()) return status;
  if (writer_->in_transaction()) writer_->Execute("ROLLBACK").IgnoreError();
  if (MustReopen(status)) writer_.reset();
  return status;
}

absl::Status SqliteFleetStore::WithReader(const std::function<absl::Status(Database&)>& body) {
  MutexLock lock(reader_mutex_);
  if (!reader_) {
    ASSIGN_OR_RETURN(Database opened, OpenForReading(path_));
    reader_ = std::move(opened);
  }
  const absl::Status status = body(*reader_);
  if (!status.ok()) reader_.reset();
  return status;
}

absl::Status SqliteFleetStore::ReadWorkstations(const std::function<bool(StoredWorkstation)>& each) {
  // A connection of its own: `each` may take long, and take locks.
  ASSIGN_OR_RETURN(Database database, OpenForReading(path_));
  return ReadStoredWorkstations(database, "", each);
}

absl::Status SqliteFleetStore::ReadCards(const std::function<bool(StoredCard)>& each) {
  ASSIGN_OR_RETURN(Database database, OpenForReading(path_));
  return ReadStoredCards(database, "", each);
}

absl::StatusOr<StoredWorkstation> SqliteFleetStore::ReadWorkstation(const std::string& id) {
  if (id.empty()) return absl::NotFoundError("no workstation has an empty id");
  std::optional<StoredWorkstation> found;
  RETURN_IF_ERROR(WithReader([&](Database& database) {
    return ReadStoredWorkstations(database, id, [&found](StoredWorkstation workstation) {
      found = std::move(workstation);
      return false;
    });
  }));
  if (!found) return absl::NotFoundError(absl::StrCat("workstation ", id, " is not stored"));
  return *std::move(found);
}

absl::StatusOr<StoredCard> SqliteFleetStore::ReadCard(const std::string& id) {
  if (id.empty()) return absl::NotFoundError("no stored card has an empty id");
  std::optional<StoredCard> found;
  RETURN_IF_ERROR(WithReader([&](Database& database) {
    return ReadStoredCards(database, id, [&found](StoredCard card) {
      found = std::move(card);
      return false;
    });
  }));
  if (!found) return absl::NotFoundError(absl::StrCat("card ", id.substr(0, 8), " is not stored"));
  return *std::move(found);
}

absl::StatusOr<std::vector<HistoryEntry>> SqliteFleetStore::ReadHistory(size_t limit) {
  std::vector<HistoryEntry> entries;
  RETURN_IF_ERROR(WithReader([&](Database& database) -> absl::Status {
    ASSIGN_OR_RETURN(entries, ReadStoredHistory(database, limit));
    return absl::OkStatus();
  }));
  return entries;
}

absl::Status SqliteFleetStore::WriteAlerts(const std::vector<StoredAlert>& alerts) {
  if (alerts.empty()) return absl::OkStatus();
  return InTransaction([&alerts](Database& database) -> absl::Status {
    for (const StoredAlert& alert : alerts) RETURN_IF_ERROR(WriteAlert(database, alert));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<StoredAlert>> SqliteFleetStore::ReadOpenAlerts() {
  std::vector<StoredAlert> alerts;
  RETURN_IF_ERROR(WithReader([&](Database& database) -> absl::Status {
    ASSIGN_OR_RETURN(alerts, ReadStoredAlerts(database, /*open=*/true, 100'000));
    return absl::OkStatus();
  }));
  return alerts;
}

absl::StatusOr<std::vector<StoredAlert>> SqliteFleetStore::ReadResolvedAlerts(size_t limit) {
  std::vector<StoredAlert> alerts;
  RETURN_IF_ERROR(WithReader([&](Database& database) -> absl::Status {
    ASSIGN_OR_RETURN(alerts, ReadStoredAlerts(database, /*open=*/false, limit));
    return absl::OkStatus();
  }));
  return alerts;
}

absl::Status SqliteFleetStore::Prune(absl::Time presence_before, absl::Time history_before) {
  return InTransaction(
      [&](Database& database) { return DeleteBefore(database, presence_before, history_before); });
}

absl::Status SqliteFleetStore::Forget(const std::vector<std::string>& workstation_ids,
                                      const std::vector<std::string>& card_ids, absl::Time seen_before) {
  return InTransaction(
      [&](Database& database) { return DeleteRecords(database, workstation_ids, card_ids, seen_before); });
}

absl::Status SqliteFleetStore::Backup(const std::string& path) {
  RETURN_IF_ERROR(Flush());
  return BackupDatabase(path_, path);
}

}  // namespace kortvakt
