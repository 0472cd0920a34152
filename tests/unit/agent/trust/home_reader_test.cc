#include "agent/trust/home_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/trust/nss_database.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::NamedCa;
using testing::NssDatabase;
using ::testing::SizeIs;
using testing::TemporaryFolder;

constexpr char kIni[] = "[Profile0]\nName=x\nIsRelative=1\nPath=ab12cd34.default\n";

struct Home {
  TemporaryFolder folder;
  std::string Path(const std::string& below) const { return folder.path() + "/" + below; }
  void Folder(const std::string& below) const { fs::create_directories(Path(below)); }
  void Write(const std::string& below, const std::string& text) const {
    fs::create_directories(fs::path(Path(below)).parent_path());
    folder.Write(below, text);
  }
  std::vector<StoreReading> Read(const KnownDigests& known = {}) const {
    const auto home = HomeFolder::Open(folder.path());
    EXPECT_TRUE(home.ok()) << home.status();
    return ReadHome(*home, known);
  }
  StoreReading ReadOne(const KnownDigests& known = {}) const {
    std::vector<StoreReading> readings = Read(known);
    EXPECT_THAT(readings, SizeIs(1));
    return readings.empty() ? StoreReading() : readings.front();
  }
};

TEST(HomeReaderTest, AnEmptyHomeHasNoStore) { EXPECT_THAT(Home().Read(), IsEmpty()); }

TEST(HomeReaderTest, ChromiumHasTheFirstDatabaseThatExists) {
  const Home home;
  home.Folder(".config/chromium");
  home.Folder(".config/google-chrome");
  StoreReading reading = home.ReadOne();
  EXPECT_EQ(reading.location, "~/.local/share/pki/nssdb");
  EXPECT_EQ(reading.contents.state, TrustStoreState::kAbsent);
  EXPECT_THAT(reading.browsers, ElementsAre("Chromium", "Google Chrome"));

  const Issued later = NamedCa("later");
  NssDatabase(home.Path(".local/share/pki/nssdb")).Add(later, "C,,");
  reading = home.ReadOne();
  EXPECT_EQ(reading.contents.state, TrustStoreState::kRead);
  ASSERT_THAT(reading.contents.entries, SizeIs(1));
  EXPECT_EQ(reading.contents.entries[0].sha256, later.sha256);

  const Issued first = NamedCa("first");
  NssDatabase(home.Path(".pki/nssdb")).Add(first, "p,,");
  reading = home.ReadOne();
  EXPECT_EQ(reading.location, "~/.pki/nssdb");
  ASSERT_THAT(reading.contents.entries, SizeIs(1));
  EXPECT_EQ(reading.contents.entries[0].sha256, first.sha256);
  EXPECT_EQ(reading.contents.entries[0].trust, CaTrust::kDistrusted);
}

TEST(HomeReaderTest, FindsSnapsAndFlatpaks) {
  const Home home;
  home.Folder("snap/chromium/1234");
  fs::create_symlink("1234", home.Path("snap/chromium/current"));
  home.Folder("snap/chromium/common/chromium");
  const NssDatabase snap(home.Path("snap/chromium/1234/.pki/nssdb"));
  home.Folder(".var/app/com.google.Chrome/config/google-chrome");
  home.Write("snap/firefox/common/.mozilla/firefox/profiles.ini", kIni);
  const NssDatabase firefox(home.Path("snap/firefox/common/.mozilla/firefox/ab12cd34.default"));
  const auto readings = home.Read();
  ASSERT_THAT(readings, SizeIs(3));
  EXPECT_EQ(readings[0].location, "~/.var/app/com.google.Chrome/data/pki/nssdb");
  EXPECT_EQ(readings[0].contents.state, TrustStoreState::kAbsent);
  EXPECT_EQ(readings[1].location, "~/snap/chromium/current/.pki/nssdb");
  EXPECT_EQ(readings[1].contents.state, TrustStoreState::kRead);
  EXPECT_EQ(readings[2].location, "~/snap/firefox/common/.mozilla/firefox/profile 1");
  EXPECT_THAT(readings[2].browsers, ElementsAre("Firefox"));
}

TEST(HomeReaderTest, TakesASnapsLinkForARevisionOnly) {
  const Home home;
  home.Folder("snap/chromium/common/chromium");
  const NssDatabase named(home.Path("snap/chromium/testa/.pki/nssdb"));
  fs::create_symlink("testa", home.Path("snap/chromium/current"));
  EXPECT_THAT(home.Read(), IsEmpty());
}

// Else each of its browsers would seem to be there and to lack every CA.
TEST(HomeReaderTest, AFolderThatCannotBeEnteredIsOneStoreWithoutBrowsers) {
  const TemporaryFolder elsewhere;
  for (const char* folder : {".config", ".mozilla", ".var", "snap"}) {
    const Home home;
    fs::create_directory_symlink(elsewhere.path(), home.Path(folder));
    const StoreReading reading = home.ReadOne();
    EXPECT_EQ(reading.location, std::string("~/") + folder);
    EXPECT_EQ(reading.contents.state, TrustStoreState::kUnreadable);
    EXPECT_THAT(reading.contents.detail, HasSubstr("symbolic link"));
    EXPECT_EQ(reading.contents.unreadable_reason, UnreadableReason::kLink);
    EXPECT_THAT(reading.browsers, IsEmpty());
  }
  const Home home;
  fs::create_directory_symlink(elsewhere.path(), home.Path(".config"));
  const NssDatabase database(home.Path(".pki/nssdb"));
  const auto readings = home.Read();
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_EQ(readings[1].contents.state, TrustStoreState::kRead);
  EXPECT_THAT(readings[1].browsers, IsEmpty()) << "whose it is cannot be told";
}

TEST(HomeReaderTest, AFirefoxFolderBehindALinkIsNoFirefox) {
  const TemporaryFolder elsewhere;
  const Home home;
  home.Folder(".config");
  fs::create_directory_symlink(elsewhere.path(), home.Path(".config/mozilla"));
  const StoreReading reading = home.ReadOne();
  EXPECT_EQ(reading.contents.state, TrustStoreState::kUnreadable);
  EXPECT_THAT(reading.browsers, IsEmpty());
}

TEST(HomeReaderTest, ReadsEveryFirefoxProfileThatWasEverStarted) {
  const Home home;
  home.Write(
      ".mozilla/firefox/profiles.ini",
      "[Profile0]\nPath=ab12cd34.default\n[Profile1]\nPath=testasso.default\n[Profile2]\nPath=never.used\n"
      "[Profile3]\nIsRelative=0\nPath=/data/testa/firefox\n");
  const Issued a = NamedCa("a");
  NssDatabase(home.Path(".mozilla/firefox/ab12cd34.default")).Add(a, "C,,");
  const NssDatabase b(home.Path(".mozilla/firefox/testasso.default"));
  const auto readings = home.Read();
  ASSERT_THAT(readings, SizeIs(3));
  EXPECT_EQ(readings[0].location, "~/.mozilla/firefox/profile 1");
  EXPECT_THAT(readings[0].contents.entries, SizeIs(1));
  EXPECT_EQ(readings[1].location, "~/.mozilla/firefox/profile 2");
  EXPECT_EQ(readings[2].location, "~/.mozilla/firefox/profile 4");
  EXPECT_EQ(readings[2].contents.state, TrustStoreState::kUnreadable);
  EXPECT_EQ(readings[2].contents.unreadable_reason, UnreadableReason::kOutside);
  for (const StoreReading& reading : readings) {
    EXPECT_THAT(reading.browsers, ElementsAre("Firefox"));
    EXPECT_EQ(EncodeReadings({reading}).find("Testa"), std::string::npos) << "a name of the user's own";
    EXPECT_EQ(EncodeReadings({reading}).find("testa"), std::string::npos);
  }
}

TEST(HomeReaderTest, LeavesOutWhatIsKnownAndSaysSo) {
  const Home home;
  const NssDatabase database(home.Path(".pki/nssdb"));
  database.Add(NamedCa("a"), "C,,");
  const StoreReading first = home.ReadOne();
  EXPECT_FALSE(first.unchanged);
  const StoreReading again = home.ReadOne({first.digest, std::string(64, '0')});
  EXPECT_TRUE(again.unchanged);
  EXPECT_THAT(again.contents.entries, IsEmpty());
  database.Add(NamedCa("b"), "C,,");
  const StoreReading changed = home.ReadOne({first.digest});
  EXPECT_FALSE(changed.unchanged);
  EXPECT_THAT(changed.contents.entries, SizeIs(2));
}

TEST(HomeReaderTest, TellsTheModulesThatNssItselfRegistered) {
  const Home home;
  const NssDatabase database(home.Path(".pki/nssdb"));
  EXPECT_EQ(home.ReadOne().modules, NamedModules());
  constexpr char kOpenSc[] = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
  ASSERT_TRUE(fs::exists(kOpenSc));
  testing::Output(
      absl::StrCat("modutil -force -dbdir sql:", database.folder(), " -add OpenSC -libfile ", kOpenSc));
  EXPECT_EQ(home.ReadOne().modules, (NamedModules{{kOpenSc}, true}));
  testing::Output(absl::StrCat("modutil -force -dbdir sql:", database.folder(), " -delete OpenSC"));
  EXPECT_EQ(home.ReadOne().modules, NamedModules());
}

TEST(HomeReaderTest, SaysThatAModuleListCannotBeRead) {
  const Home home;
  const NssDatabase database(home.Path(".pki/nssdb"));
  fs::remove(database.folder() + "/pkcs11.txt");
  EXPECT_EQ(home.ReadOne().modules, NamedModules()) << "without a list it has its own modules only";
  fs::create_directory(database.folder() + "/pkcs11.txt");
  EXPECT_EQ(home.ReadOne().modules, (NamedModules{{}, false}));
  EXPECT_EQ(home.ReadOne().contents.state, TrustStoreState::kRead);
}

// What stands where the database should be, each in the way a user could arrange.
TEST(HomeReaderTest, IsNeitherHeldUpNorLedAstray) {
  const TemporaryFolder elsewhere;
  const NssDatabase other(elsewhere.path() + "/nssdb");
  other.Add(NamedCa("of somebody else"), "C,,");
  struct Trap {
    const char* reason;
    std::function<void(const Home&)> set;
  };
  const std::vector<Trap> traps = {
      {"not a regular file",
       [](const Home& home) {
         home.Folder(".pki/nssdb");
         ASSERT_EQ(mkfifo(home.Path(".pki/nssdb/cert9.db").c_str(), 0600), 0);
       }},
      {"not a regular file", [](const Home& home) { home.Folder(".pki/nssdb/cert9.db"); }},
      {"symbolic link",
       [&](const Home& home) {
         home.Folder(".pki/nssdb");
         fs::create_symlink(other.file(), home.Path(".pki/nssdb/cert9.db"));
       }},
      {"symbolic link",
       [&](const Home& home) {
         home.Folder(".pki");
         fs::create_directory_symlink(other.folder(), home.Path(".pki/nssdb"));
       }},
      {"symbolic link",
       [&](const Home& home) { fs::create_directory_symlink(elsewhere.path(), home.Path(".pki")); }},
      {"symbolic link",
       [](const Home& home) {
         home.Folder(".pki/nssdb");
         fs::create_symlink("/dev/zero", home.Path(".pki/nssdb/cert9.db"));
       }},
      {"larger than",
       [](const Home& home) {
         home.Write(".pki/nssdb/cert9.db", "");
         fs::resize_file(home.Path(".pki/nssdb/cert9.db"), kMaxNssBytes * 1024);  // sparse
       }},
      {"not an SQLite file", [](const Home& home) { home.Write(".pki/nssdb/cert9.db", "SQLite format 2"); }},
      {"not an SQLite file", [](const Home& home) { home.Write(".pki/nssdb/cert9.db", ""); }},
  };
  for (const Trap& trap : traps) {
    const Home home;
    trap.set(home);
    const StoreReading reading = home.ReadOne();
    EXPECT_EQ(reading.contents.state, TrustStoreState::kUnreadable) << trap.reason;
    EXPECT_THAT(reading.contents.detail, HasSubstr(trap.reason));
    EXPECT_EQ(reading.contents.unreadable_reason == UnreadableReason::kLink,
              std::string(trap.reason) == "symbolic link");
    EXPECT_THAT(reading.contents.entries, IsEmpty());
  }
}

TEST(HomeReaderTest, AProfilesIniThatIsAPipeIsUnreadable) {
  const Home home;
  home.Folder(".mozilla/firefox");
  ASSERT_EQ(mkfifo(home.Path(".mozilla/firefox/profiles.ini").c_str(), 0600), 0);
  EXPECT_EQ(home.ReadOne().contents.state, TrustStoreState::kUnreadable);
}

TEST(HomeReaderTest, DoesNotTakeADatabaseWithoutItsNewestChange) {
  for (const char* suffix : {"-journal", "-wal"}) {
    const Home home;
    const NssDatabase database(home.Path(".pki/nssdb"));
    home.Write(std::string(".pki/nssdb/cert9.db") + suffix, "");
    EXPECT_EQ(home.ReadOne().contents.state, TrustStoreState::kRead) << "an empty one is of the past";
    home.Write(std::string(".pki/nssdb/cert9.db") + suffix, "a change");
    EXPECT_EQ(home.ReadOne().contents.state, TrustStoreState::kUnreadable);
    EXPECT_THAT(home.ReadOne().contents.detail, HasSubstr("a change is not in it yet"));
    EXPECT_EQ(home.ReadOne().contents.unreadable_reason, UnreadableReason::kPending);
    std::thread browser([&] { fs::remove(home.Path(std::string(".pki/nssdb/cert9.db") + suffix)); });
    EXPECT_EQ(home.ReadOne().contents.state, TrustStoreState::kRead) << "it ends while we wait";
    browser.join();
  }
}

TEST(HomeReaderTest, WaitsForAllOfAHomeTogether) {
  const Home home;
  std::string ini;
  for (int i = 0; i < 12; ++i) {
    absl::StrAppend(&ini, "[Profile", i, "]\nPath=p", i, "\n");
    home.Write(absl::StrCat(".mozilla/firefox/p", i, "/cert9.db-wal"), "a change");
  }
  home.Write(".mozilla/firefox/profiles.ini", ini);
  // The quickest of some counts, for the machine may be busy.
  absl::Duration quickest = absl::InfiniteDuration();
  for (int attempt = 0; attempt < 5 && quickest > absl::Seconds(3); ++attempt) {
    const absl::Time start = absl::Now();
    EXPECT_THAT(home.Read(), SizeIs(12));
    quickest = std::min(quickest, absl::Now() - start);
  }
  EXPECT_LE(quickest, absl::Seconds(3)) << "half a second each would be six";
}

}  // namespace
}  // namespace kortvakt
