#include "agent/trust/local_users.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/files.h"

namespace kortvakt {
namespace {

// Debian Policy 9.2.2: people have 1000 to 59999; 65534 is nobody; what a domain maps is above.
constexpr uint32_t kFirstPerson = 1000;
constexpr uint32_t kNobody = 65534;
constexpr size_t kMaxPasswd = 4u << 20;
constexpr size_t kMaxFolders = 1024;
constexpr size_t kMaxUsers = 2048;

using Users = std::map<uint32_t, LocalUser>;

bool IsPerson(uint32_t uid) { return uid == 0 || (uid >= kFirstPerson && uid != kNobody); }

int64_t ChangedAt(const std::string& home) {
  struct stat status {};
  const bool found = fstatat(AT_FDCWD, home.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0;
  return found ? status.st_mtim.tv_sec : 0;
}

void Add(uint32_t uid, uint32_t gid, const std::string& home, const Mounts& mounts, Users& users) {
  if (!IsPerson(uid) || users.size() == kMaxUsers || users.count(uid) > 0) return;
  const absl::StatusOr<std::string> resolved = mounts.Resolve(home);
  users[uid] = {uid, gid, resolved.ok() ? *resolved : home,
                resolved.ok() ? "" : std::string(resolved.status().message()),
                resolved.ok() ? ChangedAt(*resolved) : 0};
}

void AddPasswd(const std::string& root, const Mounts& mounts, Users& users) {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(root, "/etc/passwd"), kMaxPasswd);
  if (!text.ok()) return;
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    // passwd(5): name, password, uid, gid, comment, home, shell
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    uint32_t uid = 0;
    uint32_t gid = 0;
    if (fields.size() != 7 || !absl::SimpleAtoi(fields[2], &uid) || !absl::SimpleAtoi(fields[3], &gid))
      continue;
    if (fields[5].size() < 2 || fields[5].front() != '/') continue;
    Add(uid, gid, absl::StrCat(root, fields[5]), mounts, users);
  }
}

void AddOwners(const std::string& folder, int depth, const Mounts& mounts, Users& users) {
  if (!mounts.IsLocal(folder)) return;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (size_t count = 0; !error && entry != std::filesystem::directory_iterator() && count < kMaxFolders;
       entry.increment(error), ++count) {
    const std::string path = entry->path().string();
    struct stat status {};
    if (!mounts.IsLocal(path)) continue;
    if (fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) continue;
    if (!S_ISDIR(status.st_mode)) continue;
    if (status.st_uid >= kFirstPerson) {
      // A folder that was made by root and given away without its group is still root's
      // group's, which what reads it shall not be.
      const uint32_t gid = status.st_gid < kFirstPerson ? kNobody : status.st_gid;
      Add(status.st_uid, gid, path, mounts, users);
    } else if (depth > 0) {
      AddOwners(path, depth - 1, mounts, users);  // of a domain: /home/DOMAIN/…
    }
  }
}

}  // namespace

std::vector<LocalUser> FindLocalUsers(const std::string& root, const Mounts& mounts) {
  Users users;
  AddPasswd(root, mounts, users);
  AddOwners(absl::StrCat(root, "/home"), 1, mounts, users);
  std::vector<LocalUser> result;
  for (const auto& [uid, user] : users) result.push_back(user);
  std::stable_sort(result.begin(), result.end(),
                   [](const LocalUser& a, const LocalUser& b) { return a.changed > b.changed; });
  return result;
}

}  // namespace kortvakt
