// All trust stores of the workstation, and the browsers that look at them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/trust/browser_policy.h"
#include "agent/trust/browsers.h"
#include "agent/trust/observe.h"
#include "agent/trust/trust_store.h"
#include "agent/trust/user_stores.h"
#include "common/base/time.h"
#include "common/certs/ca_catalogue.h"

namespace kortvakt {

// Which places are looked at.
struct TrustPlaces {
  std::string system_bundle;         // path; empty: not looked at
  std::vector<std::string> folders;  // paths
  bool p11_kit = true;               // p11-kit's trust module
  bool browser_policies = true;
  bool browser_databases = true;  // of every local user
  // For tests: what stands before /etc, /home and /usr; and the trust reader, else
  // DefaultReaderProgram().
  std::string root;
  std::string reader;
  std::string mountinfo = "/proc/self/mountinfo";
};

// Not thread-safe.
class WorkstationTrust {
 public:
  // `catalogue` and `clock` must outlive it.
  WorkstationTrust(const TrustPlaces& places, const CaCatalogue& catalogue, const Clock& clock);

  // Looks at all of them now: bundle, folders, p11-kit, policies, users' databases.
  // Places that are only looked for (p11-kit, policies) are not among the stores
  // where there is nothing. At most 64 stores and 64 browsers, as a snapshot holds;
  // of users beyond, those are left out whose homes have not changed for longest. `card_certificates`
  // as TrustObserver has them.
  void Look(const std::vector<ByteView>& card_certificates);

  // After Look.
  const std::vector<TrustStoreFacts>& stores() const { return facts_; }
  const std::vector<BrowserFacts>& browsers() const { return browsers_; }
  // What is in the stores(), in their order; valid until the next Look.
  const std::vector<SeenStore>& seen() const { return seen_; }
  const CertificatePool& pool() const { return observer_.pool(); }

 private:
  void Place(const SeenStore& seen, PlacedStore placed);

  const std::string root_;
  std::vector<std::unique_ptr<TrustStore>> configured_;
  std::unique_ptr<TrustStore> p11_kit_;  // null: not looked at
  std::vector<std::unique_ptr<BrowserPolicy>> policies_;
  std::unique_ptr<UserStores> users_;  // null: not looked at
  TrustObserver observer_;
  std::vector<SeenStore> seen_;
  std::vector<PlacedStore> placed_;  // the same, as browsers see them
  std::vector<TrustStoreFacts> facts_;
  std::vector<BrowserFacts> browsers_;
};

}  // namespace kortvakt
