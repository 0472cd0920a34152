#include "collector/store/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "collector/store/schema.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// "KVKT": marks the file as ours (PRAGMA application_id).
constexpr int64_t kApplicationId = 0x4B564B54;
constexpr int64_t kSchemaVersion = std::size(kMigrations);

// Whether there is a schema yet; errors when it is not ours.
absl::StatusOr<int64_t> SchemaVersion(Database& database) {
  ASSIGN_OR_RETURN(const int64_t objects, database.QueryInt("SELECT count(*) FROM sqlite_schema"));
  ASSIGN_OR_RETURN(const int64_t application, database.QueryInt("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t version, database.QueryInt("PRAGMA user_version"));
  if (objects == 0 && application == 0) return 0;
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        database.path(), ": a database of another program; [storage] path must name Kortvakt's own"));
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        database.path(), ": written by a newer Kortvakt (schema ", version, ", this program knows ",
        kSchemaVersion, "); install that version or restore an older backup"));
  }
  return version;
}

absl::Status Migrate(Database& database) {
  ASSIGN_OR_RETURN(int64_t version, SchemaVersion(database));
  for (; version < kSchemaVersion; ++version) {
    const std::string script =
        absl::StrCat("BEGIN IMMEDIATE;\n", kMigrations[version], "\nPRAGMA application_id = ", kApplicationId,
                     ";\nPRAGMA user_version = ", version + 1, ";\nCOMMIT;");
    const absl::Status status = database.Execute(script.c_str());
    if (!status.ok()) {
      if (database.in_transaction()) database.Execute("ROLLBACK").IgnoreError();
      return Annotate(status, absl::StrCat("bringing the schema to version ", version + 1));
    }
  }
  return absl::OkStatus();
}

absl::Status SyncFile(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return ErrnoStatus(errno, path);
  const absl::Status status = fsync(descriptor) == 0 ? absl::OkStatus() : ErrnoStatus(errno, path);
  close(descriptor);
  return status;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& database_path) {
  const std::string path = database_path + ".lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    const int error = errno;
    return Annotate(ErrnoStatus(error, path), error == ENOENT
                                                  ? "the folder of [storage] path does not exist; create it"
                                                  : "[storage] path");
  }
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, path);
    return absl::UnavailableError(
        absl::StrCat(database_path, ": in use by another kortvakt-collector; stop that one first"));
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<Database> OpenForWriting(const std::string& path, bool create) {
  // SQLite would make the file with the umask's mode; it holds HSA-ids.
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
  if (descriptor < 0) return Annotate(ErrnoStatus(errno, path), "[storage] path");
  close(descriptor);
  ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Mode::kReadWrite));
  RETURN_IF_ERROR(SchemaVersion(database).status());
  // 4 KiB pages write least (a changed snapshot dirties one or two). The log is
  // folded in at 16 MiB rather than 4: fewer, larger checkpoints.
  RETURN_IF_ERROR(
      database.Execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                       "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096;"
                       "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON"));
  std::string mode;
  RETURN_IF_ERROR(database.Query("PRAGMA journal_mode", [&mode](const Row& row) {
    mode = row.Text(0);
    return false;
  }));
  if (mode != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": this file system cannot hold a write-ahead log; put the database on a local disk"));
  }
  RETURN_IF_ERROR(Migrate(database));
  return database;
}

absl::StatusOr<Database> OpenForReading(const std::string& path) {
  ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Mode::kReadOnly));
  ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(database));
  if (version != kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": schema ", version, ", expected ", kSchemaVersion,
                     "; start kortvakt-collector serve once to bring it up"));
  }
  return database;
}

absl::Status BackupDatabase(const std::string& path, const std::string& target) {
  if (access(target.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(absl::StrCat(target, ": exists; a backup never overwrites"));
  }
  ASSIGN_OR_RETURN(Database database, OpenForReading(path));
  const std::string partial = target + ".partial";
  const int descriptor = open(partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return ErrnoStatus(errno, partial);
  close(descriptor);
  absl::Status status = database.Write("VACUUM INTO ?", partial);
  if (status.ok()) status = SyncFile(partial, O_RDWR);
  // link(2) rather than rename(2): it fails when the target came to be meanwhile.
  if (status.ok() && link(partial.c_str(), target.c_str()) != 0) status = ErrnoStatus(errno, target);
  unlink(partial.c_str());
  if (status.ok()) status = SyncFile(FolderOf(target), O_RDONLY | O_DIRECTORY);
  return Annotate(status, "backup");
}

}  // namespace kortvakt
