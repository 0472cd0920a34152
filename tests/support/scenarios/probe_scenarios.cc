#include "tests/support/scenarios/parts.h"
#include "tests/support/scenarios/servers.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

// A workstation with a good card that looked at a server with something wrong.
Snapshot Looked(
    ProbeFacts probe, const std::function<void(ProbeFacts&)>& spoil = [](ProbeFacts&) {}) {
  Snapshot snapshot = GoodCard();
  spoil(probe);
  snapshot.probes = {std::move(probe)};
  return snapshot;
}

}  // namespace

ProbeTrust TrustBy(const std::string& store, ProbeVerdict verdict, bool browser) {
  ProbeTrust trust;
  trust.store = store;
  trust.verdict = verdict;
  trust.browser = browser;
  return trust;
}

ProbeFacts GoodServer() {
  CertificateFacts own;
  own.sha256 = std::string(64, '1');
  own.subject = "O=Region Exempel,C=SE";
  own.issuer = "CN=Exempel Server CA";
  own.not_before = In(-100);
  own.not_after = In(100);
  own.key_usages = {"digitalSignature"};
  own.extended_key_usages = {"1.3.6.1.5.5.7.3.1"};
  own.signature_algorithm = "sha256WithRSAEncryption";
  ProbeFacts probe;
  probe.url = "https://login.example.org/";
  probe.outcome = ProbeOutcome::kAnswered;
  probe.http_status = 200;
  probe.version = "TLSv1.3";
  probe.cipher = "TLS_AES_256_GCM_SHA384";
  probe.chain = {own};
  probe.chain_length = 2;
  probe.path_length = 2;
  probe.server_names = {"login.example.org"};
  probe.name_matches = true;
  probe.trust = {TrustBy("Firefox (uid:1000)", ProbeVerdict::kTrusted, true)};
  return probe;
}

ProbeFacts AskingServer(const std::vector<std::string>& ca_names) {
  ProbeFacts probe = GoodServer();
  probe.client_certificate = ClientCertificateRequest::kInHandshake;
  probe.ca_names = ca_names;
  probe.ca_name_count = static_cast<uint32_t>(ca_names.size());
  probe.signature_algorithms = {"rsa_pkcs1_sha256"};
  probe.version = "TLSv1.2";
  return probe;
}

std::vector<Scenario> ProbeScenarios() {
  const auto verdict = [](ProbeVerdict is) {
    return [is](ProbeFacts& probe) { probe.trust[0].verdict = is; };
  };
  std::vector<Scenario> table;
  table.push_back({"A server with nothing wrong", Looked(GoodServer()), {}, {}});
  table.push_back({"A server that takes the card", Looked(AskingServer({kPersonHsaId3})), {}, {}});
  table.push_back({"A server whose root no browser here trusts",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.trust[0].verdict = ProbeVerdict::kRootUnknown;
                            probe.trust.push_back(TrustBy("bundle", ProbeVerdict::kTrusted, false));
                          }),
                   {},
                   {{kTlsRootUntrusted, kCritical}}});
  table.push_back({"A server that leaves out its intermediate",
                   Looked(GoodServer(), verdict(ProbeVerdict::kChainIncomplete)),
                   {},
                   {{kTlsChainIncomplete, kCritical}}});
  table.push_back({"A server that takes cards of another issuer",
                   Looked(AskingServer({"CN=Another CA"})),
                   {},
                   {{kTlsClientCertNotAccepted, kCritical}}});
  table.push_back({"A server that names no CA: whether it takes the card cannot be told",
                   Looked(AskingServer({})),
                   {},
                   {{kTlsClientCertNotAccepted, kInfo}}});
  table.push_back(
      {"A server that names more CAs than were kept",
       Looked(AskingServer({"CN=Another CA"}), [](ProbeFacts& probe) { probe.ca_name_count = 600; }),
       {},
       {{kTlsClientCertNotAccepted, kWarning}}});
  table.push_back({"A server that asks after the request in TLS 1.3, which browsers do not answer",
                   Looked(AskingServer({kPersonHsaId3}),
                          [](ProbeFacts& probe) {
                            probe.client_certificate = ClientCertificateRequest::kOnPath;
                            probe.version = "TLSv1.3";
                            probe.signature_algorithms = {"rsa_pss_rsae_sha256"};
                          }),
                   {},
                   {{kTlsClientCertNotAccepted, kCritical}}});
  table.push_back({"A server that knows TLS 1.0 only",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.browser_offer_refused = true;
                            probe.version = "TLSv1.0";
                            probe.versions_taken = {"TLSv1.0"};
                          }),
                   {},
                   {{kTlsVersionMismatch, kCritical}}});
  table.push_back({"A server that wants a kind of signature that the card has no key for",
                   Looked(AskingServer({kPersonHsaId3}),
                          [](ProbeFacts& probe) { probe.signature_algorithms = {"ecdsa_secp256r1_sha256"}; }),
                   {},
                   {{kTlsSignatureMismatch, kCritical}}});
  table.push_back({"A server that wants RSA-PSS: whether the card can do that cannot be told",
                   Looked(AskingServer({kPersonHsaId3}),
                          [](ProbeFacts& probe) {
                            probe.version = "TLSv1.3";
                            probe.signature_algorithms = {"rsa_pss_rsae_sha256"};
                          }),
                   {},
                   {{kTlsSignatureMismatch, kInfo}}});
  table.push_back({"A server under another name",
                   Looked(GoodServer(), [](ProbeFacts& probe) { probe.name_matches = false; }),
                   {},
                   {{kTlsNameMismatch, kCritical}}});
  table.push_back({"A server seen through an inspecting proxy",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.trust[0].root_origin = RootOrigin::kLocal;
                            probe.trust[0].root_sha256 = std::string(64, 'f');
                            probe.trust[0].root_subject = "CN=Exempel Inspection CA";
                          }),
                   {},
                   {{kTlsIntercepted, kWarning}}});
  table.push_back({"A server whose certificate ended, under an unknown root: the root first",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.chain[0].not_after = In(-1);
                            probe.trust[0].verdict = ProbeVerdict::kRootUnknown;
                            probe.trust.push_back(TrustBy("bundle", ProbeVerdict::kTrusted, false));
                          }),
                   {},
                   {{kTlsRootUntrusted, kCritical}, {kTlsServerCertExpired, kCritical}}});
  table.push_back(
      {"A server whose certificate is signed with SHA-1",
       Looked(GoodServer(),
              [](ProbeFacts& probe) { probe.chain[0].signature_algorithm = "sha1WithRSAEncryption"; }),
       {},
       {{kTlsServerCertUnusable, kCritical}}});
  table.push_back({"A server under a root that may be one of the browsers' own",
                   Looked(GoodServer(), verdict(ProbeVerdict::kRootUnknown)),
                   {},
                   {{kTlsRootUntrusted, kWarning}}});
  table.push_back(
      {"A server that leaves out an intermediate which this workstation has",
       Looked(GoodServer(), [](ProbeFacts& probe) { probe.trust[0].with_local_intermediate = true; }),
       {},
       {{kTlsChainIncomplete, kWarning}}});
  ProbeFacts none;
  none.url = GoodServer().url;
  table.push_back({"A port that answers in plain HTTP",
                   Looked(none,
                          [](ProbeFacts& probe) {
                            probe.outcome = ProbeOutcome::kNotTls;
                            probe.plain_http = true;
                          }),
                   {},
                   {{kTlsNotTls, kCritical}}});
  table.push_back({"A server that closes the connection on the first message",
                   Looked(none, [](ProbeFacts& probe) { probe.outcome = ProbeOutcome::kClosedAtHello; }),
                   {},
                   {{kTlsServerUnreachable, kCritical}}});
  table.push_back({"A proxy that wants a login, which browsers may have",
                   Looked(none,
                          [](ProbeFacts& probe) {
                            probe.outcome = ProbeOutcome::kProxyRefused;
                            probe.proxy = "proxy.example.org:3128";
                            probe.proxy_status = 407;
                          }),
                   {},
                   {{kTlsServerUnreachable, kWarning}}});
  table.push_back({"A server that takes a cipher only which browsers do not offer",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.browser_offer_refused = true;
                            probe.version = "TLSv1.2";
                            probe.cipher = "AES128-SHA256";
                          }),
                   {},
                   {{kTlsVersionMismatch, kCritical}}});
  table.push_back({"A server with a P-521 key, which Chromium does not take",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.browser_offer_refused = probe.browsers_offer_cipher = true;
                            probe.group = "x25519";
                            probe.chain[0].key_type = "EC";
                            probe.chain[0].key_bits = 521;
                          }),
                   {},
                   {{kTlsVersionMismatch, kWarning}}});
  table.push_back({"A server that refuses for want of a certificate that it never asks for",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.http_status = 400;
                            probe.http_refusal = HttpRefusal::kCertificateMissing;
                          }),
                   {},
                   {{kTlsClientCertNotAccepted, kCritical}}});
  table.push_back({"A login server under the organisation's own CA",
                   Looked(AskingServer({kPersonHsaId3}),
                          [](ProbeFacts& probe) {
                            probe.trust[0].root_origin = RootOrigin::kLocal;
                            probe.trust[0].root_sha256 = std::string(64, 'f');
                          }),
                   {},
                   {{kTlsIntercepted, kInfo}}});
  table.push_back({"A server under a CA that nothing here knows, as a root or otherwise",
                   Looked(GoodServer(), verdict(ProbeVerdict::kIssuerUnknown)),
                   {},
                   {{kTlsRootUntrusted, kWarning}}});
  table.push_back({"A server that sends a CA certificate which has ended",
                   Looked(GoodServer(),
                          [](ProbeFacts& probe) {
                            probe.trust[0].ways = {{{In(-100), "CN=Exempel Server CA", false},
                                                    {In(-1), "CN=Exempel Server CA", false}}};
                          }),
                   {},
                   {{kTlsServerCertExpired, kCritical}}});
  table.push_back({"A server whose root is distrusted",
                   Looked(GoodServer(), verdict(ProbeVerdict::kDistrusted)),
                   {},
                   {{kTlsRootUntrusted, kCritical}}});
  table.push_back(
      {"A server whose name has no address", Looked(none), {}, {{kTlsServerUnreachable, kCritical}}});
  return table;
}

}  // namespace kortvakt::testing
