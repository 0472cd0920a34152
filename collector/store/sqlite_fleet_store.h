// FleetStore on SQLite: one writer thread commits in groups, one thread calls back.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "collector/store/fleet_store.h"
#include "collector/store/sqlite_file.h"
#include "collector/store/waiting_marks.h"
#include "common/base/mutex.h"

namespace kortvakt {

struct SqliteStoreOptions {
  // How long the writer gathers reports after the first. Calls wait for the disk
  // anyway (0.3 ms and up); a few milliseconds more let many share one sync.
  absl::Duration commit_window = absl::Milliseconds(5);
  // At most so many in one transaction, so that none waits long.
  size_t max_group = 1000;
  // Marks of unchanged workstations are written so often.
  absl::Duration mark_interval = absl::Seconds(5);
  // While writing fails, it is tried again so often.
  absl::Duration retry_interval = absl::Seconds(1);
};

class SqliteFleetStore final : public FleetStore {
 public:
  // Takes the file's lock, opens it and brings it to the newest schema. Errors
  // are one line that says what to do; see sqlite_file.h.
  static absl::StatusOr<std::unique_ptr<SqliteFleetStore>> Open(const std::string& path,
                                                                SqliteStoreOptions options = {});
  // Writes what was given, calls back, ends the threads.
  ~SqliteFleetStore() override;

  void Put(ReportRecord record, std::function<void(absl::StatusOr<PutOutcome>)> done) override;
  void MarkSeen(SeenMark mark) override;
  void AddHistory(std::vector<HistoryEntry> entries) override;
  absl::Status Flush() override;
  size_t pending() const override;
  size_t pending_bytes() const override;
  absl::Status health() const override;
  absl::Status ReadWorkstations(const std::function<bool(StoredWorkstation)>& each) override;
  absl::Status ReadCards(const std::function<bool(StoredCard)>& each) override;
  absl::StatusOr<StoredWorkstation> ReadWorkstation(const std::string& id) override;
  absl::StatusOr<StoredCard> ReadCard(const std::string& id) override;
  absl::StatusOr<std::vector<HistoryEntry>> ReadHistory(size_t limit) override;
  absl::Status WriteAlerts(const std::vector<StoredAlert>& alerts) override;
  absl::StatusOr<std::vector<StoredAlert>> ReadOpenAlerts() override;
  absl::StatusOr<std::vector<StoredAlert>> ReadResolvedAlerts(size_t limit) override;
  absl::Status Prune(absl::Time presence_before, absl::Time history_before) override;
  absl::Status Forget(const std::vector<std::string>& workstation_ids,
                      const std::vector<std::string>& card_ids, absl::Time seen_before) override;
  absl::Status Backup(const std::string& path) override;

 private:
  using Done = std::function<void(absl::StatusOr<PutOutcome>)>;
  struct Waiting {
    ReportRecord record;
    size_t bytes;  // as in pending_bytes
    Done done;
  };
  struct Batch {
    std::vector<Waiting> reports;
    WaitingMarks marks;
    std::vector<HistoryEntry> history;

    bool empty() const { return reports.empty() && marks.empty() && history.empty(); }
  };
  struct Finished {
    Done done;
    size_t bytes;
    absl::StatusOr<PutOutcome> outcome;
  };

  SqliteFleetStore(std::string path, FileLock lock, Database writer, SqliteStoreOptions options);
  void WriterLoop();
  void CallbackLoop();
  // Waits for work; false when the store ends and nothing is left.
  bool Gather(Batch& batch);
  void Commit(Batch batch);
  // Inside a transaction; `sighted`: when the cards of the batch were seen last.
  absl::Status Write(Database& database, const Batch& batch, std::vector<PutOutcome>& outcomes,
                     RecentSightings::Times& sighted);
  // Runs `body` in a transaction on the writer's connection, which is opened
  // again first when it failed.
  absl::Status InTransaction(const std::function<absl::Status(Database&)>& body);
  absl::Status WithReader(const std::function<absl::Status(Database&)>& body);

  const std::string path_;
  const SqliteStoreOptions options_;
  FileLock lock_;

  Mutex writer_mutex_;
  std::optional<Database> writer_ ABSL_GUARDED_BY(writer_mutex_);
  Mutex reader_mutex_;
  std::optional<Database> reader_ ABSL_GUARDED_BY(reader_mutex_);

  mutable Mutex mutex_;
  CondVar work_;      // for the writer
  CondVar finished_;  // for the callback thread and Flush
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  WaitingMarks marks_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point marks_written_ ABSL_GUARDED_BY(mutex_);
  std::vector<HistoryEntry> history_ ABSL_GUARDED_BY(mutex_);
  std::deque<Finished> done_ ABSL_GUARDED_BY(mutex_);
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t flushes_asked_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t flushes_done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writer_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);

  RecentSightings sightings_;  // of the writer thread alone
  std::thread writer_thread_;
  std::thread callback_thread_;
};

}  // namespace kortvakt
