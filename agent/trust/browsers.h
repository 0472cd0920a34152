// Which stores count for which browser.
#pragma once

#include <string>
#include <vector>

#include "common/snapshot/snapshot.h"

namespace kortvakt {

// A store as far as browsers are concerned.
struct PlacedStore {
  TrustStoreKind kind = TrustStoreKind::kSystemBundle;
  std::string owner;                  // "machine", "uid:1000"
  std::vector<std::string> browsers;  // that look at it by themselves
  bool names_p11_kit = false;         // it makes them load p11-kit's trust module
};

// The browsers of all users, in the order of their databases, each with the indices
// of the stores that count for it: its database; the machine's policies for it; and,
// where one of these makes it load p11-kit's trust module, the system's certificates
// (p11-kit's store; where that is not looked at, the system bundle).
std::vector<BrowserFacts> BrowsersOf(const std::vector<PlacedStore>& stores);

}  // namespace kortvakt
