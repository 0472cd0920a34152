// What the trust reader (reader_main.cc), a process of its own, answers the agent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/trust/trust_store.h"

namespace kortvakt {

// One store as the reader found it.
struct StoreReading {
  TrustStoreKind kind = TrustStoreKind::kNss;
  std::string location;               // for reports: "~/.pki/nssdb"
  std::vector<std::string> browsers;  // that use it: "Chromium"
  // The browser's module list names p11-kit's trust module.
  bool names_p11_kit = false;
  // Files and folders that its contents come from, where they cannot be told
  // otherwise (p11-kit). Absolute paths.
  std::vector<std::string> inputs;
  std::string digest;  // SHA-256, 64 hex digits, of what was read; empty: not read
  // The digest is the one that was known: contents are left out.
  bool unchanged = false;
  TrustStoreContents contents;
};

// Largest answer, and most stores in one.
inline constexpr size_t kMaxAnswerBytes = 64u << 20;
inline constexpr size_t kMaxReadings = 32;

// Lengths before values, big-endian.
std::string EncodeReadings(const std::vector<StoreReading>& readings);

// The readings in `answer`, which a process of the user wrote: bounded, texts
// cleaned, fingerprints computed anew, certificates once each. kInvalidArgument:
// not an answer.
absl::StatusOr<std::vector<StoreReading>> DecodeReadings(std::string_view answer);

}  // namespace kortvakt
