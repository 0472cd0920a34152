#include "tests/support/crash/power_cut.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>

#include "common/base/descriptor.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "tests/support/crash/journal.h"

namespace kortvakt::testing {
namespace {

absl::Status UndoContents(const JournalRecord& record) {
  const Descriptor file(open(record.path.c_str(), O_WRONLY | O_CLOEXEC));
  // The file's own creation may have been taken back already, or its name moved.
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0 || status.st_ino != record.key)
    return absl::OkStatus();
  if (pwrite(file.get(), record.before.data(), record.before.size(), record.offset) !=
          static_cast<ssize_t>(record.before.size()) ||
      ftruncate(file.get(), record.size) != 0) {
    return ErrnoStatus(errno, "taking back " + record.path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CutPower(const std::string& journal, int* undone) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(journal, 1u << 30));
  const std::vector<JournalRecord> records = Decode(text);
  // Where the last sync of each inode stands.
  std::map<uint64_t, size_t> file_synced;
  std::map<uint64_t, size_t> folder_synced;
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].type == 'S') file_synced[records[i].key] = i;
    if (records[i].type == 'D') folder_synced[records[i].key] = i;
  }
  for (size_t i = records.size(); i-- > 0;) {
    const JournalRecord& record = records[i];
    if (record.type == 'S' || record.type == 'D') continue;
    const auto& synced = record.type == 'w' ? file_synced : folder_synced;
    const auto sync = synced.find(record.key);
    if (sync != synced.end() && sync->second > i) continue;
    if (undone != nullptr) ++*undone;
    if (record.type == 'w') {
      RETURN_IF_ERROR(UndoContents(record));
    } else if (record.type == 'c') {
      unlink(record.path.c_str());
    } else {
      std::ofstream(record.path, std::ios::binary | std::ios::trunc) << record.before;
    }
  }
  unlink(journal.c_str());
  return absl::OkStatus();
}

std::string UnsyncedLibrary() {
  const char* path = std::getenv("KORTVAKT_UNSYNCED");
  return path == nullptr ? "" : path;
}

}  // namespace kortvakt::testing
