// A process that gives up what it may do.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kortvakt {

// Makes this process one of `uid` and `gid`, without other groups, without any
// capability and without a way back; as it is already, it keeps its groups. Needs
// CAP_SETUID and CAP_SETGID (root has them) to become another. kPermissionDenied:
// they are not there. On any error end the process: it may be half of each.
absl::Status BecomeUser(uint32_t uid, uint32_t gid);

// Bounds what this process can use: memory, open files, no file written, no child,
// no core file, and `time`, after which it is killed (SIGALRM). It is killed too when its
// parent ends, where the parent may signal it (kill(2)): without CAP_KILL not one that has
// become another user. After BecomeUser, which clears that.
absl::Status LimitYourself(absl::Duration time);

// Whether this process may become another user.
bool MayBecomeUsers();

}  // namespace kortvakt
