#include "agent/trust/become_user.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "common/base/status.h"

namespace kortvakt {
namespace {

// SQLite has a database of 32 MiB in memory, and copies of what is in it.
constexpr rlim_t kMaxMemory = 512u << 20;
constexpr rlim_t kMaxFiles = 64;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;  // its shadow is terabytes of address space
#else
constexpr bool kSanitized = false;
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

using Capabilities = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

absl::Status DropCapabilities() {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return ErrnoStatus(errno, "clearing ambient capabilities");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Capabilities none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) return ErrnoStatus(errno, "dropping capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return ErrnoStatus(errno, "giving up new privileges");
  return absl::OkStatus();
}

absl::Status Limit(__rlimit_resource_t resource, rlim_t limit, const char* what) {
  const rlimit both{limit, limit};
  return setrlimit(resource, &both) == 0 ? absl::OkStatus() : ErrnoStatus(errno, what);
}

}  // namespace

bool MayBecomeUsers() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Capabilities mine{};
  if (syscall(SYS_capget, &header, mine.data()) != 0) return false;
  constexpr uint32_t kWanted = 1u << CAP_SETUID | 1u << CAP_SETGID;
  return (mine[0].effective & kWanted) == kWanted;
}

absl::Status BecomeUser(uint32_t uid, uint32_t gid) {
  if (geteuid() != uid || getegid() != gid) {
    const gid_t group = gid;
    if (setgroups(1, &group) != 0) return ErrnoStatus(errno, "setgroups");
    if (setresgid(gid, gid, gid) != 0) return ErrnoStatus(errno, "setresgid");
    if (setresuid(uid, uid, uid) != 0) return ErrnoStatus(errno, "setresuid");
  }
  RETURN_IF_ERROR(DropCapabilities());
  if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0)) {
    return absl::InternalError("became root again, which must not be possible");
  }
  return absl::OkStatus();
}

absl::Status LimitYourself(absl::Duration time) {
  if (!kSanitized) RETURN_IF_ERROR(Limit(RLIMIT_AS, kMaxMemory, "limiting memory"));
  RETURN_IF_ERROR(Limit(RLIMIT_CORE, 0, "limiting core files"));
  RETURN_IF_ERROR(Limit(RLIMIT_FSIZE, 0, "limiting files written"));
  RETURN_IF_ERROR(Limit(RLIMIT_NOFILE, kMaxFiles, "limiting open files"));
  if (!kSanitized) RETURN_IF_ERROR(Limit(RLIMIT_NPROC, 0, "limiting processes"));
  // After the change of user, which clears it (prctl(2)).
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return ErrnoStatus(errno, "binding to the parent");
  const timeval after = absl::ToTimeval(time);
  const itimerval timer{{0, 0}, after};
  if (setitimer(ITIMER_REAL, &timer, nullptr) != 0) return ErrnoStatus(errno, "setting the time limit");
  return absl::OkStatus();
}

}  // namespace kortvakt
