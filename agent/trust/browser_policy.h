// Browsers' policies, by which an administrator adds CA certificates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/trust/security_modules.h"
#include "agent/trust/trust_store.h"

namespace kortvakt {

// A store made of the policies of one browser.
class BrowserPolicy : public TrustStore {
 public:
  TrustStoreKind kind() const override { return TrustStoreKind::kBrowserPolicy; }
  // "Chromium", "Firefox": the name that BrowserFacts have.
  virtual const std::string& browser() const = 0;
  // After Look: the PKCS#11 modules that the policy makes the browser load.
  virtual const NamedModules& modules() const = 0;
};

// The managed policies (folder of JSON files; of a key in several the last file's
// counts) of a browser of Chromium's family. Where one cannot be read or parsed the others
// are taken, and the state is kUnreadable. CACertificates are trusted,
// CADistrustedCertificates distrusted, CAHintCertificates and those of
// CACertificatesWithConstraints (trusted for some names only) present.
std::unique_ptr<BrowserPolicy> MakeChromiumPolicy(std::string browser, std::string folder);

// Firefox's policies.json: the first that exists of `files`. Certificates.Install
// names files, absolute or in one of `folders`, which are trusted; SecurityDevices
// names modules.
std::unique_ptr<BrowserPolicy> MakeFirefoxPolicy(std::vector<std::string> files,
                                                 std::vector<std::string> folders);

// The policies of the browsers that are known, below `root` ("" but in tests).
std::vector<std::unique_ptr<BrowserPolicy>> KnownBrowserPolicies(const std::string& root);

}  // namespace kortvakt
