#include "agent/trust/workstation_trust.h"

#include <utility>

namespace kortvakt {
namespace {

// As the collector takes (snapshot_proto.h).
constexpr size_t kMaxStores = 64;
constexpr size_t kMaxBrowsers = 64;

// A place that was only looked for, and where nothing is to be told.
bool IsNothing(const TrustStoreContents& contents, bool names_p11_kit) {
  return contents.state == TrustStoreState::kAbsent ||
         (contents.state == TrustStoreState::kRead && contents.entries.empty() && contents.detail.empty() &&
          !names_p11_kit);
}

}  // namespace

WorkstationTrust::WorkstationTrust(const TrustPlaces& places, const CaCatalogue& catalogue,
                                   const Clock& clock)
    : observer_(catalogue) {
  const std::string reader = places.reader.empty() ? DefaultReaderProgram() : places.reader;
  if (!places.system_bundle.empty()) configured_.push_back(MakeSystemBundle(places.system_bundle));
  for (const std::string& folder : places.folders) configured_.push_back(MakeFolderStore(folder));
  if (places.p11_kit) p11_kit_ = MakeP11KitStore(reader, clock);
  if (places.browser_policies) policies_ = KnownBrowserPolicies(places.root);
  if (places.browser_databases) {
    users_ = std::make_unique<UserStores>(UserStores::Options{reader, places.root, places.mountinfo}, clock);
  }
}

void WorkstationTrust::Place(const SeenStore& seen, PlacedStore placed) {
  if (seen_.size() == kMaxStores) return;
  seen_.push_back(seen);
  placed.kind = seen.kind;
  placed.owner = seen.owner;
  placed_.push_back(std::move(placed));
}

void WorkstationTrust::Look(const std::vector<ByteView>& card_certificates) {
  seen_.clear();
  placed_.clear();
  for (const std::unique_ptr<TrustStore>& store : configured_) {
    const TrustStoreContents& contents = store->Look();
    Place({store->kind(), store->location(), "machine", &contents}, {});
  }
  if (p11_kit_ != nullptr) {
    const TrustStoreContents& contents = p11_kit_->Look();
    if (!IsNothing(contents, false))
      Place({p11_kit_->kind(), p11_kit_->location(), "machine", &contents}, {});
  }
  for (const std::unique_ptr<BrowserPolicy>& policy : policies_) {
    const TrustStoreContents& contents = policy->Look();
    if (IsNothing(contents, policy->names_p11_kit())) continue;
    PlacedStore placed;
    placed.browsers = {policy->browser()};
    placed.names_p11_kit = policy->names_p11_kit();
    Place({policy->kind(), policy->location(), "machine", &contents}, std::move(placed));
  }
  if (users_ != nullptr && seen_.size() < kMaxStores) {
    for (const UserStore& user : users_->Look(kMaxStores - seen_.size())) {
      PlacedStore placed;
      placed.browsers = user.reading.browsers;
      placed.names_p11_kit = user.reading.names_p11_kit;
      Place({user.reading.kind, user.reading.location, user.owner, &user.reading.contents},
            std::move(placed));
    }
  }
  facts_ = observer_.Observe(seen_, card_certificates);
  browsers_ = BrowsersOf(placed_);
  if (browsers_.size() > kMaxBrowsers) browsers_.resize(kMaxBrowsers);
}

}  // namespace kortvakt
