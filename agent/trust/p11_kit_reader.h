// Certificates of p11-kit's trust module.
//
// The module (p11-kit-trust.so) is other people's code, parses files that any
// package may bring, and comes with a library that must be told what not to load.
// So it is loaded in the trust reader alone, which has no rights and a time limit,
// and the agent's own process never holds it.
#pragma once

#include <string>

#include "agent/trust/store_reading.h"

namespace kortvakt {

// Loads this one module, never those that p11-kit is configured with (they may be
// card middleware), and reads every certificate: distrusted, trusted as an anchor,
// or merely there. `module`: a file name, looked for where p11-kit keeps modules,
// or an absolute path. `paths`: what the module reads, in p11-kit's own form; empty:
// what it was built for. state kAbsent: there is no such module.
StoreReading ReadP11Kit(const std::string& module, const std::string& paths);

inline constexpr char kP11KitTrustModule[] = "p11-kit-trust.so";

}  // namespace kortvakt
