#include "tests/support/pcsc/private_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

absl::Status WriteWhole(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return ErrnoStatus(errno, path);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(file);
  return written ? absl::OkStatus() : ErrnoStatus(error, path);
}

// Root in a new user namespace is we; setgroups is given up first, as
// user_namespaces(7) asks of those without rights.
absl::Status MapOurselvesToRoot(uid_t user, gid_t group) {
  RETURN_IF_ERROR(WriteWhole("/proc/self/setgroups", "deny"));
  RETURN_IF_ERROR(WriteWhole("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")));
  return WriteWhole("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
}

absl::Status LoopbackUp() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return ErrnoStatus(errno, "socket");
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  const int result = ioctl(socket, SIOCSIFFLAGS, &request);
  const int error = errno;
  close(socket);
  return result == 0 ? absl::OkStatus() : ErrnoStatus(error, "bringing the loopback up");
}

absl::Status Bind(const std::string& from, const char* to) {
  if (mount(from.c_str(), to, nullptr, MS_BIND, nullptr) != 0) {
    return ErrnoStatus(errno, absl::StrCat("mounting ", from, " on ", to));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EnterPrivateNamespaces(const std::string& run, const std::string& empty) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  const int flags = CLONE_NEWNS | CLONE_NEWNET | (user == 0 ? 0 : CLONE_NEWUSER);
  if (unshare(flags) != 0) {
    return ErrnoStatus(errno, "unshare (needs root, or user namespaces that ordinary users may make)");
  }
  if (user != 0) RETURN_IF_ERROR(MapOurselvesToRoot(user, group));
  // Nothing mounted here is to show outside.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return ErrnoStatus(errno, "mount /");
  RETURN_IF_ERROR(Bind(empty, "/usr/lib/pcsc/drivers"));
  RETURN_IF_ERROR(Bind(run, "/run"));
  return LoopbackUp();
}

}  // namespace kortvakt::testing
