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
// Half a second for all changes that are under way in one home.
constexpr int kMaxWaits = 10;
constexpr std::chrono::milliseconds kWait(50);

// Where one kind of installation of Chromium's family keeps things.
struct ChromiumHome {
  // The folder below the home that stands before all of this, with a slash at its
  // end, and how it is told in reports.
  std::string base;
  std::string told_base;
  // The database: the first counts where it exists, and is not made where it does
  // not (GetDefaultConfigDirectory, crypto/nss_util.cc).
  std::string first;
  std::string second;
  // Browser and its folder below the home, which is there once it has been used.
  std::vector<std::pair<std::string, std::string>> browsers;
};

ChromiumHome FlatpakHome(const std::string& id, const std::string& browser, const std::string& folder) {
  const std::string base = absl::StrCat(".var/app/", id, "/");
  return {base, base, ".pki/nssdb", "data/pki/nssdb", {{browser, absl::StrCat(base, "config/", folder)}}};
}

std::vector<ChromiumHome> ChromiumHomes(const HomeFolder& home) {
  std::vector<ChromiumHome> homes = {
      {"",
       "",
       ".pki/nssdb",
       ".local/share/pki/nssdb",
       {{"Chromium", ".config/chromium"},
        {"Google Chrome", ".config/google-chrome"},
        {"Microsoft Edge", ".config/microsoft-edge"}}},
      FlatpakHome("org.chromium.Chromium", "Chromium", "chromium"),
      FlatpakHome("com.google.Chrome", "Google Chrome", "google-chrome"),
      FlatpakHome("com.microsoft.Edge", "Microsoft Edge", "microsoft-edge"),
  };
  // A snap's home is a folder of its revision, which the link "current" names.
  const std::string revision = home.NeighbourByLink("snap/chromium/current");
  if (IsSnapRevision(revision.substr(revision.rfind('/') + 1))) {
    homes.push_back({absl::StrCat(revision, "/"),
                     "snap/chromium/current/",
                     ".pki/nssdb",
                     ".local/share/pki/nssdb",
                     {{"Chromium", "snap/chromium/common/chromium"}}});
  }
  return homes;
}

// Whether a change is on its way that the database file does not have in full: the
// journal of a transaction, which its end deletes (SQLite file format, 3), or a WAL.
bool ChangeIsPending(const HomeFolder& home, const std::string& database) {
  return home.SizeOf(database + "-journal") > 0 || home.SizeOf(database + "-wal") > 0;
}

// The first folder of a path.
std::string Top(const std::string& path) { return path.substr(0, path.find('/')); }

// By the code: HomeFolder's for a link or a mount, ReadDatabaseFile's for a change.
UnreadableReason ReasonOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
      return UnreadableReason::kLink;
    case absl::StatusCode::kUnavailable:
      return UnreadableReason::kPending;
    default:
      return UnreadableReason::kOther;
  }
}

void SetState(const absl::Status& status, TrustStoreContents& contents) {
  contents.state = absl::IsNotFound(status) ? TrustStoreState::kAbsent : TrustStoreState::kUnreadable;
  contents.detail = std::string(status.message());
  contents.unreadable_reason = ReasonOf(status);
}

// One look at a home.
class HomeReader {
 public:
  HomeReader(const HomeFolder& home, const KnownDigests& known) : home_(home), known_(known) {}

  std::vector<StoreReading> Read() {
    TellUnreachable();
    ReadChromium();
    ReadFirefox();
    if (readings_.size() > kMaxReadings) readings_.resize(kMaxReadings);
    return std::move(readings_);
  }

 private:
  // Something is there, or cannot be looked at: it may be there.
  bool MayExist(const std::string& path) const { return !absl::IsNotFound(home_.Find(path)); }

  StoreReading& AddUnread(const std::string& location, const absl::Status& why) {
    StoreReading& reading = readings_.emplace_back();
    reading.location = absl::StrCat("~/", location);
    reading.modules.all_read = false;
    SetState(why, reading.contents);
    return reading;
  }

  // Which browsers have been used cannot be told where their folders' own folder is a
  // link or a mount: that is told once, of no browser.
  void TellUnreachable() {
    for (const std::string folder : {".config", ".mozilla", ".var", "snap"}) {
      const absl::Status status = home_.Find(absl::StrCat(folder, "/."));
      if (status.ok() || absl::IsNotFound(status)) continue;
      unreachable_.insert(folder);
      AddUnread(folder, status);
    }
  }
  bool IsUnreachable(const std::string& path) const { return unreachable_.count(Top(path)) > 0; }

  // The database's bytes, whole: no transaction was under way before or after. Errors as
  // HomeFolder's; kUnavailable: a change is not in it yet.
  absl::StatusOr<std::string> ReadDatabaseFile(const std::string& path) {
    while (true) {
      if (!ChangeIsPending(home_, path)) {
        absl::StatusOr<std::string> bytes = home_.Read(path, kMaxNssBytes);
        if (!bytes.ok() || (!ChangeIsPending(home_, path) && home_.SizeOf(path) == bytes->size())) {
          return bytes;
        }
      }
      if (waits_ == kMaxWaits) {
        return absl::UnavailableError(
            "cert9.db: a change is not in it yet (cert9.db-journal or cert9.db-wal); the browser writes it "
            "there when it is started or closed");
      }
      ++waits_;
      std::this_thread::sleep_for(kWait);
    }
  }

  // Without a list the browser has its own modules only.
  NamedModules ReadModuleList(const std::string& path) const {
    const absl::StatusOr<std::string> text = home_.Read(path, kMaxTextFile);
    if (text.ok()) return ParseModuleList(*text);
    return {{}, absl::IsNotFound(text.status())};
  }

  StoreReading ReadDatabase(const std::string& folder, const std::string& label) {
    StoreReading reading;
    reading.location = absl::StrCat("~/", label);
    reading.modules = ReadModuleList(absl::StrCat(folder, "/pkcs11.txt"));
    const absl::StatusOr<std::string> file = ReadDatabaseFile(absl::StrCat(folder, "/cert9.db"));
    if (!file.ok()) {
      SetState(file.status(), reading.contents);
      return reading;
    }
    reading.digest = Sha256Hex(AsBytes(*file));
    reading.unchanged = known_.count(reading.digest) > 0;
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

  void ReadChromium() {
    for (const ChromiumHome& place : ChromiumHomes(home_)) {
      if (IsUnreachable(place.base)) continue;
      std::vector<std::string> browsers;
      for (const auto& [browser, folder] : place.browsers) {
        if (home_.Find(folder).ok()) browsers.push_back(browser);
      }
      const std::string& database = MayExist(place.base + place.first) ? place.first : place.second;
      if (browsers.empty() && !MayExist(place.base + database)) continue;
      readings_.push_back(ReadDatabase(place.base + database, place.told_base + database));
      readings_.back().browsers = std::move(browsers);
    }
  }

  // Profiles are told by number: their folders have names of the user's own. One
  // outside the folder of profiles.ini is told but not read: it may be anywhere.
  void ReadFirefox() {
    constexpr std::array<const char*, 4> kFolders = {".config/mozilla/firefox", ".mozilla/firefox",
                                                     "snap/firefox/common/.mozilla/firefox",
                                                     ".var/app/org.mozilla.firefox/.mozilla/firefox"};
    for (const std::string folder : kFolders) {
      if (IsUnreachable(folder)) continue;
      const absl::StatusOr<std::string> text =
          home_.Read(absl::StrCat(folder, "/profiles.ini"), kMaxTextFile);
      if (absl::IsNotFound(text.status())) continue;
      if (!text.ok()) {
        StoreReading& reading = AddUnread(folder, text.status());
        if (home_.Find(folder).ok()) reading.browsers = {"Firefox"};
        continue;
      }
      size_t number = 0;
      for (const FirefoxProfile& profile : ParseProfilesIni(*text)) {
        const std::string label = absl::StrCat(folder, "/profile ", ++number);
        if (profile.is_relative) {
          StoreReading reading = ReadDatabase(absl::StrCat(folder, "/", profile.path), label);
          if (reading.contents.state == TrustStoreState::kAbsent && !reading.unchanged) continue;
          readings_.push_back(std::move(reading));
        } else {
          AddUnread(label, absl::FailedPreconditionError(
                               "the profile is outside Firefox's folder, so it is not read"))
              .contents.unreadable_reason = UnreadableReason::kOutside;
        }
        readings_.back().browsers = {"Firefox"};
      }
    }
  }

  const HomeFolder& home_;
  const KnownDigests& known_;
  std::set<std::string> unreachable_;  // folders of the home
  int waits_ = 0;
  std::vector<StoreReading> readings_;
};

}  // namespace

std::vector<StoreReading> ReadHome(const HomeFolder& home, const KnownDigests& known) {
  std::vector<StoreReading> readings = HomeReader(home, known).Read();
  LimitUsersStores(readings);
  return readings;
}

}  // namespace kortvakt
