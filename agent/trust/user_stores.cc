#include "agent/trust/user_stores.h"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/trust/become_user.h"
#include "agent/trust/mounts.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxMountinfo = 4u << 20;
// Most users looked at, each by a process: a workstation has a handful.
constexpr size_t kMaxUsers = 32;

std::vector<StoreReading> NotLookedAt(const std::string& why,
                                      TrustStoreState state = TrustStoreState::kUnreadable) {
  StoreReading reading;
  reading.location = "~";
  reading.contents.state = state;
  reading.contents.detail = why;
  return {std::move(reading)};
}

}  // namespace

UserStores::UserStores(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

std::vector<LocalUser> UserStores::Users() const {
  const absl::StatusOr<std::string> mountinfo = ReadFile(options_.mountinfo, kMaxMountinfo);
  std::vector<LocalUser> users =
      FindLocalUsers(options_.root, Mounts::Parse(mountinfo.ok() ? *mountinfo : std::string()));
  // One who is not root does not become root either, whatever he may.
  std::erase_if(users, [others = MayBecomeUsers()](const LocalUser& user) {
    return user.uid != geteuid() && (!others || user.uid == 0);
  });
  return users;
}

void UserStores::Ask(const LocalUser& user, std::vector<ReaderProcess*>& asked) {
  User& state = users_[user.uid];
  if (state.process == nullptr)
    state.process = std::make_unique<ReaderProcess>(options_.program, kMaxUserAnswerBytes, clock_);
  std::string digests;
  for (const auto& [digest, contents] : state.known) absl::StrAppend(&digests, digest, "\n");
  // Our own group where we cannot take on another.
  const uint32_t gid = MayBecomeUsers() ? user.gid : getegid();
  state.process->Start({"home", absl::StrCat(user.uid), absl::StrCat(gid), user.home}, digests);
  asked.push_back(state.process.get());
}

std::vector<StoreReading> UserStores::TakeReadings(User& user) const {
  const absl::StatusOr<std::string> answer = user.process->TakeAnswer();
  if (!answer.ok()) return NotLookedAt(std::string(answer.status().message()));
  absl::StatusOr<std::vector<StoreReading>> readings = DecodeReadings(*answer);
  if (!readings.ok()) return NotLookedAt(std::string(readings.status().message()));
  std::map<std::string, TrustStoreContents> now;
  for (StoreReading& reading : *readings) {
    reading.kind = TrustStoreKind::kNss;  // whatever a user's process says
    if (reading.unchanged) {
      const auto before = user.known.find(reading.digest);
      if (before == user.known.end())
        return NotLookedAt("the trust reader says unchanged of what was not known");
      reading.contents = before->second;
    }
    if (!reading.digest.empty()) now.emplace(reading.digest, reading.contents);
  }
  user.known = std::move(now);
  LimitUsersStores(*readings);  // whatever a user's process says
  return *std::move(readings);
}

const std::vector<UserStore>& UserStores::Look(size_t room) {
  const std::vector<LocalUser> all = Users();
  const std::span<const LocalUser> users(all.data(), std::min(all.size(), kMaxUsers));
  std::vector<ReaderProcess*> asked;
  for (const LocalUser& user : users) {
    if (user.why_not.empty()) Ask(user, asked);
  }
  ReaderProcess::Wait(asked);
  std::map<uint32_t, User> left;
  std::map<uint32_t, std::vector<StoreReading>> told;  // by uid: their order stays as homes change
  std::vector<const LocalUser*> untold;
  --room;  // for the store that counts them
  for (const LocalUser& user : users) {
    std::vector<StoreReading> readings;
    if (user.why_not.empty()) {
      User& state = left[user.uid] = std::move(users_[user.uid]);
      readings = TakeReadings(state);
    } else {
      readings = NotLookedAt(user.why_not, TrustStoreState::kAbsent);  // nobody works there now
    }
    if (readings.size() > room) {
      untold.push_back(&user);
      continue;
    }
    room -= readings.size();
    told[user.uid] = std::move(readings);
  }
  users_ = std::move(left);
  for (const LocalUser& user : std::span(all).subspan(users.size())) untold.push_back(&user);
  stores_.clear();
  for (auto& [uid, readings] : told) {
    for (StoreReading& reading : readings) stores_.push_back({absl::StrCat("uid:", uid), std::move(reading)});
  }
  if (!untold.empty()) {
    std::vector<StoreReading> count = NotLookedAt(
        absl::StrCat(untold.size(), untold.size() == 1 ? " more user" : " more users", " not looked at"),
        TrustStoreState::kAbsent);
    stores_.push_back({absl::StrCat("uid:", untold.front()->uid), std::move(count.front())});
  }
  return stores_;
}

}  // namespace kortvakt
