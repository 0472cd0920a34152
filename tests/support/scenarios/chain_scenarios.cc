// Chains that do not hold although every CA is here, and cards that cannot log in beside one that can.
#include <algorithm>
#include <utility>

#include "tests/support/scenarios/parts.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

constexpr char kServerAuth[] = "1.3.6.1.5.5.7.3.1";

// Changes the certificate of the CA `id` in the first store.
void ChangeCa(Snapshot& snapshot, const std::string& id,
              const std::function<void(CertificateFacts&)>& change) {
  const std::string& subject = CaCatalogue::BuiltIn().FindById(id)->subject;
  for (TrustedCa& ca : snapshot.trust_stores[0].cas) {
    if (ca.certificate.subject == subject) change(ca.certificate);
  }
}

// The card's issuing CA may only issue certificates of servers.
void ForServersOnly(Snapshot& snapshot) {
  ChangeCa(snapshot, kHsaId3, [](CertificateFacts& ca) { ca.extended_key_usages = {kServerAuth}; });
}

// Of ScenarioCatalogue(), with a root of its own.
constexpr char kExempelPersonCa[] = "CN=Exempel Person CA v1,O=Exempelbolaget AB,C=SE";

// The CA of the cards that are by kPersonId3.
constexpr char kId3[] = "siths-e-id-person-id-3-ca-v1";

// The root is here only as another CA signed it, which is not here.
void CrossSignRoot(Snapshot& snapshot) {
  const std::string cross_signed(64, 'e');
  ChangeCa(snapshot, kRoot, [&](CertificateFacts& ca) {
    ca.sha256 = cross_signed;
    ca.issuer = "CN=Exempel Root CA";
    ca.issuer_sha256.clear();
    ca.public_key_sha256 = CaCatalogue::BuiltIn().FindById(kRoot)->public_key_sha256;
  });
  for (TrustedCa& ca : snapshot.trust_stores[0].cas) {
    if (ca.certificate.issuer == kRootName) ca.certificate.issuer_sha256 = cross_signed;
  }
}

// Beside a card of another organisation's that can log in.
Snapshot Beside(CardFacts card) {
  return With(GoodCard(), [&card](Snapshot& s) {
    card.id = std::string(64, '2');
    s.readers.push_back(ReaderWith("Keyboard", std::move(card)));
  });
}

void Revoke(Snapshot& snapshot, size_t reader) {
  RevocationCheck check;
  check.certificate_sha256 = snapshot.readers[reader].card->certificates[0].sha256;
  check.status = RevocationStatus::kRevoked;
  check.revoked_at = In(-2);
  snapshot.revocations.push_back(check);
}

void AddChains(std::vector<Scenario>& table) {
  table.push_back({"The card's issuing CA may serve servers only",
                   With(GoodCard(), ForServersOnly),
                   {},
                   {{kChainBroken, kCritical}}});
  table.push_back({"A card whose issuing CA may serve servers only has ended",
                   With(Workstation(CardWith({LoginCertificate(In(-3))})), ForServersOnly),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back({"A card whose issuing CA may serve servers only beside one that can log in",
                   With(Beside(CardWith({LoginCertificateBy(kPersonId3, In(600))})), ForServersOnly),
                   {},
                   {{kChainBroken, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"The root is here only as another CA signed it, which is not here",
                   With(GoodCard(), CrossSignRoot),
                   {},
                   {{kChainBroken, kWarning}}});
}

void AddOtherCards(std::vector<Scenario>& table) {
  const CardFacts ended = CardWith({LoginCertificate(In(-3))});
  table.push_back({"An empty card beside one that can log in",
                   Beside(CardIn(CardState::kEmpty, "")),
                   {},
                   {{kCardEmpty, kWarning}}});
  table.push_back(
      {"An ended card beside one that can log in", Beside(ended), {}, {{kCertExpired, kWarning}}});
  table.push_back({"A reserve card before its certificates are fetched, beside one that can log in",
                   Beside(CardWith({TransportCertificate(In(700))})),
                   {},
                   {{kCardTransportOnly, kWarning}}});
  CertificateFacts keyless = LoginCertificate(In(600));
  keyless.key_presence = KeyPresence::kAbsent;
  table.push_back({"A card without its key beside one that can log in",
                   Beside(CardWith({keyless})),
                   {},
                   {{kCardKeyMissing, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"A card that cannot be read beside one that can log in",
                   Beside(CardIn(CardState::kUnreadable, "EF.CDF: 6982")),
                   {},
                   {{kCardUnreadable, kWarning}}});
  table.push_back({"A revoked card beside one that can log in",
                   With(Beside(CardWith({LoginCertificate(In(600))})), [](Snapshot& s) { Revoke(s, 1); }),
                   {},
                   {{kCertRevoked, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"A test card beside one that can log in",
                   Beside(CardWith({LoginCertificateBy(kTestHsaId3, In(600))})),
                   {},
                   {{kTestCertInProduction, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"An ended card beside a revoked one",
                   With(Beside(ended), [](Snapshot& s) { Revoke(s, 0); }),
                   {},
                   {{kCertExpired, kCritical}, {kCertRevoked, kCritical}}});
}

// What only one of two cards needs, or lacks in every place.
void AddNeededByOne(std::vector<Scenario>& table) {
  const CardFacts by_id3 = CardWith({LoginCertificateBy(kPersonId3, In(600))});
  const auto two_cards = [&by_id3](const std::function<void(Snapshot&)>& change) {
    return With(Beside(by_id3), [&](Snapshot& s) {
      FindPaths(s);
      change(s);
    });
  };
  table.push_back({"An issuing CA is missing that one of two cards needs",
                   two_cards([](Snapshot& s) { s.trust_stores = {BundleWith(Without({kId3}))}; }),
                   {},
                   {{kIntermediateMissing, kWarning}, {kSeveralCards, kWarning}}});
  Policy two_roots;
  two_roots.required_cas = AllRequired();
  two_roots.required_cas.insert(two_roots.required_cas.end(), {"exempel-person-ca", "exempel-root-ca"});
  table.push_back({"Root and issuing CA are missing that one of two cards needs",
                   Beside(CardWith({LoginCertificateBy(kExempelPersonCa, In(600))})),
                   two_roots,
                   {{kIntermediateMissing, kWarning}, {kRootMissing, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"The only browser lacks the issuing CA of one of two cards",
                   two_cards([](Snapshot& s) { AddBrowser(s, "Firefox", "uid:1000", Without({kId3})); }),
                   {},
                   {{kCaNotInBrowserStore, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"The issuing CA of one of two cards is distrusted",
                   two_cards([](Snapshot& s) {
                     for (TrustedCa& ca : s.trust_stores[0].cas) {
                       if (ca.certificate.subject == kPersonId3) ca.trust = CaTrust::kDistrusted;
                     }
                   }),
                   {},
                   {{kCaDistrusted, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back(
      {"The issuing CA of one of two cards has ended",
       two_cards([](Snapshot& s) { ChangeCa(s, kId3, [](CertificateFacts& ca) { ca.not_after = In(-1); }); }),
       {},
       {{kCaExpiresSoon, kWarning}, {kSeveralCards, kWarning}}});
  table.push_back({"The issuing CA of both of two cards may serve servers only",
                   With(Beside(CardWith({LoginCertificate(In(600))})), ForServersOnly),
                   {},
                   {{kChainBroken, kCritical}, {kChainBroken, kCritical}, {kSeveralCards, kWarning}}});
  table.push_back({"An ended card beside one whose issuing CA is missing",
                   With(Beside(CardWith({LoginCertificateBy(kPersonId3, In(-3))})),
                        [](Snapshot& s) { s.trust_stores = {BundleWith(Without({kHsaId3}))}; }),
                   {},
                   {{kIntermediateMissing, kCritical}, {kCertExpired, kWarning}}});
  const Snapshot pair = Workstation(CardWith({LoginCertificate(In(700)), NationalIdCertificate(In(700))}));
  table.push_back({"The issuing CA of the certificate with personnummer is missing",
                   With(pair, [](Snapshot& s) { s.trust_stores = {BundleWith(Without({kId3}))}; }),
                   {},
                   {{kIntermediateMissing, kWarning}, kTwoLogins}});
  table.push_back({"The issuing CA of the certificate with HSA-id is missing: services at work want that",
                   With(pair, [](Snapshot& s) { s.trust_stores = {BundleWith(Without({kHsaId3}))}; }),
                   {},
                   {{kIntermediateMissing, kCritical}, kTwoLogins}});
}

// Login certificates of one card, none of which can be used, each for a reason of its own.
void AddUnusablePairs(std::vector<Scenario>& table) {
  CertificateFacts keyless = NationalIdCertificate(In(700));
  keyless.key_presence = KeyPresence::kAbsent;
  table.push_back(
      {"A revoked certificate beside one without its key",
       With(Workstation(CardWith({LoginCertificate(In(700)), keyless})), [](Snapshot& s) { Revoke(s, 0); }),
       {},
       {{kCardKeyMissing, kCritical}, {kCertRevoked, kCritical}, kTwoLogins}});
  table.push_back({"An ended certificate beside one without its key",
                   Workstation(CardWith({LoginCertificate(In(-3)), keyless})),
                   {},
                   {{kCardKeyMissing, kCritical}, {kCertExpired, kCritical}}});
  table.push_back(
      {"A test certificate beside one that has ended",
       Workstation(CardWith({LoginCertificateBy(kTestHsaId3, In(600)), LoginCertificate(In(-3))})),
       {},
       {{kCertExpired, kCritical}, {kTestCertInProduction, kCritical}}});
  table.push_back(
      {"A test certificate beside one of a retired CA",
       Workstation(CardWith({LoginCertificateBy(kTestHsaId3, In(600)), LoginCertificateBy(kType1, In(600))})),
       {},
       {{kTestCertInProduction, kCritical}, {kRetiredIssuer, kCritical}, kTwoLogins}});
}

}  // namespace

std::vector<Scenario> ChainScenarios() {
  return TableOf({AddChains, AddOtherCards, AddNeededByOne, AddUnusablePairs});
}

}  // namespace kortvakt::testing
