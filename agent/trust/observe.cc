#include "agent/trust/observe.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
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

void TrustObserver::Learn(ByteView der, const std::string& sha256) {
  const auto [known, is_new] = known_.try_emplace(sha256);
  if (!is_new) return;
  ++facts_read_;
  const absl::StatusOr<CertificateFacts> facts = ReadCertificate(der, kNothingPersonal);
  if (!facts.ok()) return;
  known->second.readable = true;
  known->second.subject = ComparedName(facts->subject);
  known->second.issuer = ComparedName(facts->issuer);
}

const CertificateFacts* TrustObserver::FactsOf(const Entry& entry) {
  Known& known = known_.at(entry.sha256);
  if (known.facts == nullptr && known.readable) {
    ++facts_read_;
    absl::StatusOr<CertificateFacts> facts = ReadCertificate(entry.der, kNothingPersonal);
    if (!facts.ok()) return nullptr;
    known.bytes = CertificateToProto(*facts).ByteSizeLong();
    known.facts = std::make_unique<const CertificateFacts>(*std::move(facts));
  }
  return known.facts.get();
}

void TrustObserver::Forget(const std::vector<SeenStore>& stores,
                           const std::vector<std::string>& card_fingerprints) {
  std::set<std::string> here(card_fingerprints.begin(), card_fingerprints.end());
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

// The machine's in order, then one of each user's store and of the cards in turn.
std::vector<TrustObserver::Candidate> TrustObserver::CandidatesOf(
    const std::vector<SeenStore>& stores, const std::vector<ByteView>& card_certificates,
    const std::vector<std::string>& card_fingerprints) const {
  std::vector<Candidate> candidates;
  std::vector<std::vector<Candidate>> others(1);
  const auto add = [this](ByteView der, const std::string& sha256, std::vector<Candidate>& to) {
    const Known& known = known_.at(sha256);
    if (known.readable) to.push_back({der, sha256, &known});
  };
  for (size_t i = 0; i < card_certificates.size(); ++i) {
    add(card_certificates[i], card_fingerprints[i], others.front());
  }
  for (const SeenStore& store : stores) {
    std::vector<Candidate>& to = IsMachines(store) ? candidates : others.emplace_back();
    for (const Entry& entry : store.contents->entries) add(entry.der, entry.sha256, to);
  }
  bool more = true;
  for (size_t turn = 0; more; ++turn) {
    more = false;
    for (const std::vector<Candidate>& other : others) {
      if (turn >= other.size()) continue;
      candidates.push_back(other[turn]);
      more = true;
    }
  }
  return candidates;
}

void TrustObserver::FillPool(const std::vector<Candidate>& candidates,
                             const std::vector<std::string>& card_fingerprints) {
  std::unordered_map<std::string_view, std::vector<size_t>> by_subject;
  for (size_t i = 0; i < candidates.size(); ++i) by_subject[candidates[i].known->subject].push_back(i);
  // Names of issuers, in rounds: each finds those of what the round before found.
  std::set<std::string_view> round(catalogue_names_.begin(), catalogue_names_.end());
  for (const std::string& sha256 : card_fingerprints) round.insert(known_.at(sha256).issuer);
  std::set<std::string_view> asked;
  std::set<size_t> found;  // in the order in which they are tried
  for (int depth = 0; depth < kMaxDepth && !round.empty(); ++depth) {
    std::set<std::string_view> next;
    for (const std::string_view name : round) {
      if (!asked.insert(name).second) continue;
      const auto named = by_subject.find(name);
      if (named == by_subject.end()) continue;
      for (const size_t i : named->second) {
        found.insert(i);
        next.insert(candidates[i].known->issuer);
      }
    }
    round = std::move(next);
  }
  pool_.Renew();
  for (const size_t i : found) pool_.Add(candidates[i].der).IgnoreError();  // readable, as is known
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

TrustStoreFacts TrustObserver::Tell(const SeenStore& store, const std::vector<std::string>& on_path,
                                    Allowance& allowance, std::set<std::string>& told) {
  const TrustStoreContents& contents = *store.contents;
  TrustStoreFacts facts;
  facts.kind = store.kind;
  facts.location = store.location;
  facts.owner = store.owner;
  facts.state = contents.state;
  facts.detail = contents.detail;
  facts.unreadable_reason = contents.unreadable_reason;
  facts.certificate_count = static_cast<uint32_t>(contents.entries.size());
  size_t left_out = 0;
  for (const Entry* entry : Wanted(store, on_path)) {
    if (!known_.at(entry->sha256).readable) continue;
    if (allowance.cas == 0) {
      ++left_out;
      continue;
    }
    const CertificateFacts* certificate = FactsOf(*entry);
    if (certificate == nullptr) continue;
    const bool is_told = told.count(entry->sha256) > 0;
    const size_t bytes = is_told ? 0 : known_.at(entry->sha256).bytes;
    const size_t entries = ListEntries(*certificate);
    if (bytes > allowance.bytes || entries > allowance.entries) {
      ++left_out;
      continue;
    }
    --allowance.cas;
    allowance.bytes -= bytes;
    allowance.entries -= entries;
    told.insert(entry->sha256);
    facts.cas.push_back({*certificate, entry->trust});
    facts.cas.back().certificate.issuer_sha256 = pool_.FindIssuer(entry->der);
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
  std::vector<std::string> card_fingerprints;
  for (const ByteView der : card_certificates) Learn(der, card_fingerprints.emplace_back(Sha256Hex(der)));
  for (const SeenStore& store : stores) {
    for (const Entry& entry : store.contents->entries) Learn(entry.der, entry.sha256);
  }
  Forget(stores, card_fingerprints);
  FillPool(CandidatesOf(stores, card_certificates, card_fingerprints), card_fingerprints);

  std::vector<std::string> on_path;
  for (const ByteView der : card_certificates) {
    on_path.push_back(pool_.FindIssuer(der));
    for (const CertificatePath& path : pool_.FindPaths(der)) {
      on_path.insert(on_path.end(), path.begin(), path.end());
    }
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
    facts.push_back(Tell(store, on_path, IsMachines(store) ? machines : users_part, told));
  }
  std::vector<const CertificateFacts*> known_cas;
  for (const TrustStoreFacts& store : facts) {
    for (const TrustedCa& ca : store.cas) known_cas.push_back(&ca.certificate);
  }
  const CaDirectory directory(std::move(known_cas));
  for (TrustStoreFacts& store : facts) {
    for (TrustedCa& ca : store.cas) Classify(ca.certificate, catalogue_, directory);
  }
  return facts;
}

}  // namespace kortvakt
