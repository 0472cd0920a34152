// What the trust reader (reader_main.cc), a process of its own, answers the agent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/trust/security_modules.h"
#include "agent/trust/trust_store.h"

namespace kortvakt {

// One store as the reader found it.
struct StoreReading {
  TrustStoreKind kind = TrustStoreKind::kNss;
  std::string location;               // for reports: "~/.pki/nssdb"
  std::vector<std::string> browsers;  // that use it: "Chromium"
  NamedModules modules;               // of the browser's module list
  // Files and folders that its contents come from, where they cannot be told
  // otherwise (p11-kit). Absolute paths.
  std::vector<std::string> inputs;
  std::string digest;  // SHA-256, 64 hex digits, of what was read; empty: not read
  // The digest is the one that was known: contents are left out.
  bool unchanged = false;
  TrustStoreContents contents;
};

// Largest answer of p11-kit, and of a user; most stores in one.
inline constexpr size_t kMaxAnswerBytes = 64u << 20;
inline constexpr size_t kMaxUserAnswerBytes = 4u << 20;
inline constexpr size_t kMaxReadings = 32;

// Most certificates of one of a user's stores, and of all of them; a browser keeps a
// handful. They are looked at again and again, by a process that is not the user's.
inline constexpr size_t kMaxCertificatesOfStore = 256;
inline constexpr size_t kMaxCertificatesOfUser = 1024;

// Leaves out of the stores of one user what is more than that, or than an answer has
// room for: of a store first those that it neither trusts nor distrusts, the last ones
// first. Its detail then says how many.
void LimitUsersStores(std::vector<StoreReading>& readings);

// Lengths before values, big-endian.
std::string EncodeReadings(const std::vector<StoreReading>& readings);

// The readings in `answer`, which a process of the user wrote: bounded, texts
// cleaned, fingerprints computed anew, certificates once each. kInvalidArgument:
// not an answer.
absl::StatusOr<std::vector<StoreReading>> DecodeReadings(std::string_view answer);

}  // namespace kortvakt
