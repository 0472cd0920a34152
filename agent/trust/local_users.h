// Who has a home on this computer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/trust/mounts.h"

namespace kortvakt {

struct LocalUser {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string home;     // absolute, without symbolic links on local file systems; may not exist
  std::string why_not;  // not empty: the home must not be touched, and why
};

// Largest number of users looked at: a workstation has a handful.
inline constexpr size_t kMaxUsers = 32;

// People (uid 1000 and up, or root) of `root`/etc/passwd with their homes, and the
// owners of the folders in `root`/home (and in its folders that are root's), who
// may be a domain's and in no file: no directory service is asked. By uid, each
// once. `root` is "" but in tests. Touches local file systems only.
std::vector<LocalUser> FindLocalUsers(const std::string& root, const Mounts& mounts);

}  // namespace kortvakt
