#include "agent/revocation/questions.h"

#include <algorithm>
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

// Whether a path from the CA certificate `sha256` (`der`) ends at a current catalogued root.
bool LeadsToKnownRoot(const std::string& sha256, ByteView der, const CaCatalogue& catalogue,
                      const CertificatePool& pool) {
  if (IsKnownRoot(sha256, catalogue)) return true;
  const std::vector<CertificatePath> paths = pool.FindPaths(der);
  return std::any_of(paths.begin(), paths.end(),
                     [&](const CertificatePath& path) { return IsKnownRoot(path.back(), catalogue); });
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
      const bool of_a_person =
          certificate.purpose == Purpose::kAuthentication || certificate.purpose == Purpose::kSignature;
      if (!of_a_person || certificate.is_ca || certificate.issuer_sha256.empty() ||
          (certificate.ocsp_urls.empty() && certificate.crl_urls.empty()) ||
          ValidityAt(certificate, WholeSeconds(now)) == Validity::kExpired ||
          questions.certificates.size() == kMaxCertificates || !seen.insert(certificate.sha256).second) {
        continue;
      }
      const ByteView issuer = pool.Find(certificate.issuer_sha256);
      if (issuer.empty() || !LeadsToKnownRoot(certificate.issuer_sha256, issuer, catalogue, pool)) continue;
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

}  // namespace kortvakt
