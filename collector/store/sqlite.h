// SQLite behind two small classes; no SQLite type leaves this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kortvakt {

// Bytes to bind as a BLOB; texts are bound as TEXT.
struct Blob {
  std::string_view bytes;
};
// SQL NULL.
struct Null {};

// A row of an answer; valid within the callback that gets it. A column that has
// another type, or is not there, reads as 0 or empty.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  int64_t Int(int column) const;
  bool IsNull(int column) const;
  // Valid until the next row.
  std::string_view Bytes(int column) const;
  std::string Text(int column) const { return std::string(Bytes(column)); }

 private:
  sqlite3_stmt* statement_;
};

// One connection. Not thread-safe. Errors are one line that names the file:
//   kResourceExhausted  the disk is full
//   kPermissionDenied   may not be read or written
//   kDataLoss           damaged, or no SQLite database
//   kUnavailable        locked by another program, or the disk failed
//   kNotFound           cannot be opened
class Database {
 public:
  enum class Mode { kReadOnly, kReadWrite };
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  // Runs statements that need no values and give no rows.
  absl::Status Execute(const char* sql);

  // Runs one statement with `values` for its "?", in order; `each` gets the rows
  // and returns false to stop. The statement is compiled once and kept.
  template <typename... Values>
  absl::Status Query(const char* sql, const std::function<bool(const Row&)>& each, const Values&... values) {
    absl::StatusOr<sqlite3_stmt*> statement = Prepare(sql);
    if (!statement.ok()) return statement.status();
    int index = 0;
    (Bind(*statement, ++index, values), ...);
    return Run(*statement, each);
  }
  template <typename... Values>
  absl::Status Write(const char* sql, const Values&... values) {
    return Query(sql, nullptr, values...);
  }
  // The only number of the only row; 0 when there is none.
  absl::StatusOr<int64_t> QueryInt(const char* sql);

  int64_t last_insert_number() const;
  // Whether a transaction is open.
  bool in_transaction() const;
  const std::string& path() const { return path_; }

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database(std::string path, sqlite3* handle);
  absl::StatusOr<sqlite3_stmt*> Prepare(const char* sql);
  absl::Status Run(sqlite3_stmt* statement, const std::function<bool(const Row&)>& each);
  absl::Status Error(int code) const;
  static void Bind(sqlite3_stmt* statement, int index, int64_t value);
  static void Bind(sqlite3_stmt* statement, int index, const std::string& text);
  static void Bind(sqlite3_stmt* statement, int index, Blob blob);
  static void Bind(sqlite3_stmt* statement, int index, Null null);

  std::string path_;
  std::unique_ptr<sqlite3, CloseDatabase> handle_;
  // By SQL text; declared after the handle, so that they go first.
  std::map<std::string, std::unique_ptr<sqlite3_stmt, FinalizeStatement>, std::less<>> statements_;
};

}  // namespace kortvakt
