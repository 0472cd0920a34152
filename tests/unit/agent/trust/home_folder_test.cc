#include "agent/trust/home_folder.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>

#include "tests/support/pki/openssl_oracle.h"

namespace kortvakt {
namespace {

class HomeFolderTest : public ::testing::Test {
 protected:
  HomeFolderTest() {
    std::filesystem::create_directories(folder_.path() + "/a/b");
    folder_.Write("a/b/file", "contents");
    std::filesystem::create_symlink("b", folder_.path() + "/a/link");
    std::filesystem::create_symlink("file", folder_.path() + "/a/b/link");
  }
  HomeFolder Home() const { return *HomeFolder::Open(folder_.path()); }
  absl::StatusCode CodeOf(const std::string& path) const { return Home().Read(path, 100).status().code(); }

  // Whether `check` holds in a process of its own, whose rights it may give up.
  static bool Apart(const std::function<bool()>& check) {
    const pid_t child = fork();
    if (child == 0) _exit(check() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0;
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(HomeFolderTest, ReadsAFileAndNothingThatALinkLeadsTo) {
  EXPECT_EQ(*Home().Read("a/b/file", 8), "contents");
  EXPECT_EQ(Home().Read("a/b/file", 7).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf("a/link/file"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("a/b/link"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("a/../a/b/file"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("/etc/passwd"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("a/b/none"), absl::StatusCode::kNotFound);
  EXPECT_EQ(CodeOf("a/b/file/none"), absl::StatusCode::kNotFound);
  EXPECT_EQ(CodeOf("a/b"), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(mkfifo((folder_.path() + "/a/pipe").c_str(), 0600), 0);
  EXPECT_EQ(CodeOf("a/pipe"), absl::StatusCode::kInvalidArgument);
}

TEST_F(HomeFolderTest, FindsWhatIsThere) {
  EXPECT_TRUE(Home().Find("a/b/.").ok());
  EXPECT_TRUE(Home().Find("a/b/link").ok()) << "a link is something itself";
  EXPECT_EQ(Home().Find("a/link/.").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Home().Find("c/.").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Home().SizeOf("a/b/file"), 8u);
  EXPECT_EQ(Home().SizeOf("a/link/file"), 0u);
  EXPECT_EQ(Home().NeighbourByLink("a/link"), "a/b");
  EXPECT_EQ(Home().NeighbourByLink("a/b/file"), "");
}

TEST_F(HomeFolderTest, StaysOnItsMount) {
  const std::string outside = folder_.path() + "/outside";
  std::filesystem::create_directories(outside);
  const std::string inside = folder_.path() + "/a/b";
  if (!Apart([] {
        return unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
      })) {
    GTEST_SKIP() << "needs a mount namespace";
  }
  for (const bool same_file_system : {true, false}) {
    EXPECT_TRUE(Apart([&] {
      if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return false;
      const int mounted = same_file_system ? mount(outside.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr)
                                           : mount("none", inside.c_str(), "tmpfs", 0, nullptr);
      return mounted == 0 && Home().Find("a/.").ok() &&
             Home().Find("a/b").code() == absl::StatusCode::kFailedPrecondition &&
             CodeOf("a/b/file") == absl::StatusCode::kFailedPrecondition;
    })) << same_file_system;
  }
}

// As in the agent's service: RestrictSUIDSGID= answers openat2(2) with ENOSYS.
TEST_F(HomeFolderTest, ReadsInAServiceThatMayNotUseOpenat2) {
  EXPECT_TRUE(Apart([&] {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter = {sizeof program / sizeof program[0], program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
      return false;
    const bool forbidden = syscall(SYS_openat2, -1, "", nullptr, 0) == -1 && errno == ENOSYS;
    return forbidden && Home().Read("a/b/file", 100).value_or("") == "contents";
  }));
}

}  // namespace
}  // namespace kortvakt
