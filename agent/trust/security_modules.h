// The PKCS#11 modules that browsers are made to load, by which they reach cards. All of
// this is told by text files: no module is ever loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/snapshot/snapshot.h"

namespace kortvakt {

// What one place names.
struct NamedModules {
  std::vector<std::string> files;  // as written, in order; at most kMaxNamedModules
  bool all_read = true;            // else more may be named

  // Adds `file`. One too many, or one longer than kMaxModuleName, is left out: then not
  // all is read.
  void Add(std::string file);

  bool operator==(const NamedModules&) const = default;
};
inline constexpr size_t kMaxNamedModules = 64;
inline constexpr size_t kMaxModuleName = 512;  // bytes, as store_reading.h takes

// The libraries in a module list of NSS (pkcs11.txt); its own module has none there.
NamedModules ParseModuleList(std::string_view text);

// Whether `library` is p11-kit's trust module, by its file name: it brings the
// certificates of the system into the browser.
bool IsP11KitTrust(std::string_view library);
// Whether it is p11-kit's proxy, which brings all modules of P11KitModules.
bool IsP11KitProxy(std::string_view library);

// The modules that the machine's configuration (pkcs11.conf(5): the .module files of
// `root`/usr/share/p11-kit/modules and, going before those, `root`/etc/pkcs11/modules)
// has p11-kit's proxy load in a browser.
NamedModules P11KitModules(const std::string& root);

// What is told of a browser's modules.
struct ToldModules {
  std::vector<SecurityModuleFacts> modules;
  bool all_told = true;  // else it may load more

  bool operator==(const ToldModules&) const = default;
};

// What is told of a browser that loads `own`: these, and those of `p11_kit` where one of
// them is the proxy; each once, at most 16. A path outside the system's folders, longer than
// 128 bytes, or with other than letters, digits and "._+-" or with a number of 8 or more digits
// in it, is told by its last name alone, after "…/": the first may hold a user's. A last name
// of that kind, without ".so" or longer than 64 bytes is not told: "…", and not all is told.
// Absent are those that should be in `root`/usr or /lib and are not. Without a root the
// paths are not this machine's (the browser is in a sandbox): they are told alone, and what
// the proxy loads there cannot be told.
ToldModules TellModules(const NamedModules& own, const NamedModules& p11_kit, const std::string* root);

}  // namespace kortvakt
