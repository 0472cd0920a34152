#include "agent/revocation/questions.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/judge/required_cas.h"
#include "common/judge/seconds.h"
#include "common/snapshot/revocation_proto.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxCertificates = 64;
constexpr size_t kMaxAddresses = 4;  // real certificates name one or two

Bytes CopyOf(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }

std::vector<std::string> First(const std::vector<std::string>& urls) {
  return {urls.begin(), urls.begin() + static_cast<std::ptrdiff_t>(std::min(urls.size(), kMaxAddresses))};
}

bool IsKnownRoot(const std::string& sha256, const CaCatalogue& catalogue) {
  const CataloguedCa* root = catalogue.FindByFingerprint(sha256);
  return root != nullptr && root->role == CaRole::kRoot && root->state == CaState::kCurrent;
}

// Those of `paths` that end at a current catalogued root.
std::vector<CertificatePath> ToKnownRoots(std::vector<CertificatePath> paths, const CaCatalogue& catalogue) {
  std::erase_if(paths, [&](const CertificatePath& path) { return !IsKnownRoot(path.back(), catalogue); });
  return paths;
}

// Whether a path from the CA certificate `sha256` (`der`) ends at a current catalogued root.
bool LeadsToKnownRoot(const std::string& sha256, ByteView der, const CaCatalogue& catalogue,
                      const CertificatePool& pool) {
  return IsKnownRoot(sha256, catalogue) || !ToKnownRoots(pool.FindPaths(der), catalogue).empty();
}

bool IsOfAPerson(const CertificateFacts& certificate) {
  return !certificate.is_ca &&
         (certificate.purpose == Purpose::kAuthentication || certificate.purpose == Purpose::kSignature);
}

// Why there is no question about a person's `certificate`, of which the issuer is `issuer`
// (empty: not in `pool`). None: there is one.
std::optional<NotAsked> WhyNot(const CertificateFacts& certificate, ByteView issuer,
                               const CaCatalogue& catalogue, const CertificatePool& pool, absl::Time now) {
  if (ValidityAt(certificate, WholeSeconds(now)) == Validity::kExpired) return NotAsked::kEnded;
  if (certificate.ocsp_urls.empty() && certificate.crl_urls.empty()) return NotAsked::kNoAddress;
  if (certificate.issuer_sha256.empty()) return NotAsked::kNoIssuer;
  if (!issuer.empty() && LeadsToKnownRoot(certificate.issuer_sha256, issuer, catalogue, pool)) {
    return std::nullopt;
  }
  // Whoever looked at the workstation saw such a path with its issuer.
  return issuer.empty() && !ToKnownRoots(certificate.paths, catalogue).empty() ? NotAsked::kNotHandedOver
                                                                               : NotAsked::kNoKnownRoot;
}

}  // namespace

Questions QuestionsOf(const Snapshot& snapshot, const CaCatalogue& catalogue, const Policy& policy,
                      const CertificatePool& pool, absl::Time now) {
  Questions questions;
  questions.hosts = catalogue.hosts();
  questions.hosts.insert(questions.hosts.end(), policy.revocation_hosts.begin(),
                         policy.revocation_hosts.end());

  std::set<std::string> seen;  // a card with two interfaces shows in two readers
  for (const ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (const CertificateFacts& certificate : reader.card->certificates) {
      if (!IsOfAPerson(certificate) || !seen.insert(certificate.sha256).second) continue;
      if (questions.certificates.size() == kMaxCertificates) {
        questions.not_asked[certificate.sha256] = NotAsked::kTooMany;
        continue;
      }
      const ByteView issuer = pool.Find(certificate.issuer_sha256);
      if (const auto why = WhyNot(certificate, issuer, catalogue, pool, now)) {
        questions.not_asked[certificate.sha256] = *why;
        continue;
      }
      questions.certificates.push_back({certificate.sha256, certificate.serial_number, CopyOf(issuer),
                                        First(certificate.ocsp_urls), First(certificate.crl_urls)});
    }
  }
  const JudgedAt at{WholeSeconds(now), 0};
  const CaDirectory known(KnownCas(snapshot));
  CaRecogniser recogniser(catalogue, known);
  for (const RequiredCa& required : LookForRequiredCas(snapshot, policy, recogniser, at)) {
    if (required.presence != CaPresence::kMissing || required.ca->role != CaRole::kIssuing ||
        required.ca->ca_issuers_url.empty()) {
      continue;
    }
    if (questions.cas.size() == static_cast<size_t>(kMaxCaDownloads)) break;
    const CataloguedCa* root = catalogue.FindById(required.ca->issuer);
    questions.cas.push_back({*required.ca, root == nullptr ? Bytes() : CopyOf(pool.Find(root->sha256))});
  }
  return questions;
}

std::vector<Bytes> CasToAsk(const Snapshot& snapshot, const CaCatalogue& catalogue,
                            const CertificatePool& pool) {
  std::vector<Bytes> cas;
  std::set<std::string> taken;
  const auto take = [&](const std::string& sha256) {
    const ByteView der = pool.Find(sha256);
    if (!der.empty() && cas.size() < kMaxCasToAsk && taken.insert(sha256).second) cas.push_back(CopyOf(der));
  };
  std::set<std::string> seen;
  for (const ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (const CertificateFacts& certificate : reader.card->certificates) {
      const std::string& issuer = certificate.issuer_sha256;
      if (!IsOfAPerson(certificate) || !seen.insert(issuer).second) continue;
      for (const CertificatePath& path : ToKnownRoots(pool.FindPaths(pool.Find(issuer)), catalogue)) {
        take(issuer);
        for (const std::string& ca : path) take(ca);
      }
    }
  }
  for (const CataloguedCa& ca : catalogue.cas()) take(ca.sha256);
  return cas;
}

}  // namespace kortvakt
