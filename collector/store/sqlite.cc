#include "collector/store/sqlite.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// How long a statement waits for another program that holds the file, such as a
// backup or the sqlite3 shell.
constexpr int kBusyMilliseconds = 5000;

}  // namespace

int64_t Row::Int(int column) const { return sqlite3_column_int64(statement_, column); }

bool Row::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Row::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

void Database::CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void Database::FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

Database& Database::operator=(Database&& other) noexcept {
  statements_.clear();  // before the connection that they belong to
  path_ = std::move(other.path_);
  handle_ = std::move(other.handle_);
  statements_ = std::move(other.statements_);
  return *this;
}

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode) {
  const int flags =
      (mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
  Database database(path, handle);
  if (code != SQLITE_OK) return database.Error(code);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // What stands in the file is data: its schema may not run functions or be edited.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

absl::Status Database::Error(int code) const {
  const std::string reason = CleanText(sqlite3_errmsg(handle_.get()));
  const int system = sqlite3_system_errno(handle_.get());
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(absl::StrCat(path_, ": the disk is full; free some space"));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(absl::StrCat(path_, ": may not be written (", reason,
                                                      "); check owner and mode of file and folder"));
    case SQLITE_CORRUPT:
      return absl::DataLossError(absl::StrCat(
          path_, ": damaged (", reason, "); move it away and restore a backup, or start with an empty one"));
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(path_, ": not a database; [storage] path names another kind of file"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(path_, ": locked by another program; end it and try again"));
    case SQLITE_CANTOPEN: {
      const std::string why = system == 0 ? reason : std::string(ErrnoStatus(system, "open").message());
      return absl::NotFoundError(absl::StrCat(path_, ": cannot be opened (", why, ")"));
    }
    case SQLITE_IOERR: {
      const std::string why = system == 0 ? reason : std::string(ErrnoStatus(system, reason).message());
      return absl::UnavailableError(absl::StrCat(path_, ": the disk failed: ", why));
    }
    default:
      return absl::InternalError(absl::StrCat(path_, ": ", reason));
  }
}

absl::Status Database::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<sqlite3_stmt*> Database::Prepare(const char* sql) {
  const auto known = statements_.find(std::string_view(sql));
  if (known != statements_.end()) return known->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code);
  statements_.emplace(sql, statement);
  return statement;
}

absl::Status Database::Run(sqlite3_stmt* statement, const std::function<bool(const Row&)>& each) {
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW && (!each || each(Row(statement)))) code = sqlite3_step(statement);
  const absl::Status status = code == SQLITE_ROW || code == SQLITE_DONE ? absl::OkStatus() : Error(code);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return status;
}

absl::StatusOr<int64_t> Database::QueryInt(const char* sql) {
  int64_t value = 0;
  RETURN_IF_ERROR(Query(sql, [&value](const Row& row) {
    value = row.Int(0);
    return false;
  }));
  return value;
}

int64_t Database::last_insert_number() const { return sqlite3_last_insert_rowid(handle_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Database::Bind(sqlite3_stmt* statement, int index, int64_t value) {
  sqlite3_bind_int64(statement, index, value);
}
// The values outlive Run, so nothing is copied.
void Database::Bind(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void Database::Bind(sqlite3_stmt* statement, int index, Blob blob) {
  // A null pointer would bind NULL.
  const char* bytes = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  sqlite3_bind_blob64(statement, index, bytes, blob.bytes.size(), SQLITE_STATIC);
}
void Database::Bind(sqlite3_stmt* statement, int index, Null) { sqlite3_bind_null(statement, index); }

}  // namespace kortvakt
