// Cards of other issuers and environments, several cards, and what trust stores
// hold that they should not.
#include "tests/support/scenarios/parts.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

Snapshot BesideGoodCard(CardFacts card) {
  return With(GoodCard(), [&](Snapshot& s) { s.readers.push_back(ReaderWith("Keyboard", std::move(card))); });
}

Snapshot GoodCardAndStore(TrustStoreFacts store) {
  return With(GoodCard(), [&](Snapshot& s) { s.trust_stores = {std::move(store)}; });
}

TrustStoreFacts BundleAnd(const std::string& catalogue_id, CaTrust trust) {
  std::vector<std::string> ids = AllRequired();
  ids.push_back(catalogue_id);
  TrustStoreFacts bundle = BundleWith(ids);
  bundle.cas.back().trust = trust;
  return bundle;
}

// A bundle with all that is required, where this CA ends at `not_after`.
TrustStoreFacts BundleWithEnd(const std::string& catalogue_id, absl::Time not_after) {
  TrustStoreFacts bundle = BundleWith(AllRequired());
  for (TrustedCa& ca : bundle.cas) {
    if (ca.certificate.subject == CaCatalogue::BuiltIn().FindById(catalogue_id)->subject)
      ca.certificate.not_after = not_after;
  }
  return bundle;
}

CertificateFacts WithPolicy(const std::string& oid, CertificateFacts certificate) {
  certificate.policy_oids = {oid};
  return certificate;
}

void AddSeveralCards(std::vector<Scenario>& table) {
  table.push_back({"Two cards to log in with",
                   BesideGoodCard(SecondCard({LoginCertificate(In(500))})),
                   {},
                   {{kSeveralCards, kWarning}}});
  table.push_back(
      {"One card in two readers is one card", BesideGoodCard(CardWith({LoginCertificate(In(700))})), {}, {}});
  table.push_back({"A second card that cannot be read may not be one to log in with",
                   BesideGoodCard(CardIn(CardState::kUnsupported, "no driver")),
                   {},
                   {{kCardUnsupported, kInfo}}});
}

void AddSignatures(std::vector<Scenario>& table) {
  table.push_back({"A card that can log in but not sign",
                   Workstation(BareCardWith({LoginCertificate(In(700))})),
                   {},
                   {{kSignatureCertMissing, kInfo}}});
  table.push_back({"Whether it can sign cannot be told when a certificate could not be read",
                   With(Workstation(BareCardWith({LoginCertificate(In(700))})),
                        [](Snapshot& s) { s.readers[0].card->unreadable_certificates = 1; }),
                   {},
                   {{kCardUnreadable, kInfo}}});
}

void AddIssuers(std::vector<Scenario>& table) {
  table.push_back({"A test card in production",
                   Workstation(CardWith({LoginCertificateBy(kTestHsaId3, In(700))})),
                   {},
                   {{kTestCertInProduction, kCritical}}});
  table.push_back(
      {"A test certificate beside the real one",
       Workstation(CardWith({LoginCertificateBy(kTestHsaId3, In(700)), LoginCertificate(In(700))})),
       {},
       {{kTestCertInProduction, kWarning}, {kSeveralLoginCerts, kInfo}}});
  table.push_back({"A card of a CA that is no longer in use",
                   Workstation(CardWith({LoginCertificateBy(kType1, In(700))})),
                   {},
                   {{kRetiredIssuer, kCritical}, {kLoaTooLow, kWarning}}});
  table.push_back({"A card of a retired CA that has ended anyway",
                   Workstation(CardWith({LoginCertificateBy(kType1, In(-10))})),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back(
      {"The policy says LoA 3, the issuer LoA 2",
       Workstation(CardWith({WithPolicy("1.2.752.74.8.512", LoginCertificateBy(kPersonHsaId2, In(700)))})),
       {},
       {{kLoaContradiction, kWarning}}});
  CertificateFacts by_name = WithPolicy("1.2.752.74.8.512", LoginCertificateBy(kPersonHsaId2, In(700)));
  by_name.issuer_sha256.clear();
  table.push_back({"The policy says LoA 3, the issuer LoA 2 by its name only: a contradiction cannot be told",
                   Workstation(CardWith({by_name})),
                   {},
                   {{kIntermediateMissing, kCritical}}});
  table.push_back({"Policy and issuer agree",
                   Workstation(CardWith({WithPolicy("1.2.752.74.8.512", LoginCertificate(In(700)))})),
                   {},
                   {}});
}

// A bundle with all that is required, where an issuing CA's certificate is another of
// its name, which names the root as its issuer and is not signed by it.
TrustStoreFacts BundleWithNamesake(const std::string& catalogue_id) {
  TrustStoreFacts bundle = BundleWith(AllRequired());
  for (TrustedCa& ca : bundle.cas) {
    if (ca.certificate.subject != CaCatalogue::BuiltIn().FindById(catalogue_id)->subject) continue;
    ca.certificate.sha256 = std::string(64, 'd');
    ca.certificate.issuer_sha256.clear();
  }
  return bundle;
}

void AddStoredCas(std::vector<Scenario>& table) {
  table.push_back({"A namesake of the issuing CA, not signed by the root that is here, is not taken for it",
                   GoodCardAndStore(BundleWithNamesake(kHsaId3)),
                   {},
                   {{kCaLookalike, kCritical}, {kIntermediateMissing, kCritical}}});
  table.push_back({"A retired root is still trusted",
                   GoodCardAndStore(BundleAnd("siths-root-ca-v1", CaTrust::kTrusted)),
                   {},
                   {{kCaRetiredPresent, kInfo}}});
  table.push_back({"A retired root that is distrusted is as it should be",
                   GoodCardAndStore(BundleAnd("siths-root-ca-v1", CaTrust::kDistrusted)),
                   {},
                   {}});
  table.push_back({"The root ends in half a year",
                   GoodCardAndStore(BundleWithEnd(kRoot, In(26 * 7))),
                   {},
                   {{kCaExpiresSoon, kWarning}}});
  table.push_back({"The root ends in more than half a year",
                   GoodCardAndStore(BundleWithEnd(kRoot, In(26 * 7 + 1))),
                   {},
                   {}});
  table.push_back({"The root has ended",
                   GoodCardAndStore(BundleWithEnd(kRoot, In(-1))),
                   {},
                   {{kCaExpiresSoon, kCritical}}});
  table.push_back({"A CA that has ended and that no card here needs",
                   GoodCardAndStore(BundleWithEnd("siths-e-id-person-id-2-ca-v1", In(-1))),
                   {},
                   {{kCaExpiresSoon, kWarning}}});
  table.push_back({"A clock two days ahead: a root that looks ended may not be",
                   With(GoodCardAndStore(BundleWithEnd(kRoot, In(-1))),
                        [](Snapshot& s) { s.clock.offset_to_collector = Days(2); }),
                   {},
                   {{kClockWrong, kCritical}, {kCaExpiresSoon, kInfo}}});
  TrustStoreFacts both = BundleWith(AllRequired());
  TrustedCa successor = StoredCa(kHsaId3);
  for (TrustedCa& ca : both.cas) {
    if (ca.certificate.subject == successor.certificate.subject) ca.certificate.not_after = In(30);
  }
  successor.certificate.sha256 = std::string(64, 'c');
  both.cas.push_back(successor);
  table.push_back(
      {"The successor of an issuing CA's certificate is there already", GoodCardAndStore(both), {}, {}});
}

}  // namespace

std::vector<Scenario> IssuerScenarios() {
  return TableOf({AddSeveralCards, AddSignatures, AddIssuers, AddStoredCas});
}

}  // namespace kortvakt::testing
