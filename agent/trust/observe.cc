#include "agent/trust/observe.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/certs/classify.h"
#include "common/snapshot/certificate_proto.h"

namespace kortvakt {
namespace {

// Half of what a snapshot holds (snapshot_proto.h) each, for the machine and for users.
constexpr size_t kMaxCas = 1024;
constexpr size_t kMaxListEntries = 8192;
// A snapshot with eight cards holds that; real stores of users tell 20 KiB.
constexpr size_t kMaxUserBytes = 512u << 10;
constexpr size_t kMaxCasAUserStore = 64;
constexpr int kMaxDepth = 8;  // of issuers, as in chain.h

bool IsMachines(const SeenStore& store) { return store.owner == "machine"; }

size_t ListEntries(const CertificateFacts& facts) {
  return facts.policy_oids.size() + facts.key_usages.size() + facts.extended_key_usages.size() +
         facts.ca_issuers_urls.size() + facts.ocsp_urls.size() + facts.crl_urls.size();
}

void AddDetail(size_t count, const char* what, std::string& detail) {
  if (count == 0) return;
  absl::StrAppend(&detail, detail.empty() ? "" : "; ", count, count == 1 ? " certificate " : " certificates ",
                  what);
}

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

std::vector<const TrustObserver::Entry*> TrustObserver::Wanted(
    const SeenStore& store, const std::vector<std::string>& on_path) const {
  std::vector<const Entry*> first;
  std::vector<const Entry*> by_name;
  for (const Entry& entry : store.contents->entries) {
    if (catalogue_.FindByFingerprint(entry.sha256) != nullptr ||
        std::binary_search(on_path.begin(), on_path.end(), entry.sha256)) {
      first.push_back(&entry);
    } else if (IsCatalogued(entry)) {
      by_name.push_back(&entry);
    }
  }
  first.insert(first.end(), by_name.begin(), by_name.end());
  return first;
}

TrustStoreFacts TrustObserver::FactsOf(const SeenStore& store, const std::vector<std::string>& on_path,
                                       Allowance& allowance, std::set<std::string>& told) const {
  const TrustStoreContents& contents = *store.contents;
  TrustStoreFacts facts;
  facts.kind = store.kind;
  facts.location = store.location;
  facts.owner = store.owner;
  facts.state = contents.state;
  facts.detail = contents.detail;
  facts.certificate_count = static_cast<uint32_t>(contents.entries.size());
  size_t left_out = 0;
  for (const Entry* entry : Wanted(store, on_path)) {
    if (!known_.at(entry->sha256).readable) continue;
    if (allowance.cas == 0) {
      ++left_out;
      continue;
    }
    absl::StatusOr<CertificateFacts> certificate = ReadCertificate(entry->der, kNothingPersonal);
    if (!certificate.ok()) continue;
    const bool is_told = told.count(entry->sha256) > 0;
    const size_t bytes = is_told ? 0 : CertificateToProto(*certificate).ByteSizeLong();
    const size_t entries = ListEntries(*certificate);
    if (bytes > allowance.bytes || entries > allowance.entries) {
      ++left_out;
      continue;
    }
    --allowance.cas;
    allowance.bytes -= bytes;
    allowance.entries -= entries;
    told.insert(entry->sha256);
    certificate->issuer_sha256 = pool_.FindIssuer(entry->der);
    facts.cas.push_back({*std::move(certificate), entry->trust});
  }
  const auto unreadable =
      std::count_if(contents.entries.begin(), contents.entries.end(),
                    [&](const Entry& entry) { return !known_.at(entry.sha256).readable; });
  AddDetail(static_cast<size_t>(unreadable), "cannot be decoded", facts.detail);
  AddDetail(left_out, "left out", facts.detail);
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

  const auto users =
      static_cast<size_t>(std::count_if(stores.begin(), stores.end(), [](const SeenStore& store) {
        return !IsMachines(store) && !store.contents->entries.empty();
      }));
  const size_t parts = std::max<size_t>(users, 1);
  Allowance machines{kMaxCas, std::numeric_limits<size_t>::max(), kMaxListEntries};
  std::set<std::string> told;  // fingerprints
  std::vector<TrustStoreFacts> facts;
  for (const SeenStore& store : stores) {
    Allowance users_part{std::min(kMaxCas / parts, kMaxCasAUserStore), kMaxUserBytes / parts,
                         kMaxListEntries / parts};
    facts.push_back(FactsOf(store, on_path, IsMachines(store) ? machines : users_part, told));
  }
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
