// The rules about probed servers, on facts alone; tests/integration/probe has them on real
// servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/time.h"
#include "common/judge/judge.h"
#include "common/snapshot/probe_details.h"
#include "tests/support/scenarios/servers.h"
#include "tests/support/scenarios/workstations.h"
#include "tests/unit/common/judge/tls/tls_findings.h"

namespace kortvakt {
namespace {

using testing::AboutServers;
using testing::Card;
using testing::Days;
using ::testing::ElementsAre;
using testing::GoodServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ScenarioNow;
using ::testing::SizeIs;
using testing::TrustBy;
using testing::With;
using testing::Words;
using testing::Workstation;

TEST(TlsRulesTest, SayNothingOfAGoodServerOrWithoutProbes) {
  EXPECT_THAT(Words(With(GoodServer())), IsEmpty());
  EXPECT_THAT(Words(Workstation(Card())), IsEmpty());
}

TEST(TlsRulesTest, EveryWayNotToReachAServerIsToldInBothLanguages) {
  for (const ProbeOutcome outcome :
       {ProbeOutcome::kNameUnknown, ProbeOutcome::kUnreachable, ProbeOutcome::kProxyRefused,
        ProbeOutcome::kClosedAtHello, ProbeOutcome::kTimedOut}) {
    ProbeFacts probe;
    probe.url = "https://login.example.org/";
    probe.outcome = outcome;
    EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_UNREACHABLE critical"));
    const Finding english = AboutServers(With(probe)).at(0);
    const Finding swedish = AboutServers(With(probe), Language::kSwedish).at(0);
    EXPECT_NE(english.evidence, swedish.evidence);
    EXPECT_NE(english.remedy, swedish.remedy);
  }
}

TEST(TlsRulesTest, ProxyThatWantsALoginIsToldAsSuch) {
  ProbeFacts probe;
  probe.outcome = ProbeOutcome::kProxyRefused;
  probe.proxy = "proxy.example.org:3128";
  probe.proxy_status = 407;
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_THAT(finding.evidence, HasSubstr("proxy.example.org:3128 answers with status 407"));
  EXPECT_THAT(finding.remedy, HasSubstr("without logging in"));
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_THAT(finding.evidence, HasSubstr("browsers may log in"));
}

TEST(TlsRulesTest, ProxyThatCannotBeReachedIsNotTakenForTheServer) {
  ProbeFacts probe;
  probe.proxy = "proxy.example.org:3128";
  probe.outcome = ProbeOutcome::kUnreachable;
  probe.addresses = {{"192.0.2.1", "Connection refused"}};
  EXPECT_EQ(AboutServers(With(probe)).at(0).evidence,
            "the proxy proxy.example.org:3128 takes no connection: 192.0.2.1 (Connection refused)");
  EXPECT_THAT(AboutServers(With(probe)).at(0).remedy, HasSubstr("the right proxy"));
  probe.outcome = ProbeOutcome::kNameUnknown;
  probe.detail = probe_detail::kNoAddress;
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence,
              HasSubstr("name of the proxy proxy.example.org:3128"));
  EXPECT_THAT(AboutServers(With(probe), Language::kSwedish).at(0).evidence,
              HasSubstr("namnet på proxyn proxy.example.org:3128"));
  EXPECT_THAT(AboutServers(With(probe), Language::kSwedish).at(0).remedy, HasSubstr("rätt proxy"));
  // Behind the proxy it is the server again.
  probe.outcome = ProbeOutcome::kTimedOut;
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence, Not(HasSubstr("proxy")));
}

TEST(TlsRulesTest, ProxyOfTheBrowsersIsAskedForWhereNoneIsUsed) {
  ProbeFacts probe;
  for (const ProbeOutcome outcome :
       {ProbeOutcome::kNameUnknown, ProbeOutcome::kUnreachable, ProbeOutcome::kTimedOut}) {
    probe.outcome = outcome;
    probe.proxy.clear();
    EXPECT_THAT(AboutServers(With(probe)).at(0).remedy, HasSubstr("[probe] proxy"));
    probe.proxy = "proxy.example.org:3128";
    EXPECT_THAT(AboutServers(With(probe)).at(0).remedy, Not(HasSubstr("[probe] proxy")));
  }
}

TEST(TlsRulesTest, WhatEndedAProbeIsSaidInTheReadersLanguage) {
  ProbeFacts probe;
  probe.outcome = ProbeOutcome::kClosedAtHello;
  probe.detail = probe_detail::kClosed;
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence, HasSubstr("it closed the connection"));
  EXPECT_THAT(AboutServers(With(probe), Language::kSwedish).at(0).evidence,
              HasSubstr("(den stängde anslutningen)"));
  probe.outcome = ProbeOutcome::kUnreachable;
  probe.addresses = {{"192.0.2.1", "Connection refused"}};
  EXPECT_THAT(AboutServers(With(probe), Language::kSwedish).at(0).evidence,
              HasSubstr("192.0.2.1 (anslutningen nekades)"));
  probe.outcome = ProbeOutcome::kHandshakeFailed;
  probe.alert = "protocol_version";
  probe.detail = "TLS alert protocol_version";
  EXPECT_THAT(AboutServers(With(probe), Language::kSwedish).at(0).evidence,
              HasSubstr("TLS-larm protocol_version"));
}

TEST(TlsRulesTest, OnlyAHandshakeWithNothingInCommonIsAboutVersions) {
  ProbeFacts probe;
  probe.url = "https://login.example.org/";
  probe.outcome = ProbeOutcome::kHandshakeFailed;
  probe.detail = "x";
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH critical"));
  for (const char* alert : {"protocol_version", "handshake_failure", "insufficient_security"}) {
    probe.alert = alert;
    EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH critical")) << alert;
  }
  for (const char* alert : {"internal_error", "no_application_protocol"}) {
    probe.alert = alert;
    EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_UNREACHABLE warning")) << alert;
    EXPECT_EQ(AboutServers(With(probe)).at(0).fixed_by, FixedBy::kServiceOwner);
  }
  probe = GoodServer();
  probe.outcome = ProbeOutcome::kHandshakeFailed;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_UNREACHABLE warning"))
      << "a certificate came, so there was something in common";
}

TEST(TlsRulesTest, RootThatOnlyBrowsersMayKnowIsAWarning) {
  ProbeFacts probe = GoodServer();
  probe.trust = {TrustBy("bundle", ProbeVerdict::kRootUnknown, false),
                 TrustBy("Firefox", ProbeVerdict::kRootUnknown, true)};
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED warning"));
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence, HasSubstr("Debian's list"));
  probe.trust[1].verdict = ProbeVerdict::kDistrusted;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
  probe.trust[1].verdict = ProbeVerdict::kRootUnknown;
  const auto& cas = CaCatalogue::BuiltIn().cas();
  ASSERT_FALSE(cas.empty());
  probe.chain[0].issuer = cas.front().subject;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
}

TEST(TlsRulesTest, SystemsStoresAloneLeaveTheBrowsersInDoubt) {
  ProbeFacts probe = GoodServer();
  probe.trust = {TrustBy("bundle", ProbeVerdict::kRootUnknown, false)};
  Snapshot snapshot = With(probe);
  snapshot.browsers.clear();
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
  snapshot.browsers = {{.name = "Firefox", .owner = "uid:1000", .trust_stores = {}}};
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_ROOT_UNTRUSTED warning"));
}

TEST(TlsRulesTest, IssuerThatNothingKnowsIsNotToBeInstalledAsARoot) {
  ProbeFacts probe = GoodServer();
  probe.chain[0].issuer = "CN=Exempel Sub CA";
  probe.trust = {TrustBy("Firefox", ProbeVerdict::kIssuerUnknown, true)};
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_EQ(finding.code, FindingCode::kTlsRootUntrusted);
  EXPECT_THAT(finding.evidence, HasSubstr("'Exempel Sub CA' is missing, an intermediate or the root"));
  EXPECT_THAT(finding.remedy, HasSubstr("do not install it as a root"));
  // The catalogue tells what it is.
  for (const CataloguedCa& ca : CaCatalogue::BuiltIn().cas()) {
    probe.chain[0].issuer = ca.subject;
    const Finding known = AboutServers(With(probe)).at(0);
    EXPECT_EQ(known.code,
              ca.role == CaRole::kRoot ? FindingCode::kTlsRootUntrusted : FindingCode::kTlsChainIncomplete)
        << ca.subject;
    EXPECT_THAT(known.remedy, Not(HasSubstr("as a root")));
  }
}

TEST(TlsRulesTest, SelfSignedServerIsToldAsSuch) {
  ProbeFacts probe = GoodServer();
  probe.chain[0].subject = probe.chain[0].issuer = "";
  probe.chain_length = probe.path_length = 1;
  probe.ends_self_signed = true;
  probe.trust = {TrustBy("Firefox", ProbeVerdict::kRootUnknown, true)};
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_EQ(finding.code, FindingCode::kTlsRootUntrusted);
  EXPECT_THAT(finding.evidence, HasSubstr("self-signed (fingerprint " + probe.chain[0].sha256));
  EXPECT_EQ(finding.fixed_by, FixedBy::kServiceOwner);
}

TEST(TlsRulesTest, ChainFaultIsToldByAStoreThatCounts) {
  ProbeFacts probe = GoodServer();
  probe.trust = {TrustBy("bundle", ProbeVerdict::kTrusted, false),
                 TrustBy("Firefox", ProbeVerdict::kInvalid, true)};
  probe.trust[1].detail = "invalid CA certificate";
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_EQ(finding.code, FindingCode::kTlsServerCertUnusable);
  EXPECT_THAT(finding.evidence, HasSubstr("does not hold: invalid CA certificate"));
  EXPECT_THAT(finding.remedy, Not(HasSubstr("SHA-256")));
}

TEST(TlsRulesTest, SilenceAfterTheHandshakeIsTheServicesOwn) {
  ProbeFacts probe = GoodServer();
  probe.outcome = ProbeOutcome::kSilent;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_UNREACHABLE warning"));
  EXPECT_EQ(AboutServers(With(probe)).at(0).fixed_by, FixedBy::kServiceOwner);
}

TEST(TlsRulesTest, BrowsersCountBeforeTheSystemsBundle) {
  ProbeFacts probe = GoodServer();
  probe.trust = {TrustBy("bundle", ProbeVerdict::kTrusted, false),
                 TrustBy("Chromium", ProbeVerdict::kRootUnknown, true)};
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED critical"));
  probe.trust.push_back(TrustBy("Firefox", ProbeVerdict::kTrusted, true));
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED warning"));
  probe.trust = {TrustBy("bundle", ProbeVerdict::kRootUnknown, false),
                 TrustBy("Firefox", ProbeVerdict::kTrusted, true)};
  EXPECT_THAT(Words(With(probe)), IsEmpty());
}

TEST(TlsRulesTest, VerdictsWithoutACertificateAreNotBelieved) {
  for (const ProbeVerdict verdict : {ProbeVerdict::kRootUnknown, ProbeVerdict::kChainIncomplete,
                                     ProbeVerdict::kInvalid, ProbeVerdict::kIssuerUnknown}) {
    ProbeFacts probe = GoodServer();
    probe.chain.clear();
    probe.trust = {TrustBy("x", verdict, true)};
    EXPECT_THAT(Words(With(probe)), IsEmpty());
  }
}

TEST(TlsRulesTest, IssuersInACircleEnd) {
  ProbeFacts probe = GoodServer();
  CertificateFacts one = GoodServer().chain[0];
  one.subject = "CN=A";
  one.issuer = "CN=B";
  one.is_ca = true;
  CertificateFacts other = one;
  std::swap(other.subject, other.issuer);
  probe.chain = {one, other, one};
  probe.trust = {TrustBy("x", ProbeVerdict::kRootUnknown, true)};
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_ROOT_UNTRUSTED warning"));
}

TEST(TlsRulesTest, ServerCertificateEndsToTheSecond) {
  ProbeFacts probe = GoodServer();
  probe.chain[0].not_after = ScenarioNow();
  EXPECT_THAT(Words(With(probe)), IsEmpty());
  const Verdict verdict = Judge(
      {.snapshot = With(probe), .catalogue = CaCatalogue::BuiltIn(), .policy = {}, .now = ScenarioNow()});
  EXPECT_EQ(verdict.next_change, ScenarioNow() + absl::Seconds(1));
  probe.chain[0].not_after = ScenarioNow() - absl::Seconds(1);
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_CERT_EXPIRED critical"));
  probe.chain[0].not_after = ScenarioNow() + Days(1);
  probe.chain[0].not_before = ScenarioNow() + absl::Seconds(1);
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_CERT_EXPIRED critical"));
}

// From and to so many days after ScenarioNow().
ProbeWay Way(int begins, int ends, bool from_store = false) {
  return {{ScenarioNow() + Days(begins), "CN=Exempel Server CA", from_store},
          {ScenarioNow() + Days(ends), "CN=Exempel Root CA", from_store}};
}

TEST(TlsRulesTest, EndedCaCountsWhereNoStoreHasAnotherWayUp) {
  ProbeFacts probe = GoodServer();
  probe.trust[0].ways = {Way(-100, -1), Way(-200, -50)};
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_CERT_EXPIRED critical"));
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_THAT(finding.evidence, HasSubstr("'Exempel Root CA' of its chain, which the server sends, ended " +
                                          FormatUtc(ScenarioNow() - Days(1))));
  EXPECT_EQ(finding.fixed_by, FixedBy::kServiceOwner);
  probe.trust.push_back(TrustBy("Chromium", ProbeVerdict::kTrusted, true));
  EXPECT_THAT(Words(With(probe)), IsEmpty());
  probe.trust.pop_back();
  probe.trust[0].ways.push_back(Way(-300, 300));
  EXPECT_THAT(Words(With(probe)), IsEmpty());
}

TEST(TlsRulesTest, EndedCopyOfAStoreIsTheWorkstationsToReplace) {
  ProbeFacts probe = GoodServer();
  probe.trust[0].ways = {Way(-100, -1, true)};
  const Finding finding = AboutServers(With(probe)).at(0);
  EXPECT_THAT(finding.evidence, HasSubstr("the copy that is installed here"));
  EXPECT_EQ(finding.fixed_by, FixedBy::kLocalIt);
}

TEST(TlsRulesTest, CertificatesThatBeginLaterPointAtTheClock) {
  ProbeFacts of_ca = GoodServer();
  of_ca.trust[0].ways = {Way(1, 100)};
  ProbeFacts own = GoodServer();
  own.chain[0].not_before = ScenarioNow() + Days(1);
  for (const ProbeFacts& probe : {of_ca, own}) {
    Snapshot snapshot = With(probe);
    snapshot.clock = {};
    EXPECT_THAT(Words(snapshot), ElementsAre("TLS_SERVER_CERT_EXPIRED critical"));
    const Finding finding = AboutServers(snapshot).at(0);
    EXPECT_THAT(finding.evidence, HasSubstr("begins " + FormatUtc(ScenarioNow() + Days(1))));
    EXPECT_THAT(finding.remedy, HasSubstr("Check the workstation's clock first"));
    EXPECT_EQ(finding.fixed_by, FixedBy::kLocalIt);
    snapshot.clock.synchronised = true;
    EXPECT_THAT(AboutServers(snapshot).at(0).remedy, HasSubstr("too soon"));
    EXPECT_EQ(AboutServers(snapshot).at(0).fixed_by, FixedBy::kServiceOwner);
    const Verdict verdict = Judge(
        {.snapshot = snapshot, .catalogue = CaCatalogue::BuiltIn(), .policy = {}, .now = ScenarioNow()});
    EXPECT_LE(verdict.next_change, ScenarioNow() + Days(1));
  }
}

TEST(TlsRulesTest, KeyOfTheServerThatBrowsersDoNotOfferIsNoMatterOfVersions) {
  ProbeFacts probe = GoodServer();
  probe.browser_offer_refused = true;
  probe.browsers_offer_cipher = true;
  probe.group = "x25519";
  probe.chain[0].key_type = "ED25519";
  probe.chain[0].key_bits = 256;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH critical"));
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence, HasSubstr("ED25519"));
  EXPECT_THAT(AboutServers(With(probe)).at(0).remedy, HasSubstr("P-256 or RSA key"));
  // P-521, by key or by group: Firefox offers it.
  probe.chain[0].key_type = "EC";
  probe.chain[0].key_bits = 521;
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH warning"));
  probe.chain[0].key_bits = 256;
  probe.group = "secp521r1";
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH warning"));
  probe.group = "x25519";
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_VERSION_MISMATCH critical")) << "a curve of the same size";
  probe.browsers_offer_cipher = false;
  EXPECT_THAT(AboutServers(With(probe)).at(0).remedy, HasSubstr("AES-GCM"));
}

TEST(TlsRulesTest, HandshakeWithoutEndIsNotCalledSilence) {
  ProbeFacts probe;
  probe.url = "https://login.example.org/";
  probe.outcome = ProbeOutcome::kTimedOut;
  probe.detail = probe_detail::kEndlessHandshake;
  EXPECT_THAT(AboutServers(With(probe)).at(0).evidence, HasSubstr("the handshake does not end"));
}

TEST(TlsRulesTest, WrongClockMakesTheEndDoubtful) {
  ProbeFacts probe = GoodServer();
  probe.chain[0].not_before = ScenarioNow() - Days(1000);
  probe.chain[0].not_after = ScenarioNow() - Days(1);
  Snapshot snapshot = With(probe);
  snapshot.clock.offset_to_collector = Days(400);
  EXPECT_THAT(Words(snapshot), ElementsAre("TLS_SERVER_CERT_EXPIRED info"));
}

TEST(TlsRulesTest, CertificateForSomethingElseIsUnusable) {
  ProbeFacts probe = GoodServer();
  probe.chain[0].extended_key_usages = {"1.3.6.1.5.5.7.3.2"};
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_SERVER_CERT_UNUSABLE critical"));
  probe.chain[0].extended_key_usages = {};
  EXPECT_THAT(Words(With(probe)), IsEmpty());
}

TEST(TlsRulesTest, InterceptionIsARootThatNobodyElseKnows) {
  ProbeFacts probe = GoodServer();
  probe.trust[0].root_origin = RootOrigin::kLocal;
  probe.trust[0].root_sha256 = std::string(64, 'f');
  EXPECT_THAT(Words(With(probe)), ElementsAre("TLS_INTERCEPTED warning"));
  const auto& cas = CaCatalogue::BuiltIn().cas();
  const auto root =
      std::find_if(cas.begin(), cas.end(), [](const CataloguedCa& ca) { return !ca.sha256.empty(); });
  ASSERT_NE(root, cas.end());
  probe.trust[0].root_sha256 = root->sha256;
  EXPECT_THAT(Words(With(probe)), IsEmpty());
}

TEST(TlsRulesTest, ForeignTextCannotSteerATerminal) {
  ProbeFacts probe = GoodServer();
  probe.url = "https://a\x1B[2J/";
  probe.alert = "unrecognized_name";
  probe.cipher = "\x1B[31m";
  for (const Finding& finding : AboutServers(With(probe))) {
    for (const std::string& text : {finding.subject, finding.evidence, finding.remedy}) {
      EXPECT_EQ(text.find('\x1B'), std::string::npos);
    }
  }
  EXPECT_THAT(AboutServers(With(probe)), SizeIs(1));
}

}  // namespace
}  // namespace kortvakt
