// The browsers' databases of every local user.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/trust/local_users.h"
#include "agent/trust/reader_process.h"
#include "agent/trust/store_reading.h"
#include "common/base/time.h"

namespace kortvakt {

// One database and whose it is.
struct UserStore {
  std::string owner;  // "uid:1000"
  StoreReading reading;
};

// Reads them by the trust reader, one process a user, which has become that user:
// nothing of a home is touched by this process, and no more is taken than LimitUsersStores
// (store_reading.h) leaves. A user whose process fails has one
// store "~" that says why, and so has one whose home is not mounted (kAbsent). Of more
// than 32 users those are looked at whose homes changed last. Where
// this process may not become others, only its own user's stores are looked at; root's
// only where it is root. Not thread-safe.
class UserStores {
 public:
  struct Options {
    std::string program;  // the trust reader
    std::string root;     // before /etc and /home; "" but in tests
    std::string mountinfo = "/proc/self/mountinfo";
  };
  // `clock` must outlive it.
  UserStores(Options options, const Clock& clock);

  // The stores now, by uid; valid until the next call. All users at the same time. At
  // most `room` (1 or more): users beyond, and those not looked at, are counted in the
  // detail of one store "~" (kAbsent) of the first of them.
  const std::vector<UserStore>& Look(size_t room);

 private:
  struct User {
    std::unique_ptr<ReaderProcess> process;
    std::map<std::string, TrustStoreContents> known;  // by digest
  };

  std::vector<LocalUser> Users() const;
  std::vector<StoreReading> TakeReadings(User& user) const;
  void Ask(const LocalUser& user, std::vector<ReaderProcess*>& asked);

  const Options options_;
  const Clock& clock_;
  std::map<uint32_t, User> users_;
  std::vector<UserStore> stores_;
};

}  // namespace kortvakt
