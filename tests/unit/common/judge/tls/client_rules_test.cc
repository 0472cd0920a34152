// The rules about what a probed server wants of the card, on facts alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/judge/judge.h"
#include "tests/support/scenarios/servers.h"
#include "tests/support/scenarios/workstations.h"
#include "tests/unit/common/judge/tls/tls_findings.h"

namespace kortvakt {
namespace {

using testing::AboutServers;
using testing::AskingServer;
using testing::Card;
using testing::CardWith;
using testing::Days;
using ::testing::ElementsAre;
using testing::GoodServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kPersonHsaId3;
using testing::LoginCertificate;
using ::testing::Not;
using testing::ScenarioNow;
using testing::With;
using testing::Words;

TEST(TlsClientRulesTest, ServerThatWantsACertificateWithoutAskingForOneIsTold) {
  ProbeFacts probe = GoodServer();
  probe.http_status = 400;
  EXPECT_THAT(Words(With(probe, Card())), IsEmpty()) << "400 may be anything";
  probe.http_refusal = HttpRefusal::kCertificateMissing;
  for (const auto& card : {std::optional<CardFacts>(Card()), std::optional<CardFacts>()}) {
    EXPECT_THAT(Words(With(probe, card)), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
    const Finding finding = AboutServers(With(probe, card)).at(0);
    EXPECT_THAT(finding.evidence, HasSubstr("never asks for one"));
    EXPECT_EQ(finding.fixed_by, FixedBy::kServiceOwner);
  }
}

TEST(TlsClientRulesTest, ServerOfTheOrganisationsOwnCaThatAsksForCardsIsNotSuspected) {
  ProbeFacts probe = AskingServer({"CN=Another CA"});
  probe.trust[0].root_origin = RootOrigin::kLocal;
  probe.trust[0].root_sha256 = std::string(64, 'f');
  const auto severity = [&] {
    const std::vector<Finding> findings = AboutServers(With(probe, Card()));
    const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.code == FindingCode::kTlsIntercepted;
    });
    return found == findings.end() ? std::nullopt : std::optional(found->severity);
  };
  EXPECT_EQ(severity(), Severity::kWarning);
  probe.ca_names = {kPersonHsaId3};
  EXPECT_EQ(severity(), Severity::kInfo);
}

TEST(TlsClientRulesTest, CertificateByANamedIssuerIsOffered) {
  EXPECT_THAT(Words(With(AskingServer({kPersonHsaId3}), Card())), IsEmpty());
  // Names are the same whatever the case and the spaces (RFC 5280, 7.1).
  EXPECT_THAT(Words(With(AskingServer({"cn=SITHS e-id  Person HSA-id 3 CA v1,O=INERA AB,c=SE"}), Card())),
              IsEmpty());
}

TEST(TlsClientRulesTest, CrossSignedTwinHidesNotTheRootThatIsNamed) {
  Snapshot snapshot = With(AskingServer({"CN=SITHS e-id Root CA v2,O=Inera AB,C=SE"}), Card());
  TrustedCa twin = testing::StoredCa("siths-e-id-person-hsa-id-3-ca-v1");
  CertificateFacts& login = snapshot.readers[0].card->certificates[0];
  const std::string issuing = twin.certificate.sha256;
  const std::string root = twin.certificate.issuer_sha256;
  twin.certificate.sha256 = std::string(64, 'c');
  twin.certificate.issuer = "CN=The organisation's own root";
  twin.certificate.issuer_sha256.clear();
  twin.certificate.not_after += Days(1);
  snapshot.trust_stores[0].cas.push_back(twin);
  login.issuer_sha256 = twin.certificate.sha256;
  login.paths = {{twin.certificate.sha256}, {issuing, root}};
  EXPECT_THAT(Words(snapshot), IsEmpty());
  login.paths.pop_back();
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

TEST(TlsClientRulesTest, IssuerOnTheMachineIsNotInTheBrowser) {
  Snapshot snapshot = With(AskingServer({"CN=SITHS e-id Root CA v2,O=Inera AB,C=SE"}), Card());
  EXPECT_THAT(Words(snapshot), IsEmpty());
  TrustStoreFacts store = testing::BundleWith({"siths-e-id-root-ca-v2"});
  store.owner = "uid:1000";
  snapshot.trust_stores.push_back(store);
  snapshot.browsers = {{"Firefox", "uid:1000", {1}}};
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  EXPECT_THAT(AboutServers(snapshot).at(0).evidence,
              HasSubstr("no browser here has 'SITHS e-id Person HSA-id 3 CA v1' in its stores"));
  snapshot.trust_stores[1].state = TrustStoreState::kUnreadable;
  EXPECT_THAT(Words(snapshot), IsEmpty()) << "it may be there";
  snapshot.trust_stores[0].cas.clear();
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED warning"));
}

TEST(TlsClientRulesTest, CertificateByNoNamedIssuerIsNot) {
  const Snapshot snapshot = With(AskingServer({"CN=Another CA"}), Card());
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  EXPECT_EQ(AboutServers(snapshot).at(0).card_id, snapshot.readers.at(0).card->id);
}

TEST(TlsClientRulesTest, ListThatWasCutIsNoProof) {
  ProbeFacts probe = AskingServer({"CN=Another CA"});
  probe.ca_name_count = 2000;
  EXPECT_THAT(Words(With(probe, Card())), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED warning"));
}

TEST(TlsClientRulesTest, EndedCertificateIsNotOffered) {
  const CardFacts card = CardWith({LoginCertificate(ScenarioNow() - Days(1))});
  EXPECT_THAT(Words(With(AskingServer({kPersonHsaId3}), card)),
              ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
}

TEST(TlsClientRulesTest, AskingAfterTheRequestIsNotAnsweredByBrowsersInTls13) {
  ProbeFacts probe = AskingServer({kPersonHsaId3});
  probe.client_certificate = ClientCertificateRequest::kOnPath;
  EXPECT_THAT(Words(With(probe, Card())), IsEmpty()) << "TLS 1.2 renegotiates";
  probe.version = "TLSv1.3";
  EXPECT_THAT(Words(With(probe, Card())), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED critical"))
      << "what it wants to be signed never is";
}

TEST(TlsClientRulesTest, SignatureAlgorithmsAreHeldAgainstTheKindOfKey) {
  CardFacts card = Card();
  card.certificates[0].key_type = "RSA";
  ProbeFacts probe = AskingServer({kPersonHsaId3});
  EXPECT_THAT(Words(With(probe, card)), IsEmpty());
  probe.version = "TLSv1.3";
  probe.signature_algorithms = {"rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"};
  EXPECT_THAT(Words(With(probe, card)), ElementsAre("TLS_SIGNATURE_MISMATCH info"));
  probe.signature_algorithms = {"rsa_pkcs1_sha256_legacy"};
  EXPECT_THAT(Words(With(probe, card)), IsEmpty());
  probe.signature_algorithms = {"ecdsa_secp256r1_sha256"};
  EXPECT_THAT(Words(With(probe, card)), ElementsAre("TLS_SIGNATURE_MISMATCH critical"));
  card.certificates[0].key_type = "EC";
  EXPECT_THAT(Words(With(probe, card)), IsEmpty());
}

TEST(TlsClientRulesTest, CardOfLoa2AtAServerForLoa3IsTheCardOfficesToMend) {
  const CardFacts card =
      CardWith({testing::LoginCertificateBy(testing::kPersonHsaId2, ScenarioNow() + Days(700))});
  const Finding finding = AboutServers(With(AskingServer({kPersonHsaId3}), card)).at(0);
  EXPECT_THAT(finding.evidence, HasSubstr("those issue for LoA 3, the card has LoA 2"));
  EXPECT_EQ(finding.fixed_by, FixedBy::kCardOffice);
  const Finding other = AboutServers(With(AskingServer({kPersonHsaId3, "CN=Another CA"}), card)).at(0);
  EXPECT_THAT(other.evidence, Not(HasSubstr("LoA")));
  EXPECT_EQ(other.fixed_by, FixedBy::kServiceOwner);
}

TEST(TlsClientRulesTest, WithoutAListOnlyBrowsersOfChromiumsFamilyLeaveOutTheIntermediate) {
  Snapshot snapshot = With(AskingServer({}), Card());
  EXPECT_THAT(AboutServers(snapshot).at(0).evidence, HasSubstr("Chromium and Edge on Linux"));
  snapshot.browsers = {{"Firefox", "uid:1000", {0}}};
  EXPECT_THAT(AboutServers(snapshot).at(0).evidence, Not(HasSubstr("Chromium")));
  snapshot.browsers.push_back({"Google Chrome", "uid:1000", {0}});
  EXPECT_THAT(AboutServers(snapshot).at(0).evidence, HasSubstr("Chromium and Edge on Linux"));
}

}  // namespace
}  // namespace kortvakt
