#include "agent/trust/user_stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/trust/user_home.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using testing::Computer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsRoot;
using testing::Issued;
using testing::NamedCa;
using testing::NssDatabase;
using testing::Output;
using ::testing::SizeIs;

constexpr size_t kRoom = 64;

struct Fixture {
  Computer computer;
  UserStores stores{{testing::ReaderProgram(), computer.root(), computer.mountinfo()}, SystemClock()};
};

TEST(UserStoresTest, ReadsTheDatabaseThatOnlyItsUserMayRead) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can become another user";
  Fixture f;
  const Issued a = NamedCa("a");
  const Issued b = NamedCa("b");
  for (const auto& [uid, ca] : {std::pair(Computer::kFirst, &a), std::pair(Computer::kSecond, &b)}) {
    const std::string home = f.computer.AddUser(uid);
    fs::create_directories(home + "/.config/chromium");
    NssDatabase(home + "/.pki/nssdb").Add(*ca, "C,,");
    Computer::GiveAway(home, uid);
  }
  const std::vector<UserStore>& stores = f.stores.Look(kRoom);
  ASSERT_THAT(stores, SizeIs(2));
  EXPECT_EQ(stores[0].owner, "uid:61234");
  EXPECT_EQ(stores[0].reading.location, "~/.pki/nssdb");
  EXPECT_EQ(stores[0].reading.contents.state, TrustStoreState::kRead) << stores[0].reading.contents.detail;
  ASSERT_THAT(stores[0].reading.contents.entries, SizeIs(1));
  EXPECT_EQ(stores[0].reading.contents.entries[0].sha256, a.sha256);
  EXPECT_EQ(stores[1].owner, "uid:61235");
  ASSERT_THAT(stores[1].reading.contents.entries, SizeIs(1));
  EXPECT_EQ(stores[1].reading.contents.entries[0].sha256, b.sha256);
}

TEST(UserStoresTest, TheProcessHasNoMoreRightsThanTheUser) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can become another user";
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const NssDatabase database(home + "/.pki/nssdb");
  Computer::GiveAway(home, Computer::kFirst);
  // Root could read it; the user cannot.
  ASSERT_EQ(chown(database.file().c_str(), 0, 0), 0);
  const std::vector<UserStore>& stores = f.stores.Look(kRoom);
  ASSERT_THAT(stores, SizeIs(1));
  EXPECT_EQ(stores[0].reading.contents.state, TrustStoreState::kUnreadable);
  EXPECT_THAT(stores[0].reading.contents.detail, HasSubstr("Permission denied"));
}

// As the service has it: not root, with the two capabilities that the unit gives.
TEST(UserStoresTest, TheServicesRightsSuffice) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can give capabilities";
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const Issued ca = NamedCa("a");
  NssDatabase(home + "/.pki/nssdb").Add(ca, "C,,");
  Computer::GiveAway(home, Computer::kFirst);
  // Where the service's user may run it: the build folder may be closed to him.
  const std::string program = f.computer.root() + "/reader";
  fs::copy(testing::ReaderProgram(), program);
  const auto run = [&](const std::string& capabilities) {
    const std::string output = f.computer.folder().Write("answer", "");
    Output(
        absl::StrCat("setpriv --reuid=61000 --regid=61000 --clear-groups --no-new-privs --bounding-set=-all,",
                     capabilities, " --inh-caps=-all,", capabilities, " --ambient-caps=-all,", capabilities,
                     " ", program, " home 61234 61234 ", home, " < /dev/null | cat > ", output));
    return DecodeReadings(*ReadFile(output));
  };
  const auto readings = run("+setuid,+setgid");
  ASSERT_TRUE(readings.ok()) << readings.status();
  ASSERT_THAT(*readings, SizeIs(1));
  ASSERT_THAT(readings->front().contents.entries, SizeIs(1));
  EXPECT_EQ(readings->front().contents.entries[0].sha256, ca.sha256);
  EXPECT_FALSE(run("+setgid").ok()) << "without them it reads nothing";
}

TEST(UserStoresTest, AHomeThatIsAnothersIsNotReadAsHis) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can become another user";
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const NssDatabase database(home + "/.pki/nssdb");
  Output("chmod -R a+rX " + home);
  EXPECT_THAT(f.stores.Look(kRoom), IsEmpty());
}

TEST(UserStoresTest, TakesWhatIsUnchangedFromBeforeAndSeesChanges) {
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const NssDatabase database(home + "/.pki/nssdb");
  database.Add(NamedCa("a"), "C,,");
  Computer::GiveAway(home, Computer::kFirst);
  EXPECT_THAT(f.stores.Look(kRoom).at(0).reading.contents.entries, SizeIs(1));
  EXPECT_FALSE(f.stores.Look(kRoom).empty());
  EXPECT_TRUE(f.stores.Look(kRoom).at(0).reading.unchanged);
  EXPECT_THAT(f.stores.Look(kRoom).at(0).reading.contents.entries, SizeIs(1));
  database.Add(NamedCa("b"), "C,,");
  Computer::GiveAway(home, Computer::kFirst);
  EXPECT_FALSE(f.stores.Look(kRoom).at(0).reading.unchanged);
  EXPECT_THAT(f.stores.Look(kRoom).at(0).reading.contents.entries, SizeIs(2));
  fs::remove_all(home + "/.pki");
  EXPECT_THAT(f.stores.Look(kRoom), IsEmpty());
}

TEST(UserStoresTest, LoadsNoLibraryThatADatabaseNames) {
  Fixture f;
  const std::string home = f.computer.AddUser(Computer::kFirst);
  const NssDatabase database(home + "/.pki/nssdb");
  database.Add(NamedCa("a"), "C,,");
  const char* bin = std::getenv("KORTVAKT_BIN");
  ASSERT_NE(bin, nullptr);
  fs::copy(absl::StrCat(bin, "/../tests/bin/kortvakt_planted.so"), home + "/planted.so");
  std::ofstream(database.folder() + "/pkcs11.txt", std::ios::app)
      << "\nlibrary=" << home << "/planted.so\nname=planted\nNSS=trustOrder=50\n\n";
  Computer::GiveAway(home, Computer::kFirst);

  const std::vector<UserStore>& stores = f.stores.Look(kRoom);
  ASSERT_THAT(stores, SizeIs(1));
  EXPECT_EQ(stores[0].reading.contents.state, TrustStoreState::kRead);
  EXPECT_THAT(stores[0].reading.contents.entries, SizeIs(1));
  EXPECT_FALSE(fs::exists(home + "/loaded")) << "the library was loaded";

  // The test bites: NSS's own tool does load it.
  database.CertUtil("-L");
  EXPECT_TRUE(fs::exists(home + "/loaded")) << "the planted library would not have told";
}

TEST(UserStoresTest, SaysWhyAHomeIsNotLookedAt) {
  Computer computer;
  const std::string home = computer.AddUser(Computer::kFirst);
  Computer::GiveAway(home, Computer::kFirst);
  computer.folder().Write("mountinfo", absl::StrCat("1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / ", computer.root(),
                                                    "/home rw - autofs x rw\n"));
  UserStores stores({testing::ReaderProgram(), computer.root(), computer.mountinfo()}, SystemClock());
  ASSERT_THAT(stores.Look(kRoom), SizeIs(1));
  EXPECT_EQ(stores.Look(kRoom)[0].reading.location, "~");
  EXPECT_EQ(stores.Look(kRoom)[0].reading.contents.state, TrustStoreState::kAbsent);
  EXPECT_THAT(stores.Look(kRoom)[0].reading.contents.detail, HasSubstr("not mounted"));
}

TEST(UserStoresTest, AReaderThatIsNotThereIsTold) {
  Computer computer;
  computer.AddUser(Computer::kFirst);
  UserStores stores({"/nonexistent/reader", computer.root(), computer.mountinfo()}, SystemClock());
  ASSERT_THAT(stores.Look(kRoom), SizeIs(1));
  EXPECT_THAT(stores.Look(kRoom)[0].reading.contents.detail, HasSubstr("/nonexistent/reader"));
}

TEST(UserStoresTest, WhereThereIsNoRoomTheLastAtWorkAreToldAndTheOthersCounted) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can become another user";
  Fixture f;
  const auto now = fs::file_time_type::clock::now();
  for (const uid_t uid : {Computer::kFirst, Computer::kSecond}) {
    const std::string home = f.computer.AddUser(uid);
    const NssDatabase database(home + "/.pki/nssdb");
    Computer::GiveAway(home, uid);
    fs::last_write_time(home, uid == Computer::kFirst ? now - std::chrono::hours(1) : now);
  }
  ASSERT_THAT(f.stores.Look(3), SizeIs(2));
  const std::vector<UserStore>& stores = f.stores.Look(2);
  ASSERT_THAT(stores, SizeIs(2));
  EXPECT_EQ(stores[0].owner, "uid:61235");
  EXPECT_EQ(stores[0].reading.location, "~/.pki/nssdb");
  EXPECT_EQ(stores[1].owner, "uid:61234");
  EXPECT_EQ(stores[1].reading.location, "~");
  EXPECT_EQ(stores[1].reading.contents.detail, "1 more user not looked at");
}

TEST(UserStoresTest, CountsUsersBeyond32) {
  if (!IsRoot()) GTEST_SKIP() << "NOT TESTED: only root can become another user";
  Computer computer;
  for (uid_t i = 0; i < 40; ++i) computer.AddUser(Computer::kFirst + i);
  computer.folder().Write("mountinfo", absl::StrCat("1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / ", computer.root(),
                                                    "/home rw - autofs x rw\n"));
  UserStores users({testing::ReaderProgram(), computer.root(), computer.mountinfo()}, SystemClock());
  const std::vector<UserStore>& stores = users.Look(kRoom);
  ASSERT_THAT(stores, SizeIs(33));
  EXPECT_THAT(stores[0].reading.contents.detail, HasSubstr("not mounted"));
  EXPECT_EQ(stores[32].reading.contents.detail, "8 more users not looked at");
}

}  // namespace
}  // namespace kortvakt
