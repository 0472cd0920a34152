#include "agent/trust/workstation_trust.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace kortvakt {
namespace {

// As the collector takes (snapshot_proto.h).
constexpr size_t kMaxStores = 64;
constexpr size_t kMaxBrowsers = 64;

// A place that was only looked for, and where nothing is to be told.
bool IsNothing(const TrustStoreContents& contents, const NamedModules& modules) {
  return contents.state == TrustStoreState::kAbsent ||
         (contents.state == TrustStoreState::kRead && contents.entries.empty() && contents.detail.empty() &&
          modules == NamedModules());
}

bool IsSandboxed(const std::string& location) {
  return absl::StartsWith(location, "~/snap/") || absl::StartsWith(location, "~/.var/app/");
}

}  // namespace

WorkstationTrust::WorkstationTrust(const TrustPlaces& places, const CaCatalogue& catalogue,
                                   const Clock& clock)
    : root_(places.root), observer_(catalogue) {
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
    if (!IsNothing(contents, {})) Place({p11_kit_->kind(), p11_kit_->location(), "machine", &contents}, {});
  }
  for (const std::unique_ptr<BrowserPolicy>& policy : policies_) {
    const TrustStoreContents& contents = policy->Look();
    if (IsNothing(contents, policy->modules())) continue;
    PlacedStore placed;
    placed.browsers = {policy->browser()};
    placed.modules = policy->modules();
    Place({policy->kind(), policy->location(), "machine", &contents}, std::move(placed));
  }
  if (users_ != nullptr && seen_.size() < kMaxStores) {
    for (const UserStore& user : users_->Look(kMaxStores - seen_.size())) {
      PlacedStore placed;
      placed.browsers = user.reading.browsers;
      placed.modules = user.reading.modules;
      placed.sandboxed = IsSandboxed(user.reading.location);
      Place({user.reading.kind, user.reading.location, user.owner, &user.reading.contents},
            std::move(placed));
    }
  }
  facts_ = observer_.Observe(seen_, card_certificates);
  const bool by_proxy = std::any_of(placed_.begin(), placed_.end(), [](const PlacedStore& placed) {
    return std::any_of(placed.modules.files.begin(), placed.modules.files.end(), IsP11KitProxy);
  });
  browsers_ = BrowsersOf(placed_, by_proxy ? P11KitModules(root_) : NamedModules(), root_);
  if (browsers_.size() > kMaxBrowsers) browsers_.resize(kMaxBrowsers);
}

}  // namespace kortvakt
