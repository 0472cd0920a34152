#include "tests/integration/probe/probe_fixture.h"

#include <cstdlib>

#include "absl/strings/match.h"
#include "common/base/time.h"
#include "common/certs/chain.h"
#include "common/judge/judge.h"

namespace kortvakt::testing {

ServerPki* ProbeFixture::pki_ = nullptr;
SithsLikePki* ProbeFixture::persons_ = nullptr;
CaCatalogue* ProbeFixture::catalogue_ = nullptr;

absl::Time ProbedAt() { return *ParseTime("2026-11-22T09:00:00Z"); }

KeySpec Rsa() {
  KeySpec key;
  key.type = KeySpec::Type::kRsa;
  key.bits = 2048;
  key.label = "probed server";
  return key;
}

void ProbeFixture::SetUpTestSuite() {
  pki_ = new ServerPki(MakeServerPki());
  persons_ = new SithsLikePki();
  catalogue_ = new CaCatalogue(*CaCatalogue::Parse(persons_->CatalogueToml(), "catalogue"));
}

void ProbeFixture::TearDownTestSuite() {
  delete pki_;
  delete persons_;
  delete catalogue_;
}

ProbeFixture::ProbeFixture()
    : card_(persons_->PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication, Person(),
                                        ProbedAt() - absl::Hours(24), ProbedAt() + absl::Hours(24 * 700),
                                        "9752000260000000031")) {}

ProbeFixture::Files ProbeFixture::ServerFiles(const std::function<void(CertificateSpec&)>& change) {
  CertificateSpec spec;
  spec.subject = {{"C", "SE"}, {"CN", "localhost"}};
  spec.key_usages = {"digitalSignature"};
  spec.extended_key_usages = {"serverAuth"};
  spec.dns_names = {"localhost"};
  change(spec);
  Files files;
  files.leaf = Issue(spec, &pki_->issuing);
  files.certificate = folder_.Write("leaf.pem", files.leaf.pem);
  files.key = folder_.Write("leaf.key", files.leaf.key_pem);
  files.chain = folder_.Write("chain.pem", files.leaf.pem + pki_->issuing.pem);
  return files;
}

ProbeFixture::Files ProbeFixture::RsaServerFiles() {
  return ServerFiles([](CertificateSpec& leaf) {
    leaf.key = Rsa();
    leaf.key_usages = {"digitalSignature", "keyEncipherment"};
  });
}

LiveServer ProbeFixture::Serve(const Files& files, std::vector<std::string> arguments,
                               bool with_intermediate) {
  for (const std::string& argument :
       {std::string("-cert"), files.certificate, std::string("-key"), files.key}) {
    arguments.push_back(argument);
  }
  if (with_intermediate) {
    arguments.push_back("-cert_chain");
    arguments.push_back(folder_.Write("issuing.pem", pki_->issuing.pem));
  }
  std::optional<LiveServer> server = LiveServer::OpenSsl(folder_, arguments);
  if (!server) std::abort();  // it has said why
  return *std::move(server);
}

std::vector<std::string> ProbeFixture::Asking(const Issued& ca) {
  return {"-Verify", "3", "-verify_return_error", "-CAfile", folder_.Write("accepted.pem", ca.pem)};
}

std::vector<std::string> ProbeFixture::AskingSilently(const Issued& ca) {
  return {"-Verify", "3", "-verify_return_error", "-verifyCAfile", folder_.Write("accepted.pem", ca.pem)};
}

std::optional<LiveServer> ProbeFixture::Nginx(const Files& files, const std::string& more) {
  return LiveServer::Nginx(folder_, "listen 127.0.0.1:PORT ssl; ssl_certificate " + files.chain +
                                        "; ssl_certificate_key " + files.key + "; " + more +
                                        " location / { return 200 ok; }");
}

ProbePool ProbeFixture::Trusting(const std::string& name, const std::vector<const Issued*>& cas,
                                 bool browser) {
  ProbePool pool;
  pool.store = name;
  pool.browser = browser;
  for (const Issued* ca : cas) pool.trusted.emplace_back(ca->der);
  return pool;
}

ProbeFacts ProbeFixture::Look(const std::string& url) {
  return Look(url, {Trusting("Chromium (uid:1000)", {&pki_->root})});
}

ProbeFacts ProbeFixture::Look(const std::string& url, const std::vector<ProbePool>& pools) {
  ProbeInputs inputs;
  inputs.pools = pools;
  inputs.public_roots = public_roots_;
  inputs.time = absl::Seconds(30);
  const absl::StatusOr<ProbeFacts> facts = Probe(*ParseProbeTarget(url), inputs);
  EXPECT_TRUE(facts.ok()) << facts.status();
  return facts.value_or(ProbeFacts());
}

std::vector<std::string> ProbeFixture::Findings(const ProbeFacts& facts, Card card) {
  Snapshot snapshot;
  snapshot.observed_at = ProbedAt();
  snapshot.probes = {facts};
  if (card != Card::kNone) AddCard(snapshot, card == Card::kWithIntermediate);
  const Verdict verdict =
      Judge({.snapshot = snapshot, .catalogue = *catalogue_, .policy = {}, .now = ProbedAt()});
  std::vector<std::string> words;
  others_.clear();
  for (const Finding& finding : verdict.findings) {
    const std::string word = InfoOf(finding.code).word;
    const bool about_server = absl::StartsWith(word, "TLS_");
    (about_server ? words : others_).push_back(word + " " + SeverityWord(finding.severity));
    if (!about_server) continue;
    EXPECT_EQ(finding.subject, facts.url);
    EXPECT_NE(finding.evidence, "");
    EXPECT_NE(finding.remedy, "");
    evidence_ += finding.evidence + "\n";
  }
  return words;
}

void ProbeFixture::AddCard(Snapshot& snapshot, bool with_intermediate) {
  CertificatePool pool;
  TrustStoreFacts store;
  std::vector<const Issued*> cas = {&persons_->root()};
  if (with_intermediate) cas.push_back(&persons_->ca(PersonCa::kHsaId3));
  for (const Issued* ca : cas) EXPECT_TRUE(pool.Add(ca->der).ok());
  for (const Issued* ca : cas) {
    store.cas.push_back({*ReadCertificate(ca->der, {}), CaTrust::kTrusted});
    store.cas.back().certificate.issuer_sha256 = pool.FindIssuer(ca->der);
  }
  snapshot.trust_stores = {store};
  CardFacts card;
  card.state = CardState::kRead;
  card.certificates = {*ReadCertificate(card_.der, {})};
  card.certificates[0].issuer_sha256 = pool.FindIssuer(card_.der);
  card.certificates[0].paths = pool.FindPaths(card_.der);
  snapshot.readers = {{"reader", ReaderState::kOk, "", card}};
}

}  // namespace kortvakt::testing
