#include "tests/support/scenarios/workstations.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/certs/classify.h"
#include "common/certs/data/built_in.h"
#include "common/judge/policy.h"

namespace kortvakt::testing {
namespace {

constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";
constexpr char kTransportCa[] = "CN=Exempel Transport CA v1,O=Exempelbolaget AB,C=SE";

// Of another publisher, with a root of its own.
constexpr char kOtherCas[] = R"(
[[ca]]
id = "exempel-root-ca"
subject = "CN=Exempel Root CA v1,O=Exempelbolaget AB,C=SE"
role = "root"
environment = "production"
state = "current"
issues = "cas"
loa = "not-applicable"
[[ca]]
id = "exempel-person-ca"
subject = "CN=Exempel Person CA v1,O=Exempelbolaget AB,C=SE"
role = "issuing"
environment = "production"
state = "current"
issues = "persons"
issuer = "exempel-root-ca"
loa = "3"
)";

// Fingerprint of a certificate that does not exist: different where its facts are.
std::string Fingerprint(const CertificateFacts& certificate) {
  return Sha256Hex(
      AsBytes(absl::StrCat(certificate.subject, "|", certificate.issuer, "|", certificate.hsa_id, "|",
                           certificate.key_usages.front(), "|", FormatUtc(certificate.not_before), "|",
                           FormatUtc(certificate.not_after))));
}

// Fingerprint by which a CA of the catalogue is stored.
std::string CaFingerprint(const CataloguedCa& ca) {
  return ca.sha256.empty() ? Sha256Hex(AsBytes(ca.subject)) : ca.sha256;
}

CertificateFacts PersonCertificate(const std::string& issuer, absl::Time not_after) {
  CertificateFacts certificate;
  certificate.issuer = issuer;
  certificate.subject = "O=Region Exempel,C=SE";
  certificate.organisation = "Region Exempel";
  certificate.not_before = not_after - Days(5 * 365);
  certificate.not_after = not_after;
  certificate.key_usages = {"digitalSignature", "keyEncipherment"};
  certificate.extended_key_usages = {kClientAuth};
  certificate.key_type = "RSA";
  certificate.key_bits = 2048;
  if (const CataloguedCa* ca = CaCatalogue::BuiltIn().FindBySubject(issuer)) {
    certificate.issuer_sha256 = CaFingerprint(*ca);
  }
  return certificate;
}

}  // namespace

absl::Time At(const std::string& rfc3339) {
  const absl::StatusOr<absl::Time> time = ParseTime(rfc3339);
  if (!time.ok()) {
    std::cerr << time.status() << "\n";
    std::abort();
  }
  return *time;
}

absl::Time ScenarioNow() { return At("2026-11-22T09:00:00Z"); }

CertificateFacts LoginCertificateBy(const std::string& issuer, absl::Time not_after) {
  CertificateFacts certificate = PersonCertificate(issuer, not_after);
  certificate.identity_kind = IdentityKind::kHsaId;
  certificate.hsa_id = "SE2321000016-1A2B";
  certificate.sha256 = Fingerprint(certificate);
  return certificate;
}

CertificateFacts LoginCertificate(absl::Time not_after) {
  return LoginCertificateBy(kPersonHsaId3, not_after);
}

CertificateFacts LoginCertificateOf(const std::string& organisation, const std::string& hsa_id,
                                    absl::Time not_after) {
  CertificateFacts certificate = LoginCertificate(not_after);
  certificate.organisation = organisation;
  certificate.subject = absl::StrCat("O=", organisation, ",C=SE");
  certificate.hsa_id = hsa_id;
  certificate.sha256 = Fingerprint(certificate);
  return certificate;
}

CertificateFacts NationalIdCertificate(absl::Time not_after) {
  CertificateFacts certificate = PersonCertificate(kPersonId3, not_after);
  certificate.identity_kind = IdentityKind::kPersonnummer;
  certificate.organisation.clear();
  certificate.subject = "C=SE";
  certificate.sha256 = Fingerprint(certificate);
  return certificate;
}

CertificateFacts SignatureCertificate(absl::Time not_after) {
  CertificateFacts certificate = LoginCertificate(not_after);
  certificate.key_usages = {"nonRepudiation"};
  certificate.extended_key_usages.clear();
  certificate.sha256 = Fingerprint(certificate);
  return certificate;
}

CertificateFacts TransportCertificate(absl::Time not_after) {
  CertificateFacts certificate = LoginCertificateBy(kTransportCa, not_after);
  certificate.identity_kind = IdentityKind::kOther;
  certificate.hsa_id.clear();
  certificate.sha256 = Fingerprint(certificate);
  return certificate;
}

const CaCatalogue& ScenarioCatalogue() {
  static const CaCatalogue* catalogue = [] {
    const std::string text =
        absl::StrCat(std::string(BuiltInCatalogueText()), "\n[[ca]]\nid = \"exempel-transport-ca\"\n",
                     "subject = \"", kTransportCa, "\"\nrole = \"issuing\"\n",
                     "environment = \"production\"\nstate = \"current\"\nissues = \"transport\"\n",
                     "issuer = \"siths-e-id-root-ca-v2\"\nloa = \"not-applicable\"\n", kOtherCas);
    absl::StatusOr<CaCatalogue> parsed = CaCatalogue::Parse(text, "scenarios");
    if (!parsed.ok()) {
      std::cerr << parsed.status() << "\n";
      std::abort();
    }
    return new CaCatalogue(*std::move(parsed));
  }();
  return *catalogue;
}

CardFacts CardWith(std::vector<CertificateFacts> certificates) {
  const CertificateFacts* login = nullptr;
  bool signature = false;
  for (const CertificateFacts& certificate : certificates) {
    if (certificate.key_usages.empty()) continue;
    signature |= certificate.key_usages.front() == "nonRepudiation";
    const bool logs_in =
        certificate.key_usages.front() == "digitalSignature" && certificate.issuer != kTransportCa;
    if (logs_in && (login == nullptr || login->not_after < certificate.not_after)) login = &certificate;
  }
  if (login != nullptr && !signature) {
    CertificateFacts beside = *login;
    beside.key_usages = {"nonRepudiation"};
    beside.extended_key_usages.clear();
    beside.key_presence = KeyPresence::kUnknown;
    beside.sha256 = Fingerprint(beside);
    certificates.push_back(std::move(beside));
  }
  return BareCardWith(std::move(certificates));
}

CardFacts BareCardWith(std::vector<CertificateFacts> certificates) {
  CardFacts card;
  card.atr = "3B7F96000080318065B085050039120FFE829000";
  card.id = Sha256Hex(AsBytes("a card"));
  card.family = CardFamily::kIdPrime;
  card.state = CardState::kRead;
  card.holder_hsa_id = "SE2321000016-1A2B";
  card.read_at = ScenarioNow() - absl::Minutes(5);
  card.certificates = std::move(certificates);
  return card;
}

CardFacts CardIn(CardState state, const std::string& detail) {
  CardFacts card = BareCardWith({});
  card.state = state;
  card.detail = detail;
  card.holder_hsa_id.clear();
  if (state == CardState::kMute) card.atr.clear();
  if (state != CardState::kEmpty && state != CardState::kUnreadable) {
    card.id.clear();
    card.read_at.reset();
    card.family = CardFamily::kUnknown;
  }
  return card;
}

ReaderFacts ReaderWith(std::string name, std::optional<CardFacts> card) {
  ReaderFacts reader;
  reader.name = std::move(name);
  reader.card = std::move(card);
  return reader;
}

TrustedCa StoredCa(const std::string& catalogue_id) {
  const CataloguedCa* ca = CaCatalogue::BuiltIn().FindById(catalogue_id);
  if (ca == nullptr) {
    std::cerr << "no CA '" << catalogue_id << "' in the built-in catalogue\n";
    std::abort();
  }
  const CataloguedCa* issuer = ca->role == CaRole::kRoot ? ca : CaCatalogue::BuiltIn().FindById(ca->issuer);
  TrustedCa stored;
  stored.trust = CaTrust::kTrusted;
  stored.certificate.subject = ca->subject;
  stored.certificate.issuer = issuer->subject;
  stored.certificate.sha256 = CaFingerprint(*ca);
  stored.certificate.issuer_sha256 = CaFingerprint(*issuer);
  stored.certificate.subject_key_id = ca->subject_key_id;
  stored.certificate.not_before = At("2019-05-15T07:51:29Z");
  stored.certificate.not_after = At("2049-09-15T20:00:00Z");
  stored.certificate.key_usages = {"keyCertSign", "cRLSign"};
  stored.certificate.is_ca = true;
  return stored;
}

TrustStoreFacts BundleWith(const std::vector<std::string>& catalogue_ids) {
  TrustStoreFacts store;
  store.kind = TrustStoreKind::kSystemBundle;
  store.location = "/etc/ssl/certs/ca-certificates.crt";
  store.certificate_count = 140;
  for (const std::string& id : catalogue_ids) store.cas.push_back(StoredCa(id));
  return store;
}

std::vector<std::string> AllRequired() { return RequiredCas(Policy(), CaCatalogue::BuiltIn()); }

Snapshot Workstation(std::optional<CardFacts> card) {
  Snapshot snapshot;
  snapshot.observed_at = ScenarioNow();
  snapshot.workstation = {"7f6f2f0e-1d1c-4b7a-9a53-5f0d6c1e2a3b", "ws-17", "lasarettet"};
  snapshot.readers = {ReaderWith("Example Reader 00 00", std::move(card))};
  snapshot.trust_stores = {BundleWith(AllRequired())};
  snapshot.clock.synchronised = true;
  snapshot.clock.offset_to_collector = absl::Milliseconds(120);
  snapshot.versions = {"0.1.0", "linux", "Debian GNU/Linux 12", CaCatalogue::BuiltIn().version()};
  FindPaths(snapshot);
  return snapshot;
}

void FindPaths(Snapshot& snapshot) {
  const CaDirectory known = KnownCas(snapshot);
  for (ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (CertificateFacts& certificate : reader.card->certificates) {
      CertificatePath path;
      bool holds = true;
      for (const CertificateFacts* ca = known.Find(certificate.issuer_sha256); ca != nullptr;) {
        path.push_back(ca->sha256);
        const std::vector<std::string>& usages = ca->extended_key_usages;
        holds &= usages.empty() || std::find(usages.begin(), usages.end(), kClientAuth) != usages.end();
        ca = ca->issuer == ca->subject ? nullptr : known.Find(ca->issuer_sha256);
      }
      certificate.paths.clear();
      if (holds && !path.empty() && !certificate.is_ca) certificate.paths.push_back(path);
    }
  }
}

}  // namespace kortvakt::testing
