#include "collector/store/sqlite_fleet_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <set>

#include "collector/store/sqlite.h"
#include "common/base/status.h"
#include "store_contract.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreContractTest,
    ::testing::Values(OpenStore([](const TemporaryFolder& folder) -> std::unique_ptr<FleetStore> {
      auto store = SqliteFleetStore::Open(folder.Path("fleet.db"));
      EXPECT_TRUE(store.ok()) << store.status();
      return store.ok() ? *std::move(store) : nullptr;
    })),
    [](const auto&) { return "File"; });

// What Debian's sqlite3 program says of the file.
std::string AskSqlite3(const std::string& path, const std::string& sql) {
  std::string answer;
  FILE* pipe = popen(absl::StrCat("sqlite3 '", path, "' \"", sql, "\" 2>&1").c_str(), "r");
  char buffer[256];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) answer += buffer;
  pclose(pipe);
  return answer;
}

absl::Status OpenStatus(const std::string& path) { return SqliteFleetStore::Open(path).status(); }

class SqliteFleetStoreTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_.Path("fleet.db"); }
  TemporaryFolder folder_;
};

TEST_F(SqliteFleetStoreTest, IsAWellFormedDatabaseForOtherPrograms) {
  {
    auto store = SqliteFleetStore::Open(path()).value();
    ReportRecord record = Record("r1", "w1", "s");
    record.cards.push_back({"card", "facts", true});
    ASSERT_TRUE(PutAndWait(*store, record).ok());
  }
  EXPECT_EQ(AskSqlite3(path(), "PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok\n");
  EXPECT_EQ(AskSqlite3(path(), "PRAGMA journal_mode; PRAGMA page_size; PRAGMA user_version"),
            "wal\n4096\n1\n");
  EXPECT_EQ(AskSqlite3(path(), "PRAGMA application_id"), "1263946580\n");  // "KVKT"
  // Presence is a day, never a time.
  EXPECT_EQ(AskSqlite3(path(), "SELECT day, card, workstation FROM presence"), "20779|1|1\n");
  struct stat info {};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SqliteFleetStoreTest, BackupHoldsTheSameRowsAndOpensAsAStore) {
  auto store = SqliteFleetStore::Open(path()).value();
  ASSERT_TRUE(PutAndWait(*store, Record("r1", "w1", "kept")).ok());
  const std::string copy = folder_.Path("copy.db");
  ASSERT_TRUE(BackupDatabase(path(), copy).ok());  // while the store is open
  EXPECT_EQ(AskSqlite3(copy, "PRAGMA integrity_check; SELECT snapshot FROM workstations"), "ok\nkept\n");
  auto opened = SqliteFleetStore::Open(copy);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->ReadWorkstation("w1")->snapshot, "kept");
}

TEST_F(SqliteFleetStoreTest, PrunesPresenceByDay) {
  auto store = SqliteFleetStore::Open(path()).value();
  ReportRecord record = Record("r1", "w1", "s");
  record.cards.push_back({"card", "facts", true});
  ASSERT_TRUE(PutAndWait(*store, record).ok());
  store->MarkSeen({"w1", Noon() + absl::Hours(24), absl::ZeroDuration(), {"card"}});
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_EQ(AskSqlite3(path(), "SELECT day FROM presence ORDER BY day"), "20779\n20780\n");
  ASSERT_TRUE(store->Prune(Noon() + absl::Hours(24), Noon()).ok());
  EXPECT_EQ(AskSqlite3(path(), "SELECT day FROM presence"), "20780\n");
}

TEST_F(SqliteFleetStoreTest, AMarkThatComesTooLateForTheCardStillSaysWhereItWasThatDay) {
  auto store = SqliteFleetStore::Open(path()).value();
  for (const char* workstation : {"w1", "w2"}) {
    ReportRecord record = Record("r1", workstation, "s");
    record.received_at += absl::Hours(24);
    if (workstation == std::string("w2")) record.cards.push_back({"card", "facts", true});
    ASSERT_TRUE(PutAndWait(*store, record).ok());
  }
  store->MarkSeen({"w1", Noon(), absl::ZeroDuration(), {"card"}});
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_EQ(AskSqlite3(path(), "SELECT day, workstation FROM presence ORDER BY day"), "20779|1\n20780|2\n");
  EXPECT_EQ(AskSqlite3(path(), "SELECT workstation, day FROM cards"), "2|20780\n");
}

TEST_F(SqliteFleetStoreTest, RefusesASecondCollector) {
  auto store = SqliteFleetStore::Open(path()).value();
  const absl::Status second = OpenStatus(path());
  EXPECT_TRUE(absl::IsUnavailable(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr("in use by another kortvakt-collector"));
  store.reset();
  EXPECT_TRUE(OpenStatus(path()).ok());
}

TEST_F(SqliteFleetStoreTest, SaysWhatIsWrongWithAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(8192, 'x');
  const absl::Status status = OpenStatus(path());
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a database"));
}

TEST_F(SqliteFleetStoreTest, LeavesAnotherProgramsDatabaseAlone) {
  ASSERT_EQ(AskSqlite3(path(), "CREATE TABLE theirs (x)"), "");
  const absl::Status status = OpenStatus(path());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("another program"));
  EXPECT_EQ(AskSqlite3(path(), "PRAGMA journal_mode; SELECT name FROM sqlite_schema"), "delete\ntheirs\n");
}

TEST_F(SqliteFleetStoreTest, RefusesANewerSchema) {
  ASSERT_TRUE(OpenStatus(path()).ok());
  ASSERT_EQ(AskSqlite3(path(), "PRAGMA user_version = 99"), "");
  const absl::Status status = OpenStatus(path());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("newer Kortvakt"));
}

TEST_F(SqliteFleetStoreTest, SaysThatTheFolderIsMissing) {
  const absl::Status status = OpenStatus(folder_.Path("no/such/fleet.db"));
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("create it"));
}

TEST_F(SqliteFleetStoreTest, ReportsADamagedFileInsteadOfCrashing) {
  {
    auto store = SqliteFleetStore::Open(path()).value();
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(PutAndWait(*store, Record("r", absl::StrCat("w", i), std::string(3000, 's'))).ok());
    }
  }
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path()));
  ASSERT_GT(size, 40'000);
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192);
    file << std::string(static_cast<size_t>(size - 8192), '\xA5');
  }
  absl::Status status = absl::OkStatus();
  if (auto store = SqliteFleetStore::Open(path()); store.ok()) {
    status = (*store)->ReadWorkstations([](StoredWorkstation) { return true; });
  } else {
    status = store.status();
  }
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("restore a backup"));
}

TEST_F(SqliteFleetStoreTest, RefusesReportsWhileTheDiskIsFullAndRecoversByItself) {
  signal(SIGXFSZ, SIG_IGN);
  SqliteStoreOptions options;
  options.retry_interval = absl::Milliseconds(20);
  auto store = SqliteFleetStore::Open(path(), options).value();
  ASSERT_TRUE(PutAndWait(*store, Record("r1", "w1", "before")).ok());

  // A limit on the size of files stands for a full disk.
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit tight = old;
  tight.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const absl::StatusOr<PutOutcome> refused =
      PutAndWait(*store, Record("r2", "w1", std::string(100'000, 's')));
  EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
  EXPECT_FALSE(store->health().ok());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);

  // Nobody reports; the store finds out by itself.
  while (!store->health().ok()) std::this_thread::yield();
  EXPECT_EQ(store->ReadWorkstation("w1")->snapshot, "before");
  EXPECT_EQ(PutAndWait(*store, Record("r2", "w1", "after")).value(), PutOutcome::kStored);
  EXPECT_EQ(store->ReadWorkstation("w1")->snapshot, "after");
}

// The child acknowledges by writing the number of each report whose callback was
// called to a pipe; killed at once, it can have kept nothing but what is on disk.
TEST_F(SqliteFleetStoreTest, KeepsEveryAcknowledgedReportWhenKilled) {
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      auto store = SqliteFleetStore::Open(path());
      if (!store.ok()) _exit(1);
      for (int i = 0;; ++i) {
        (*store)->Put(Record(absl::StrCat("r", round, ".", i), absl::StrCat("w", round, ".", i), "s"),
                      [i, &ends](absl::StatusOr<PutOutcome> outcome) {
                        if (!outcome.ok() || write(ends[1], &i, sizeof(i)) != sizeof(i)) _exit(1);
                      });
        while ((*store)->pending() > 50) usleep(100);
      }
    }
    close(ends[1]);
    std::vector<int> acknowledged;
    int number = 0;
    while (acknowledged.size() < 200u + static_cast<size_t>(round) * 37 &&
           read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged.push_back(number);
    }
    kill(child, SIGKILL);
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) acknowledged.push_back(number);
    close(ends[0]);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    ASSERT_GE(acknowledged.size(), 200u);

    auto store = SqliteFleetStore::Open(path());
    ASSERT_TRUE(store.ok()) << store.status();
    std::set<std::string> kept;
    ASSERT_TRUE((*store)
                    ->ReadWorkstations([&kept](StoredWorkstation one) {
                      kept.insert(one.id);
                      return true;
                    })
                    .ok());
    for (int one : acknowledged) EXPECT_TRUE(kept.contains(absl::StrCat("w", round, ".", one)));
  }
}

}  // namespace
}  // namespace kortvakt
