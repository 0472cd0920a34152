// What a browser would meet at a server, case by case against real servers: the facts of
// the probe, and the findings that follow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "agent/probe/http.h"
#include "common/judge/judge.h"
#include "tests/integration/probe/probe_fixture.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kLegacyCiphers;
using testing::LiveServer;
using ::testing::Not;
using testing::PersonCa;
using testing::ProbedAt;
using testing::Rsa;
using testing::SithsLikePki;

using ProbeTableTest = testing::ProbeFixture;

TEST_F(ProbeTableTest, Row0GoodServerHasNoFinding) {
  const LiveServer server = Serve(ServerFiles(), {});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kAnswered);
  EXPECT_EQ(facts.http_status, 200u);
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kTrusted);
  EXPECT_THAT(facts.versions_taken, ElementsAre("TLSv1.2", "TLSv1.3"));
  EXPECT_THAT(facts.versions_refused, ElementsAre("TLSv1.0", "TLSv1.1"));
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), IsEmpty());
}

TEST_F(ProbeTableTest, Row1RootIsNotInTheStore) {
  const LiveServer server = Serve(ServerFiles(), {});
  const ProbeFacts facts = Look(server.Url(), {Trusting("Chromium (uid:1000)", {&persons_->root()})});
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kIssuerUnknown);
  EXPECT_EQ(facts.path_length, 2u);
  // No store here knows it: it may be one that only browsers have.
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_ROOT_UNTRUSTED warning"));
  EXPECT_THAT(evidence_, HasSubstr("Exempel Root CA"));
}

TEST_F(ProbeTableTest, Row1bRootIsDistrusted) {
  const LiveServer server = Serve(ServerFiles(), {});
  ProbePool pool = Trusting("Chromium (uid:1000)", {&pki_->root});
  pool.distrusted = {pki_->root.der};
  const ProbeFacts facts = Look(server.Url(), {pool});
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kDistrusted);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
}

TEST_F(ProbeTableTest, Row1cRootIsOnlyInTheSystemBundle) {
  const LiveServer server = Serve(ServerFiles(), {});
  const ProbeFacts facts =
      Look(server.Url(), {Trusting("/etc/ssl/certs/ca-certificates.crt", {&pki_->root}, false),
                          Trusting("Chromium (uid:1000)", {})});
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kTrusted);
  EXPECT_EQ(facts.trust.at(1).verdict, ProbeVerdict::kRootUnknown);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
  EXPECT_THAT(evidence_, HasSubstr("not trusted by: Chromium (uid:1000)"));
  EXPECT_THAT(evidence_, HasSubstr("trusted by: /etc/ssl/certs/ca-certificates.crt"));
}

TEST_F(ProbeTableTest, Row2ServerLeavesOutItsIntermediate) {
  const LiveServer server = Serve(ServerFiles(), {}, false);
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.chain_length, 1u);
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kChainIncomplete);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CHAIN_INCOMPLETE critical"));
  EXPECT_THAT(evidence_, HasSubstr("Exempel Server CA"));
}

TEST_F(ProbeTableTest, Row2bTheSameWithAnAddressToFetchItFrom) {
  const auto files = ServerFiles(
      [](CertificateSpec& leaf) { leaf.ca_issuers_urls = {"http://aia.example.org/server-ca.cer"}; });
  const LiveServer server = Serve(files, {}, false);
  const ProbeFacts facts = Look(server.Url());
  EXPECT_THAT(facts.chain.at(0).ca_issuers_urls, ElementsAre("http://aia.example.org/server-ca.cer"));
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CHAIN_INCOMPLETE warning"));
}

TEST_F(ProbeTableTest, Row2cTheSameWithTheIntermediateInTheBrowsersStore) {
  const LiveServer server = Serve(ServerFiles(), {}, false);
  ProbePool pool = Trusting("Chromium (uid:1000)", {&pki_->root});
  pool.present = {pki_->issuing.der};
  const ProbeFacts facts = Look(server.Url(), {pool});
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kTrusted);
  EXPECT_TRUE(facts.trust.at(0).with_local_intermediate);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CHAIN_INCOMPLETE warning"));
}

TEST_F(ProbeTableTest, Row3CertificateWantedInTls13RefusesAfterTheHandshake) {
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kRefused);
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.alert, "certificate_required");
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kInHandshake);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(evidence_, HasSubstr("certificate_required"));
}

TEST_F(ProbeTableTest, Row3bTheSameInTls12FailsTheHandshake) {
  std::vector<std::string> arguments = Asking(persons_->root());
  arguments.push_back("-tls1_2");
  const LiveServer server = Serve(ServerFiles(), arguments);
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kHandshakeFailed);
  EXPECT_EQ(facts.version, "TLSv1.2");
  EXPECT_EQ(facts.alert, "handshake_failure");
  EXPECT_FALSE(facts.browser_offer_refused);
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kInHandshake);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
}

TEST_F(ProbeTableTest, Row3cTheSameByNginxAnswersInHttp) {
  const auto server =
      Nginx(ServerFiles(), "ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate " +
                               folder_.Write("accepted.pem", persons_->root().pem) + ";");
  ASSERT_TRUE(server.has_value());
  const ProbeFacts facts = Look(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kAnswered);
  EXPECT_EQ(facts.http_status, 400u);
  EXPECT_EQ(facts.http_refusal, HttpRefusal::kCertificateMissing);
  EXPECT_EQ(facts.alert, "");
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kInHandshake);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), Not(Contains(HasSubstr("NOT_ACCEPTED"))));
}

TEST_F(ProbeTableTest, Row4IssuerIsNotAmongTheAcceptedCas) {
  const LiveServer server = Serve(ServerFiles(), Asking(pki_->root));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_THAT(facts.ca_names, ElementsAre("CN=Exempel Root CA,O=Exempelbolaget AB,C=SE"));
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  EXPECT_THAT(evidence_, HasSubstr("Kortvakt Demo Person HSA-id 3 CA v1"));
}

TEST_F(ProbeTableTest, Row4bRootIsAcceptedButTheIntermediateIsNotHere) {
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_THAT(facts.ca_names, ElementsAre(ReadCertificate(persons_->root().der, {})->subject));
  EXPECT_THAT(Findings(facts, Card::kWithoutIntermediate), Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  EXPECT_THAT(evidence_, HasSubstr("is not on this workstation"));
}

TEST_F(ProbeTableTest, Row4cTheSameWithTheIntermediateIsGood) {
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Not(Contains(HasSubstr("NOT_ACCEPTED"))));
}

TEST_F(ProbeTableTest, Row4dNoListAndTheIntermediateIsNotHere) {
  const LiveServer server = Serve(ServerFiles(), AskingSilently(persons_->root()));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kInHandshake);
  EXPECT_THAT(facts.ca_names, IsEmpty());
  EXPECT_THAT(Findings(facts, Card::kWithoutIntermediate), Contains("TLS_CLIENT_CERT_NOT_ACCEPTED warning"));
}

TEST_F(ProbeTableTest, Row4eNoListAndTheIntermediateIsHereWhichChromiumDoesNotSend) {
  const LiveServer server = Serve(ServerFiles(), AskingSilently(persons_->root()));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_THAT(facts.ca_names, IsEmpty());
  // Whether the server knows the intermediate itself is not seen from here.
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(evidence_, HasSubstr("Chromium and Edge on Linux send it there without its intermediate"));
}

TEST_F(ProbeTableTest, Row5CardsCertificateHasEnded) {
  card_ = persons_->PersonCertificate(PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                                      testing::Person(), ProbedAt() - absl::Hours(24 * 700),
                                      ProbedAt() - absl::Hours(24), "");
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              ElementsAre("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(others_, Contains("CERT_EXPIRED critical"));
}

TEST_F(ProbeTableTest, Row5bNoListAndTheServerTrustsOthers) {
  const LiveServer server = Serve(ServerFiles(), AskingSilently(pki_->root));
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.ca_name_count, 0u);
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), Contains("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(evidence_, HasSubstr("names no CA"));
}

TEST_F(ProbeTableTest, Row5cNginxAndACertificateThatItCannotVerify) {
  const auto server =
      Nginx(ServerFiles(), "ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate " +
                               folder_.Write("accepted.pem", pki_->root.pem) + ";");
  ASSERT_TRUE(server.has_value());
  const ProbeFacts facts = Look(server->Url());
  EXPECT_EQ(facts.http_refusal, HttpRefusal::kCertificateMissing);
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  // What it says to a browser that sends the card's certificate all the same.
  folder_.Write("card.pem", card_.pem);
  folder_.Write("card.key", card_.key_pem);
  const testing::Outcome curl =
      testing::RunProgram({"/usr/bin/curl", "-sik", "--noproxy", "*", "--cert", folder_.Path("card.pem"),
                           "--key", folder_.Path("card.key"), server->Url()},
                          {.folder = folder_.Path("")});
  EXPECT_EQ(RefusalIn(curl.out), HttpRefusal::kCertificateError) << curl.out << curl.err;
}

TEST_F(ProbeTableTest, Row6ServerKnowsTls10Only) {
  const LiveServer server = Serve(RsaServerFiles(), {"-tls1", "-cipher", kLegacyCiphers});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_TRUE(facts.browser_offer_refused);
  EXPECT_EQ(facts.version, "TLSv1.0");
  EXPECT_THAT(facts.versions_taken, ElementsAre("TLSv1.0"));
  EXPECT_THAT(facts.versions_refused, ElementsAre("TLSv1.1", "TLSv1.2", "TLSv1.3"));
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_VERSION_MISMATCH critical"));
}

TEST_F(ProbeTableTest, Row6bServerKnowsACipherThatBrowsersDoNotOffer) {
  const LiveServer server = Serve(RsaServerFiles(), {"-tls1_2", "-cipher", "AES128-SHA256"});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_TRUE(facts.browser_offer_refused);
  EXPECT_EQ(facts.version, "TLSv1.2");
  EXPECT_EQ(facts.cipher, "AES128-SHA256");
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_VERSION_MISMATCH critical"));
}

TEST_F(ProbeTableTest, Row6cRsaKeyExchangeWithoutKeyEncipherment) {
  const LiveServer server = Serve(ServerFiles([](CertificateSpec& leaf) { leaf.key = Rsa(); }),
                                  {"-tls1_2", "-cipher", "AES128-SHA"});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_FALSE(facts.browser_offer_refused);
  EXPECT_EQ(facts.cipher, "AES128-SHA");
  EXPECT_TRUE(facts.rsa_key_exchange);
  EXPECT_THAT(facts.chain.at(0).key_usages, ElementsAre("digitalSignature"));
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_SERVER_CERT_UNUSABLE critical"));
}

TEST_F(ProbeTableTest, Row7ServerCertificateHasEnded) {
  const LiveServer server =
      Serve(ServerFiles([](CertificateSpec& leaf) { leaf.not_after = ProbedAt() - absl::Seconds(1); }), {});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.trust.at(0).verdict, ProbeVerdict::kTrusted);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_SERVER_CERT_EXPIRED critical"));
  // With an unknown root too, both are told.
  EXPECT_THAT(
      Findings(Look(server.Url(), {Trusting("Chromium (uid:1000)", {})})),
      ::testing::UnorderedElementsAre("TLS_ROOT_UNTRUSTED warning", "TLS_SERVER_CERT_EXPIRED critical"));
}

TEST_F(ProbeTableTest, Row8ServerCertificateIsForAnotherName) {
  const LiveServer server =
      Serve(ServerFiles([](CertificateSpec& leaf) { leaf.dns_names = {"login.example.org"}; }), {});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_FALSE(facts.name_matches);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_NAME_MISMATCH critical"));
  EXPECT_THAT(evidence_, HasSubstr("login.example.org"));
}

TEST_F(ProbeTableTest, Row9ServerCertificateIsSignedWithSha1) {
  const LiveServer server = Serve(ServerFiles([](CertificateSpec& leaf) { leaf.digest = "SHA1"; }),
                                  {"-cipher", "DEFAULT:@SECLEVEL=0"});
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.chain.at(0).signature_algorithm, "ecdsa-with-SHA1");
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_SERVER_CERT_UNUSABLE critical"));
}

TEST_F(ProbeTableTest, Row10PlainHttpOnThePort) {
  const auto server = LiveServer::Nginx(folder_, "listen 127.0.0.1:PORT; location / { return 200 ok; }");
  ASSERT_TRUE(server.has_value());
  const ProbeFacts facts = Look(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kNotTls);
  EXPECT_TRUE(facts.plain_http);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_NOT_TLS critical"));
}

TEST_F(ProbeTableTest, Row11ConnectionIsClosedAtTheHello) {
  const auto server = testing::ScriptedServer::Raw([](int fd) {
    char byte = 0;
    if (recv(fd, &byte, 1, MSG_PEEK) == 1) shutdown(fd, SHUT_WR);
    testing::DrainRaw(fd);
  });
  const ProbeFacts facts = Look(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kClosedAtHello);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_SERVER_UNREACHABLE critical"));
}

TEST_F(ProbeTableTest, Row11bServerDoesNotKnowTheName) {
  const auto server = Nginx(ServerFiles(), "ssl_reject_handshake on;");
  ASSERT_TRUE(server.has_value());
  const ProbeFacts facts = Look(server->Url());
  EXPECT_EQ(facts.alert, "unrecognized_name");
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_NAME_MISMATCH critical"));
}

// A probe has no key, so a card that cannot sign is not seen at the server: the reader is.
TEST_F(ProbeTableTest, Row12CardThatCannotSignIsToldByTheReaderAndNotByTheServer) {
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  Snapshot snapshot;
  snapshot.observed_at = ProbedAt();
  snapshot.probes = {Look(server.Url())};
  const auto first_code = [&](const std::optional<CardFacts>& card) {
    snapshot.readers = {{"reader", ReaderState::kOk, "", card}};
    const Verdict verdict =
        Judge({.snapshot = snapshot, .catalogue = *catalogue_, .policy = {}, .now = ProbedAt()});
    return std::string(InfoOf(verdict.findings.at(0).code).word);
  };
  CardFacts card;
  EXPECT_EQ(first_code(std::nullopt), "NO_CARD");
  card.state = CardState::kMute;
  EXPECT_EQ(first_code(card), "CARD_MUTE");
  card.state = CardState::kInUse;
  EXPECT_EQ(first_code(card), "CARD_IN_USE");
  card.state = CardState::kRead;
  card.certificates = {*ReadCertificate(card_.der, {})};
  card.certificates[0].key_presence = KeyPresence::kAbsent;
  EXPECT_EQ(first_code(card), "CARD_KEY_MISSING");
}

TEST_F(ProbeTableTest, Row13ServerWantsRsaPss) {
  std::vector<std::string> arguments = Asking(persons_->root());
  for (const char* argument : {"-client_sigalgs", "RSA-PSS+SHA256:RSA-PSS+SHA384"})
    arguments.emplace_back(argument);
  const LiveServer server = Serve(ServerFiles(), arguments);
  const ProbeFacts facts = Look(server.Url());
  EXPECT_THAT(facts.signature_algorithms, ElementsAre("rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384"));
  // The card's key is an EC one here.
  EXPECT_THAT(Findings(facts, Card::kWithIntermediate), ElementsAre("TLS_SIGNATURE_MISMATCH critical"));
  ProbeFacts for_rsa = facts;
  SithsLikePki::Options options;
  options.person_key = Rsa();
  const SithsLikePki rsa_persons(options);
  card_ = rsa_persons.PersonCertificate(PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                                        testing::Person(), ProbedAt() - absl::Hours(24),
                                        ProbedAt() + absl::Hours(24 * 700), "");
  EXPECT_THAT(Findings(for_rsa, Card::kWithIntermediate), Contains("TLS_SIGNATURE_MISMATCH info"));
}

TEST_F(ProbeTableTest, Row30ChainEndsAtARootThatWasAddedHere) {
  const LiveServer server = Serve(ServerFiles(), {});
  public_roots_ = {persons_->root().sha256};
  const ProbeFacts facts = Look(server.Url());
  EXPECT_EQ(facts.trust.at(0).root_origin, RootOrigin::kLocal);
  EXPECT_THAT(Findings(facts), ElementsAre("TLS_INTERCEPTED warning"));
  public_roots_.insert(pki_->root.sha256);
  EXPECT_THAT(Findings(Look(server.Url())), IsEmpty());
}

}  // namespace
}  // namespace kortvakt
