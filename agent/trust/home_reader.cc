#include "agent/trust/home_reader.h"

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/trust/browser_files.h"
#include "agent/trust/nss_database.h"
#include "common/base/bytes.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxTextFile = 1u << 20;
constexpr int kTries = 10;
constexpr std::chrono::milliseconds kBetweenTries(50);

// Where one kind of installation of Chromium's family keeps things, below the home.
struct ChromiumHome {
  // The database: the first counts where it exists, and is not made where it does
  // not (GetDefaultConfigDirectory, crypto/nss_util.cc).
  std::string first;
  std::string second;
  // Browser and its folder, which is there once it has been used.
  std::vector<std::pair<std::string, std::string>> browsers;
};

ChromiumHome FlatpakHome(const std::string& id, const std::string& browser, const std::string& folder) {
  const std::string base = absl::StrCat(".var/app/", id);
  return {absl::StrCat(base, "/.pki/nssdb"),
          absl::StrCat(base, "/data/pki/nssdb"),
          {{browser, absl::StrCat(base, "/config/", folder)}}};
}

std::vector<ChromiumHome> ChromiumHomes(const HomeFolder& home) {
  std::vector<ChromiumHome> homes = {
      {".pki/nssdb",
       ".local/share/pki/nssdb",
       {{"Chromium", ".config/chromium"},
        {"Google Chrome", ".config/google-chrome"},
        {"Microsoft Edge", ".config/microsoft-edge"}}},
      FlatpakHome("org.chromium.Chromium", "Chromium", "chromium"),
      FlatpakHome("com.google.Chrome", "Google Chrome", "google-chrome"),
      FlatpakHome("com.microsoft.Edge", "Microsoft Edge", "microsoft-edge"),
  };
  // A snap's home is a folder of its revision, which the link "current" names.
  const std::string snap = home.NeighbourByLink("snap/chromium/current");
  if (!snap.empty()) {
    homes.push_back({absl::StrCat(snap, "/.pki/nssdb"),
                     absl::StrCat(snap, "/.local/share/pki/nssdb"),
                     {{"Chromium", "snap/chromium/common/chromium"}}});
  }
  return homes;
}

bool Exists(const HomeFolder& home, const std::string& path) { return !absl::IsNotFound(home.Find(path)); }

// Whether a change is on its way that the database file does not have in full: the
// journal of a transaction, which its end deletes (SQLite file format, 3), or a WAL.
bool ChangeIsPending(const HomeFolder& home, const std::string& database) {
  return home.SizeOf(database + "-journal") > 0 || home.SizeOf(database + "-wal") > 0;
}

// The database's bytes, whole: no transaction was under way before or after.
absl::StatusOr<std::string> ReadDatabaseFile(const HomeFolder& home, const std::string& path) {
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kBetweenTries);
    if (ChangeIsPending(home, path)) continue;
    absl::StatusOr<std::string> bytes = home.Read(path, kMaxNssBytes);
    if (!bytes.ok() || (!ChangeIsPending(home, path) && home.SizeOf(path) == bytes->size())) return bytes;
  }
  return absl::UnavailableError(
      "cert9.db: a change is not in it yet (cert9.db-journal or cert9.db-wal); the browser writes it there "
      "when it is started or closed");
}

void SetState(const absl::Status& status, TrustStoreContents& contents) {
  contents.state = absl::IsNotFound(status) ? TrustStoreState::kAbsent : TrustStoreState::kUnreadable;
  contents.detail = std::string(status.message());
}

StoreReading ReadDatabase(const HomeFolder& home, const std::string& folder, const std::string& label,
                          const KnownDigests& known) {
  StoreReading reading;
  reading.location = absl::StrCat("~/", label);
  const absl::StatusOr<std::string> modules = home.Read(absl::StrCat(folder, "/pkcs11.txt"), kMaxTextFile);
  reading.names_p11_kit = modules.ok() && NamesP11KitTrust(*modules);
  const absl::StatusOr<std::string> file = ReadDatabaseFile(home, absl::StrCat(folder, "/cert9.db"));
  if (!file.ok()) {
    SetState(file.status(), reading.contents);
    return reading;
  }
  reading.digest = Sha256Hex(AsBytes(*file));
  reading.unchanged = known.count(reading.digest) > 0;
  if (reading.unchanged) return reading;
  const ByteView bytes = AsBytes(*file);
  absl::StatusOr<std::vector<TrustStoreContents::Entry>> entries =
      ReadNssDatabase(Bytes(bytes.begin(), bytes.end()));
  if (entries.ok()) {
    reading.contents.state = TrustStoreState::kRead;
    reading.contents.entries = *std::move(entries);
  } else {
    SetState(Annotate(entries.status(), "cert9.db"), reading.contents);
  }
  return reading;
}

void ReadChromium(const HomeFolder& home, const KnownDigests& known, std::vector<StoreReading>& readings) {
  for (const ChromiumHome& place : ChromiumHomes(home)) {
    std::vector<std::string> browsers;
    for (const auto& [browser, folder] : place.browsers) {
      if (Exists(home, folder)) browsers.push_back(browser);
    }
    const std::string& folder = Exists(home, place.first) ? place.first : place.second;
    if (browsers.empty() && !Exists(home, folder)) continue;
    readings.push_back(ReadDatabase(home, folder, folder, known));
    readings.back().browsers = std::move(browsers);
  }
}

// A profile outside the folder of profiles.ini is told but not read: it may be anywhere.
void ReadFirefox(const HomeFolder& home, const KnownDigests& known, std::vector<StoreReading>& readings) {
  constexpr std::array<const char*, 4> kFolders = {".config/mozilla/firefox", ".mozilla/firefox",
                                                   "snap/firefox/common/.mozilla/firefox",
                                                   ".var/app/org.mozilla.firefox/.mozilla/firefox"};
  for (const std::string folder : kFolders) {
    const absl::StatusOr<std::string> text = home.Read(absl::StrCat(folder, "/profiles.ini"), kMaxTextFile);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) {
      StoreReading& reading = readings.emplace_back();
      reading.location = absl::StrCat("~/", folder);
      SetState(text.status(), reading.contents);
      reading.browsers = {"Firefox"};
      continue;
    }
    size_t number = 0;
    for (const FirefoxProfile& profile : ParseProfilesIni(*text)) {
      const std::string label = absl::StrCat(folder, "/", ProfileLabel(profile.path, ++number));
      if (profile.is_relative) {
        StoreReading reading = ReadDatabase(home, absl::StrCat(folder, "/", profile.path), label, known);
        if (reading.contents.state == TrustStoreState::kAbsent && !reading.unchanged) continue;
        readings.push_back(std::move(reading));
      } else {
        StoreReading& reading = readings.emplace_back();
        reading.location = absl::StrCat("~/", folder, "/profile ", number);
        SetState(absl::FailedPreconditionError("the profile is outside Firefox's folder, so it is not read"),
                 reading.contents);
      }
      readings.back().browsers = {"Firefox"};
    }
  }
}

}  // namespace

std::vector<StoreReading> ReadHome(const HomeFolder& home, const KnownDigests& known) {
  std::vector<StoreReading> readings;
  ReadChromium(home, known, readings);
  ReadFirefox(home, known, readings);
  if (readings.size() > kMaxReadings) readings.resize(kMaxReadings);
  return readings;
}

}  // namespace kortvakt
