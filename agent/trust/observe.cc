#include "agent/trust/observe.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/certs/classify.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxCasAStore = 1024;  // as the collector takes (snapshot_proto.h)
constexpr int kMaxDepth = 8;            // of issuers, as in chain.h

// A name in the form in which two are the same: case and runs of spaces do not
// count (RFC 5280, 7.1).
std::string ComparedName(const std::string& name) {
  std::string compared = absl::AsciiStrToLower(name);
  absl::RemoveExtraAsciiWhitespace(&compared);
  return compared;
}

// CA certificates hold no one's identity; nothing else is told of stores.
constexpr PrivacyOptions kNothingPersonal = {.keep_hsa_id = false, .keep_card_number = false};

}  // namespace

TrustObserver::TrustObserver(const CaCatalogue& catalogue) : catalogue_(catalogue) {
  for (const CataloguedCa& ca : catalogue.cas()) catalogue_names_.push_back(ComparedName(ca.subject));
  std::sort(catalogue_names_.begin(), catalogue_names_.end());
}

const TrustObserver::Known& TrustObserver::Learn(const Entry& entry) {
  const auto [known, is_new] = known_.try_emplace(entry.sha256);
  if (!is_new) return known->second;
  const absl::StatusOr<CertificateFacts> facts = ReadCertificate(entry.der, kNothingPersonal);
  if (facts.ok()) known->second = {true, ComparedName(facts->subject), ComparedName(facts->issuer)};
  return known->second;
}

void TrustObserver::Forget(const std::vector<SeenStore>& stores) {
  std::set<std::string> here;
  for (const SeenStore& store : stores) {
    for (const Entry& entry : store.contents->entries) here.insert(entry.sha256);
  }
  std::erase_if(known_, [&](const auto& known) { return here.count(known.first) == 0; });
}

bool TrustObserver::IsCatalogued(const Entry& entry) const {
  if (catalogue_.FindByFingerprint(entry.sha256) != nullptr) return true;
  const auto known = known_.find(entry.sha256);
  return known != known_.end() &&
         std::binary_search(catalogue_names_.begin(), catalogue_names_.end(), known->second.subject);
}

void TrustObserver::FillPool(const std::vector<SeenStore>& stores,
                             const std::vector<ByteView>& card_certificates) {
  pool_ = CertificatePool();
  std::set<std::string> wanted;  // names of issuers
  for (const ByteView der : card_certificates) {
    const absl::StatusOr<CertificateFacts> facts = ReadCertificate(der, kNothingPersonal);
    if (!facts.ok()) continue;
    wanted.insert(ComparedName(facts->issuer));
    pool_.Add(der).IgnoreError();  // of use when it is a CA's; it was decoded a line above
  }
  // Each round adds the issuers of what the round before added.
  std::set<std::string> added;  // fingerprints
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const size_t before = added.size();
    for (const SeenStore& store : stores) {
      for (const Entry& entry : store.contents->entries) {
        const Known& known = known_.at(entry.sha256);
        if (!known.readable || added.count(entry.sha256) > 0) continue;
        if (!IsCatalogued(entry) && wanted.count(known.subject) == 0) continue;
        added.insert(entry.sha256);
        wanted.insert(known.issuer);
        pool_.Add(entry.der).IgnoreError();  // readable, as is known
      }
    }
    if (added.size() == before) break;
  }
}

TrustStoreFacts TrustObserver::FactsOf(const SeenStore& store,
                                       const std::vector<std::string>& on_path) const {
  const TrustStoreContents& contents = *store.contents;
  TrustStoreFacts facts;
  facts.kind = store.kind;
  facts.location = store.location;
  facts.owner = store.owner;
  facts.state = contents.state;
  facts.detail = contents.detail;
  facts.certificate_count = static_cast<uint32_t>(contents.entries.size());
  size_t unreadable = 0;
  for (const Entry& entry : contents.entries) {
    if (!known_.at(entry.sha256).readable) ++unreadable;
    if (!IsCatalogued(entry) && !std::binary_search(on_path.begin(), on_path.end(), entry.sha256)) continue;
    absl::StatusOr<CertificateFacts> certificate = ReadCertificate(entry.der, kNothingPersonal);
    if (!certificate.ok() || facts.cas.size() == kMaxCasAStore) continue;
    certificate->issuer_sha256 = pool_.FindIssuer(entry.der);
    facts.cas.push_back({*std::move(certificate), entry.trust});
  }
  if (unreadable > 0) {
    absl::StrAppend(&facts.detail, facts.detail.empty() ? "" : "; ", unreadable,
                    unreadable == 1 ? " certificate" : " certificates", " cannot be decoded");
  }
  return facts;
}

std::vector<TrustStoreFacts> TrustObserver::Observe(const std::vector<SeenStore>& stores,
                                                    const std::vector<ByteView>& card_certificates) {
  for (const SeenStore& store : stores) {
    for (const Entry& entry : store.contents->entries) Learn(entry);
  }
  Forget(stores);
  FillPool(stores, card_certificates);

  std::vector<std::string> on_path;
  for (const ByteView der : card_certificates) {
    for (std::string& sha256 : pool_.BuildPath(der)) on_path.push_back(std::move(sha256));
  }
  std::sort(on_path.begin(), on_path.end());

  std::vector<TrustStoreFacts> facts;
  for (const SeenStore& store : stores) facts.push_back(FactsOf(store, on_path));
  std::vector<const CertificateFacts*> known_cas;
  for (const TrustStoreFacts& store : facts) {
    for (const TrustedCa& ca : store.cas) known_cas.push_back(&ca.certificate);
  }
  for (TrustStoreFacts& store : facts) {
    for (TrustedCa& ca : store.cas) Classify(ca.certificate, catalogue_, known_cas);
  }
  return facts;
}

}  // namespace kortvakt
