// The collector's database file: opened by one collector at a time, checked,
// brought to the newest schema.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/store/sqlite.h"

namespace kortvakt {

// Holds PATH.lock (flock(2)) as long as it lives: two collectors on one file
// would each believe to be the whole fleet. The file stays, empty.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Take(const std::string& database_path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// A connection for writing: the file is made when absent and `create` (mode 0600),
// in WAL mode with synchronous FULL, its schema brought to ours. kFailedPrecondition: another
// program's database, or written by a newer Kortvakt.
absl::StatusOr<Database> OpenForWriting(const std::string& path, bool create);

// A connection that only reads; the file must be one of ours with our schema.
absl::StatusOr<Database> OpenForReading(const std::string& path);

// Copies the database at `path`, also while a collector uses it, to `target`,
// which must not exist; it is there in full, and on disk, or not at all.
absl::Status BackupDatabase(const std::string& path, const std::string& target);

}  // namespace kortvakt
