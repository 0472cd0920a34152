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

}  // namespace

std::vector<Scenario> ChainScenarios() { return TableOf({AddChains, AddOtherCards}); }

}  // namespace kortvakt::testing
