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
  int64_t changed = 0;  // the home's modification time, Unix seconds; 0: none, or not touched
};

// People (uid 1000 and up, or root) of `root`/etc/passwd with their homes, and the
// owners of the folders in `root`/home (and in its folders that are root's), who
// may be a domain's and in no file: no directory service is asked. Each once, at most
// 2,048; those first whose homes changed last, as where somebody logs in. `root` is
// "" but in tests. Touches local file systems only.
std::vector<LocalUser> FindLocalUsers(const std::string& root, const Mounts& mounts);

}  // namespace kortvakt
