// Which stores count for which browser.
#pragma once

#include <string>
#include <vector>

#include "agent/trust/security_modules.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// A store as far as browsers are concerned.
struct PlacedStore {
  TrustStoreKind kind = TrustStoreKind::kSystemBundle;
  std::string owner;                  // "machine", "uid:1000"
  std::vector<std::string> browsers;  // that look at it by themselves
  // Whether these run in a snap or flatpak, where paths are not the machine's and its
  // p11-kit is not used.
  bool sandboxed = false;
  NamedModules modules;  // that it makes them load
};

// The browsers of all users, in the order of their databases, each with the indices
// of the stores that count for it: its database; the machine's policies for it; and,
// where one of these makes it load p11-kit's trust module, the system's certificates
// (p11-kit's store; where that is not looked at, the system bundle). Their modules are
// those that database and policies name, and where p11-kit's proxy is among them those
// that it brings, `p11_kit`.
std::vector<BrowserFacts> BrowsersOf(const std::vector<PlacedStore>& stores, const NamedModules& p11_kit,
                                     const std::string& root);

}  // namespace kortvakt
