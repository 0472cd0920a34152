// Workstations with a card of a SITHS-like PKI, for tests of the ways that its login takes: with real
// certificates and signatures.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "common/certs/chain.h"
#include "common/judge/judge.h"
#include "common/judge/login_ways.h"
#include "tests/unit/common/certs/varied_certificates.h"

namespace kortvakt::testing {

inline constexpr CaTrust kTrusted = CaTrust::kTrusted;
inline constexpr CaTrust kPresent = CaTrust::kPresent;
inline constexpr CaTrust kDistrusted = CaTrust::kDistrusted;

inline absl::Time Now() { return *ParseTime("2026-11-22T09:00:00Z"); }
inline absl::Duration Days(int days) { return days * absl::Hours(24); }

// `issued` with other dates, and its own key.
inline Issued Twin(const Issued& issued, const Issued* issuer, absl::Time not_after) {
  return Reissue(issued, issuer, [&](X509* certificate) {
    ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(not_after));
  });
}

// `issued` signed by another CA, which it then names as its issuer.
inline Issued CrossSigned(const Issued& issued, const Issued& issuer) {
  return Reissue(issued, &issuer, [&](X509* certificate) {
    const unsigned char* cursor = issuer.der.data();
    X509* by = d2i_X509(nullptr, &cursor, static_cast<long>(issuer.der.size()));
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    X509_free(by);
    const int key_id = X509_get_ext_by_NID(certificate, NID_authority_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(certificate, key_id));
  });
}

inline Issued OtherRoot(const std::string& name) {
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  return Issue(spec);
}

// A workstation with a card of a SITHS-like PKI; its stores are filled by the test.
class World {
 public:
  explicit World(const SithsLikePki& given = SithsLikePki())
      : pki(given),
        card_(pki.PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication, Person(),
                                    Now() - Days(100), Now() + Days(900), "")) {}

  const Issued& issuing() const { return pki.ca(PersonCa::kHsaId3); }

  // A store with the CAs that are required and no card here needs, and these.
  uint32_t AddStore(TrustStoreKind kind, const std::vector<std::pair<const Issued*, CaTrust>>& certificates) {
    TrustStoreFacts store;
    store.kind = kind;
    const bool users = kind == TrustStoreKind::kNss;
    store.owner = users ? absl::StrCat("uid:", 1000 + snapshot_.trust_stores.size()) : "machine";
    store.location = absl::StrCat(users ? "~/store " : "/store ", snapshot_.trust_stores.size());
    const auto add = [&](const Issued& issued, CaTrust trust) {
      EXPECT_TRUE(pool_.Add(issued.der).ok());
      store.cas.push_back({*ReadCertificate(issued.der, {}), trust});
      ders_[issued.sha256] = issued.der;
    };
    for (const PersonCa other : {PersonCa::kHsaId2, PersonCa::kPersonId3, PersonCa::kPersonId2}) {
      add(pki.ca(other), kPresent);
    }
    for (const auto& [issued, trust] : certificates) add(*issued, trust);
    snapshot_.trust_stores.push_back(std::move(store));
    return static_cast<uint32_t>(snapshot_.trust_stores.size() - 1);
  }
  void AddBundle(const std::vector<std::pair<const Issued*, CaTrust>>& certificates) {
    AddStore(TrustStoreKind::kSystemBundle, certificates);
  }
  void AddBrowser(const std::string& name,
                  const std::vector<std::pair<const Issued*, CaTrust>>& certificates) {
    const uint32_t store = AddStore(TrustStoreKind::kNss, certificates);
    snapshot_.browsers.push_back({name, snapshot_.trust_stores[store].owner, {store}});
  }

  // What the agent tells of it.
  Snapshot Observed() const {
    Snapshot snapshot = snapshot_;
    for (TrustStoreFacts& store : snapshot.trust_stores) {
      for (TrustedCa& ca : store.cas)
        ca.certificate.issuer_sha256 = pool_.FindIssuer(ders_.at(ca.certificate.sha256));
    }
    CertificateFacts login = *ReadCertificate(card_.der, {});
    login.issuer_sha256 = pool_.FindIssuer(card_.der);
    login.paths = pool_.FindPaths(card_.der);
    CertificateFacts signature = login;
    signature.sha256 = std::string(64, 'a');
    signature.key_usages = {"nonRepudiation"};
    signature.extended_key_usages.clear();
    CardFacts card;
    card.state = CardState::kRead;
    card.certificates = {login, signature};
    snapshot.readers = {ReaderFacts{"Reader", ReaderState::kOk, "", card}};
    ClassifySnapshot(snapshot, catalogue);
    return snapshot;
  }
  Verdict JudgeAt(absl::Time now) const { return Judge({Observed(), catalogue, Policy(), now}); }
  // "CODE severity", each a finding.
  std::vector<std::string> Findings(absl::Time now = Now()) const {
    std::vector<std::string> words;
    for (const Finding& finding : JudgeAt(now).findings) {
      words.push_back(absl::StrCat(InfoOf(finding.code).word, " ", SeverityWord(finding.severity)));
    }
    return words;
  }
  Finding Only(FindingCode code) const {
    const Verdict verdict = JudgeAt(Now());
    std::vector<Finding> found;
    for (const Finding& finding : verdict.findings) {
      if (finding.code == code) found.push_back(finding);
    }
    EXPECT_EQ(found.size(), 1u) << InfoOf(code).word;
    return found.empty() ? Finding() : found.front();
  }
  std::vector<std::string> Lines() const {
    const Snapshot snapshot = Observed();
    return LoginWays({snapshot, catalogue, Policy(), Now()}).Of(snapshot.readers[0].card->certificates[0]);
  }

  const SithsLikePki pki;
  const CaCatalogue catalogue = *CaCatalogue::Parse(pki.CatalogueToml(), "test.toml");

 private:
  const Issued card_;
  Snapshot snapshot_;
  CertificatePool pool_;
  std::map<std::string, Bytes> ders_;
};

inline constexpr char kWay[] = "Kortvakt Demo Person HSA-id 3 CA v1 > Kortvakt Demo Root CA v2: ";

}  // namespace kortvakt::testing
