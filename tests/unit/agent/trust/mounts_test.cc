#include "agent/trust/mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/trust/local_users.h"
#include "tests/support/pki/openssl_oracle.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryFolder;

constexpr char kTable[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "30 27 0:30 / /home rw,relatime - autofs systemd-1 rw,fd=45\n"
    "31 30 0:31 / /home/mounted rw,relatime shared:9 master:2 - nfs4 server:/x rw\n"
    "32 27 0:32 / /data rw - autofs systemd-1 rw\n"
    "33 32 0:33 / /data rw - xfs /dev/vdb rw\n"
    "34 27 0:34 / /with\\040space rw - tmpfs none rw\n"
    "this is no line\n"
    "35 27 0:35 /\n";

TEST(MountsTest, SaysWhatAPathIsOn) {
  const Mounts mounts = Mounts::Parse(kTable);
  EXPECT_EQ(mounts.TypeAt("/"), "ext4");
  EXPECT_EQ(mounts.TypeAt("/etc/passwd"), "ext4");
  EXPECT_EQ(mounts.TypeAt("/home/"), "autofs");
  EXPECT_EQ(mounts.TypeAt("/home/other/x"), "autofs");
  EXPECT_EQ(mounts.TypeAt("/home/mounted/x"), "nfs4");
  EXPECT_EQ(mounts.TypeAt("/home/mountedtoo"), "autofs");
  EXPECT_EQ(mounts.TypeAt("/data/x"), "xfs") << "what is mounted over the autofs counts";
  EXPECT_EQ(mounts.TypeAt("/with space/x"), "tmpfs");
  EXPECT_EQ(Mounts::Parse("").TypeAt("/x"), "");
}

TEST(MountsTest, LocalIsWhatCannotHang) {
  const Mounts mounts = Mounts::Parse(kTable);
  EXPECT_TRUE(mounts.IsLocal("/etc"));
  EXPECT_TRUE(mounts.IsLocal("/data"));
  EXPECT_FALSE(mounts.IsLocal("/home/mounted"));
  EXPECT_FALSE(mounts.IsLocal("/home/other"));
  EXPECT_FALSE(Mounts::Parse("").IsLocal("/")) << "unknown";
}

TEST(MountsTest, RefusesAPathThatATouchWouldMount) {
  const TemporaryFolder folder;
  const std::string table =
      "1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / " + folder.path() + "/net rw - autofs x rw\n";
  const Mounts mounts = Mounts::Parse(table);
  fs::create_directory(folder.path() + "/real");
  fs::create_directory_symlink("real", folder.path() + "/link");
  fs::create_directory_symlink(folder.path() + "/net/testa", folder.path() + "/away");
  fs::create_directory_symlink("loop", folder.path() + "/loop");
  EXPECT_EQ(*mounts.Resolve(folder.path() + "/link/x"), folder.path() + "/real/x");
  EXPECT_EQ(*mounts.Resolve(folder.path() + "/./real/../link"), folder.path() + "/real");
  EXPECT_TRUE(absl::IsUnavailable(mounts.Resolve(folder.path() + "/net/testa").status()));
  EXPECT_TRUE(absl::IsUnavailable(mounts.Resolve(folder.path() + "/away/x").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(mounts.Resolve(folder.path() + "/loop").status()));
  EXPECT_EQ(*mounts.Resolve("/"), "/");
}

struct Computer {
  TemporaryFolder folder;
  std::string autofs;  // a path that is one
  void Passwd(const std::string& text) const {
    fs::create_directories(folder.path() + "/etc");
    folder.Write("etc/passwd", text);
  }
  std::vector<LocalUser> Users() const {
    std::string table = "1 0 0:1 / / rw - ext4 x rw\n";
    if (!autofs.empty()) table += "2 1 0:2 / " + folder.path() + autofs + " rw - autofs x rw\n";
    return FindLocalUsers(folder.path(), Mounts::Parse(table));
  }
};

TEST(LocalUsersTest, ArePeopleOfThePasswordFile) {
  const Computer computer;
  computer.Passwd(
      "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/bin/sh\n"
      "testa:x:1000:1001:Testa "
      "Testsson,,,:/home/testa:/bin/bash\nnobody:x:65534:65534::/nonexistent:/bin/sh\n"
      "again:x:1000:5::/home/again:/bin/sh\nbad:x:y:1::/home/bad:/bin/sh\nshort:x:1002\n"
      "relative:x:1003:1003::home:/bin/sh\nslash:x:1004:1004::/:/bin/sh\nnegative:x:-1:1::/home/n:/bin/sh\n");
  const auto users = computer.Users();
  ASSERT_THAT(users, SizeIs(2));
  EXPECT_EQ(users[0].uid, 0u);
  EXPECT_EQ(users[1].uid, 1000u);
  EXPECT_EQ(users[1].gid, 1001u);
  EXPECT_EQ(users[1].home, computer.folder.path() + "/home/testa");
  EXPECT_EQ(users[1].why_not, "");
}

TEST(LocalUsersTest, AreAlsoOwnersOfHomesWhoAreInNoFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives folders away";
  const Computer computer;
  for (const auto& [path, uid] : std::vector<std::pair<std::string, uid_t>>{{"/home", 0},
                                                                            {"/home/a", 100200},
                                                                            {"/home/DOMAIN", 0},
                                                                            {"/home/DOMAIN/b", 100201},
                                                                            {"/home/system", 33}}) {
    fs::create_directory(computer.folder.path() + path);
    ASSERT_EQ(chown((computer.folder.path() + path).c_str(), uid, 100), 0);
  }
  fs::create_directory_symlink("a", computer.folder.path() + "/home/link");
  const auto users = computer.Users();
  ASSERT_THAT(users, SizeIs(2));
  EXPECT_EQ(users[0].uid, 100200u);
  EXPECT_EQ(users[0].gid, 65534u) << "a group of the system is not a person's";
  EXPECT_EQ(users[1].home, computer.folder.path() + "/home/DOMAIN/b");
}

TEST(LocalUsersTest, AHomeThatIsNotMountedIsNotTouched) {
  Computer computer;
  computer.Passwd("testa:x:1000:1000::/home/testa:/bin/bash\n");
  computer.autofs = "/home";
  const auto users = computer.Users();
  ASSERT_THAT(users, SizeIs(1));
  EXPECT_THAT(users[0].why_not, HasSubstr("not mounted"));
}

TEST(LocalUsersTest, AreInTheOrderInWhichTheirHomesChanged) {
  const Computer computer;
  computer.Passwd(
      "old:x:1000:1000::/home/old:/bin/sh\nnone:x:1001:1001::/home/none:/bin/sh\n"
      "new:x:1002:1002::/home/new:/bin/sh\n");
  const auto now = fs::file_time_type::clock::now();
  for (const auto& [name, age] : {std::pair("old", 30), std::pair("new", 0)}) {
    const std::string home = computer.folder.path() + "/home/" + name;
    fs::create_directories(home);
    fs::last_write_time(home, now - std::chrono::hours(24 * age));
  }
  std::vector<uint32_t> uids;
  for (const LocalUser& user : computer.Users()) {
    if (user.uid != geteuid()) uids.push_back(user.uid);
  }
  EXPECT_THAT(uids, ElementsAre(1002u, 1000u, 1001u));
}

TEST(LocalUsersTest, AreBounded) {
  const Computer computer;
  EXPECT_THAT(computer.Users(), IsEmpty());
  std::string many;
  for (int i = 0; i < 3000; ++i)
    many += "u:x:" + std::to_string(2000 + i) + ":1::/home/u" + std::to_string(i) + ":\n";
  computer.Passwd(many);
  EXPECT_THAT(computer.Users(), SizeIs(2048));
}

}  // namespace
}  // namespace kortvakt
