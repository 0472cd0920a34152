// A home of a made-up user, below a folder that stands for the whole computer.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt::testing {

// Whether this test may make files of others and become them.
inline bool IsRoot() { return geteuid() == 0; }

inline std::string ReaderProgram() {
  const char* folder = std::getenv("KORTVAKT_BIN");
  return absl::StrCat(folder == nullptr ? "." : folder, "/kortvakt-trust-reader");
}

// A computer whose /etc and /home are below a folder. As root its users are real
// ones as far as the kernel is concerned: numbers that no account has.
class Computer {
 public:
  static constexpr uid_t kFirst = 61234;
  static constexpr uid_t kSecond = 61235;

  Computer() {
    // The temporary folder is ours alone by default; homes must be reachable for their users.
    chmod(folder_.path().c_str(), 0755);
    std::filesystem::create_directories(folder_.path() + "/etc");
    folder_.Write("mountinfo", "1 0 0:1 / / rw - ext4 x rw\n");
  }
  const std::string& root() const { return folder_.path(); }
  std::string mountinfo() const { return root() + "/mountinfo"; }
  const TemporaryFolder& folder() const { return folder_; }

  // Adds a user with a home that only he may enter; without root, this process's user.
  std::string AddUser(uid_t uid) {
    const std::string home = absl::StrCat("/home/", uid);
    std::filesystem::create_directories(root() + home);
    if (!IsRoot()) uid = geteuid();
    absl::StrAppend(&passwd_, "u", uid, ":x:", uid, ":", uid, "::", home, ":/bin/sh\n");
    folder_.Write("etc/passwd", passwd_);
    return root() + home;
  }
  // Gives everything below `home` to `uid`: folders 0700, files 0600.
  static void GiveAway(const std::string& home, uid_t uid) {
    Output(absl::StrCat("chmod -R u=rwX,go= ", home));
    if (IsRoot()) Output(absl::StrCat("chown -hR ", uid, ":", uid, " ", home));
  }

 private:
  TemporaryFolder folder_;
  std::string passwd_;
};

}  // namespace kortvakt::testing
