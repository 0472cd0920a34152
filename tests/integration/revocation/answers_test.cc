// A look at the desk that asks real responders: `openssl ocsp`, and an HTTP server with lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "agent/ask_revocation.h"
#include "agent/trust/workstation_trust.h"
#include "common/judge/judge.h"
#include "common/judge/judgement.h"
#include "tests/support/patience.h"
#include "tests/support/revocation/revocation_servers.h"

namespace kortvakt {
namespace {

using testing::CatalogueOf;
using ::testing::IsEmpty;
using testing::Issued;
using testing::ListServer;
using testing::OcspResponder;
using testing::PoolOf;
using testing::RevocationKit;
using testing::ScriptedServer;
using ::testing::SizeIs;
using testing::SnapshotWith;

class RevocationAnswersTest : public ::testing::Test {
 protected:
  RevocationAnswersTest() {
    for (const Issued* ca : kit_.pki().cas()) cas_.Write(ca->sha256 + ".pem", ca->pem);
    config_.trust.folders = {cas_.path()};
    config_.trust.system_bundle.clear();
    config_.trust.p11_kit = false;
    config_.trust.browser_policies = false;
    config_.trust.browser_databases = false;
  }

  // Asks about `certificates` with `hosts` allowed.
  Snapshot Ask(const std::vector<const Issued*>& certificates, const std::vector<std::string>& hosts,
               const CertificatePool& pool) {
    judgement_.catalogue = std::make_shared<const CaCatalogue>(CatalogueOf(kit_.pki(), hosts));
    Snapshot snapshot = SnapshotWith(certificates, pool, *judgement_.catalogue);
    AskRevocationOptions options;
    options.time = testing::kPatience;
    const absl::Status asked = AskAbout(snapshot, options);
    EXPECT_TRUE(asked.ok()) << asked;
    return snapshot;
  }
  // With the issuers that are here, as they are handed over.
  absl::Status AskAbout(Snapshot& snapshot, const AskRevocationOptions& options = {}) {
    const CaCatalogue& catalogue = *judgement_.catalogue;
    WorkstationTrust trust(config_.trust, catalogue, SystemClock());
    trust.Look({});
    CertificatePool pool;
    for (const Bytes& ca : CasToAsk(snapshot, catalogue, trust.pool())) pool.Add(ca).IgnoreError();
    return AskRevocation(*fetcher_, QuestionsOf(snapshot, catalogue, judgement_.policy, pool, testing::Now()),
                         options, snapshot);
  }

  std::string UrlOf(const std::string& host) const { return absl::StrCat("http://", host, "/"); }

  RevocationKit kit_;
  testing::TemporaryFolder cas_;
  AgentConfig config_ = DefaultAgentConfig();
  std::unique_ptr<Fetcher> fetcher_ =
      MakeFetcher(absl::StrCat(std::getenv("KORTVAKT_BIN"), "/kortvakt-fetcher"), {});
  Judgement judgement_;
};

TEST_F(RevocationAnswersTest, ARealResponderTellsGoodRevokedHoldAndUnknown) {
  kit_.WriteIndex({RevocationKit::Good("0A01"), RevocationKit::Revoked("0A02", "affiliationChanged"),
                   RevocationKit::Revoked("0A03", "certificateHold")});
  const Issued delegate = kit_.Responder(kit_.issuer());
  const OcspResponder responder(kit_, delegate, 8);
  std::vector<Issued> people;
  std::vector<const Issued*> card;
  for (const char* serial : {"0A01", "0A02", "0A03", "0A04"})
    people.push_back(kit_.Person(serial, {responder.Url()}));
  for (const Issued& person : people) card.push_back(&person);
  const Snapshot snapshot = Ask(card, {responder.host()}, PoolOf(kit_.pki()));
  ASSERT_THAT(snapshot.revocations, SizeIs(4));
  EXPECT_EQ(snapshot.revocations[0].status, RevocationStatus::kGood);
  EXPECT_EQ(snapshot.revocations[1].status, RevocationStatus::kRevoked);
  EXPECT_EQ(snapshot.revocations[1].reason, RevocationReason::kAffiliationChanged);
  EXPECT_EQ(snapshot.revocations[2].status, RevocationStatus::kRevoked);
  EXPECT_EQ(snapshot.revocations[2].reason, RevocationReason::kCertificateHold);
  EXPECT_EQ(snapshot.revocations[3].problem, RevocationProblem::kNotKnown);
}

TEST_F(RevocationAnswersTest, TheListTellsWhereTheResponderIsGone) {
  kit_.WriteIndex({RevocationKit::Revoked("0A02", "keyCompromise")});
  const ListServer lists([crl = kit_.Crl()] { return crl; });
  std::string gone;
  {
    const auto closed = ScriptedServer::Raw([](int) {});
    gone = absl::StrCat("127.0.0.1:", closed->port());
  }
  const Issued person = kit_.Person("0A02", {UrlOf(gone)}, {lists.Url("a.crl")});
  const Snapshot snapshot = Ask({&person}, {gone, lists.host()}, PoolOf(kit_.pki()));
  ASSERT_THAT(snapshot.revocations, SizeIs(2));
  EXPECT_EQ(snapshot.revocations[0].problem, RevocationProblem::kUnreachable);
  EXPECT_EQ(snapshot.revocations[1].status, RevocationStatus::kRevoked);
  const Verdict verdict = Judge({.snapshot = snapshot,
                                 .catalogue = *judgement_.catalogue,
                                 .policy = judgement_.policy,
                                 .now = testing::Now()});
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings[0].code, FindingCode::kCertRevoked);
}

// The one who makes a card writes what he likes into it, and holds his own CAs' keys: names,
// key ids and addresses are his. The server waits, and nobody comes.
TEST_F(RevocationAnswersTest, AHomeMadeCardMakesNobodyAskAnything) {
  const ListServer witness([] { return "no answer"; });
  const testing::SithsLikePki home_made;  // the same names with other keys
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable},
                  {"CN", "Testa Testsson"},
                  {"serialNumber", "SE2321000016-T35T", testing::StringType::kPrintable}};
  spec.key_usages = {"digitalSignature"};
  spec.ocsp_urls = {witness.Url()};
  spec.crl_urls = {witness.Url()};
  spec.ca_issuers_urls = {witness.Url()};
  const Issued card = testing::Issue(spec, &home_made.ca(testing::PersonCa::kHsaId3));
  CertificatePool everything = PoolOf(kit_.pki());
  for (const Issued* ca : home_made.cas()) {
    everything.Add(ca->der).IgnoreError();
    cas_.Write(ca->sha256 + ".pem", ca->pem);  // even where a user has put them into a store
  }
  // Even with the host allowed.
  const Snapshot snapshot = Ask({&card}, {witness.host()}, everything);
  ASSERT_FALSE(snapshot.readers[0].card->certificates[0].issuer_sha256.empty());
  EXPECT_THAT(snapshot.revocations, IsEmpty());
  EXPECT_THAT(witness.Requests(), IsEmpty());

  // The counter-example: a real CA's certificate that names the same server has it asked, but only
  // where the host is allowed.
  const Issued real = kit_.Person("0A01", {witness.Url()});
  const Snapshot forbidden = Ask({&real}, {}, everything);
  ASSERT_THAT(forbidden.revocations, SizeIs(1));
  EXPECT_EQ(forbidden.revocations[0].problem, RevocationProblem::kNotAllowed);
  EXPECT_THAT(witness.Requests(), IsEmpty());
  EXPECT_THAT(Ask({&real}, {witness.host()}, everything).revocations, SizeIs(1));
  EXPECT_THAT(witness.Requests(), SizeIs(1));
}

TEST_F(RevocationAnswersTest, AMissingCaIsFetchedFromTheCataloguesAddress) {
  const ListServer downloads([&] { return AsString(kit_.issuer().der); });
  const testing::TemporaryFolder root_only;
  root_only.Write("root.pem", kit_.pki().root().pem);
  config_.trust.folders = {root_only.path()};
  const CaCatalogue plain = CatalogueOf(kit_.pki(), {});
  const CataloguedCa* ca = nullptr;
  for (const CataloguedCa& each : plain.cas()) {
    if (each.sha256 == kit_.issuer().sha256) ca = &each;
  }
  ASSERT_NE(ca, nullptr);
  // The same entry, at our server's address.
  const std::string text = absl::StrCat(
      "version = \"t\"\nhosts = [\"", downloads.host(),
      "\"]\n[[ca]]\nid = \"root\"\nrole = \"root\"\nissues = \"cas\"\nsubject = \"",
      ReadCertificate(kit_.pki().root().der, {})->subject, "\"\nsha256 = \"", kit_.pki().root().sha256,
      "\"\n[[ca]]\nid = \"issuing\"\nissuer = \"root\"\nrequired = true\nsubject = \"", ca->subject,
      "\"\nca_issuers_url = \"", downloads.Url("ca.cer"), "\"\n");
  judgement_.catalogue = std::make_shared<const CaCatalogue>(*CaCatalogue::Parse(text, "test"));
  Snapshot snapshot;
  WorkstationTrust trust(config_.trust, *judgement_.catalogue, SystemClock());
  trust.Look({});
  snapshot.trust_stores = trust.stores();
  ClassifySnapshot(snapshot, *judgement_.catalogue);
  ASSERT_TRUE(AskAbout(snapshot).ok());
  ASSERT_THAT(snapshot.ca_downloads, SizeIs(1));
  EXPECT_EQ(snapshot.ca_downloads[0].ca, "issuing");
  EXPECT_EQ(snapshot.ca_downloads[0].outcome, CaDownloadOutcome::kMatches);
  EXPECT_THAT(downloads.Requests(), SizeIs(1));
  // What is known is not asked again, unless told to.
  ASSERT_TRUE(AskAbout(snapshot).ok());
  EXPECT_THAT(downloads.Requests(), SizeIs(1));
  AskRevocationOptions again;
  again.again = true;
  ASSERT_TRUE(AskAbout(snapshot, again).ok());
  EXPECT_THAT(snapshot.ca_downloads, SizeIs(1));
  EXPECT_THAT(downloads.Requests(), SizeIs(2));
}

TEST_F(RevocationAnswersTest, KeepsItsTimeWhateverServersDo) {
  const auto silent = ScriptedServer::Raw([](int fd) { testing::DrainRaw(fd); });
  const std::string host = absl::StrCat("127.0.0.1:", silent->port());
  std::vector<Issued> people;
  std::vector<const Issued*> card;
  for (int i = 0; i < 8; ++i) {
    people.push_back(
        kit_.Person(absl::StrCat("0A0", i), {UrlOf(host)}, {absl::StrCat("http://", host, "/", i)}));
  }
  for (const Issued& person : people) card.push_back(&person);
  judgement_.catalogue = std::make_shared<const CaCatalogue>(CatalogueOf(kit_.pki(), {host}));
  const Snapshot snapshot = SnapshotWith(card, PoolOf(kit_.pki()), *judgement_.catalogue);
  AskRevocationOptions options;
  const auto ask = [&](absl::Duration time) {
    options.time = time;
    Snapshot asked = snapshot;
    const absl::Duration begin = SystemClock().Monotonic();
    EXPECT_TRUE(AskAbout(asked, options).ok());
    EXPECT_LT(SystemClock().Monotonic() - begin, time + testing::kPatience);
    return asked.revocations;
  };
  // Less than a server is given: nothing can be said of it.
  EXPECT_THAT(ask(absl::Milliseconds(800)), IsEmpty());
  const std::vector<RevocationCheck> checks = ask(testing::kPatience);
  EXPECT_THAT(checks, SizeIs(16));
  for (const RevocationCheck& check : checks) EXPECT_EQ(check.problem, RevocationProblem::kUnreachable);
}

TEST_F(RevocationAnswersTest, AFailureIsAskedAgainAndDoesNotEraseWhatIsKnown) {
  kit_.WriteIndex({RevocationKit::Revoked("0A02", "keyCompromise")});
  const ListServer lists([crl = kit_.Crl()] { return crl; });
  const Issued person = kit_.Person("0A02", {}, {lists.Url("a.crl")});
  judgement_.catalogue = std::make_shared<const CaCatalogue>(CatalogueOf(kit_.pki(), {lists.host()}));
  Snapshot snapshot = SnapshotWith({&person}, PoolOf(kit_.pki()), *judgement_.catalogue);
  RevocationCheck& failed = snapshot.revocations.emplace_back();
  failed.certificate_sha256 = person.sha256;
  failed.problem = RevocationProblem::kUnreachable;
  failed.checked_at = testing::Now();
  ASSERT_TRUE(AskAbout(snapshot).ok());
  ASSERT_THAT(snapshot.revocations, SizeIs(1));
  EXPECT_EQ(snapshot.revocations[0].status, RevocationStatus::kRevoked);
  const RevocationCheck known = snapshot.revocations[0];

  // No time, no helper: what is known stays, also where it was to be asked again.
  AskRevocationOptions again;
  again.again = true;
  again.time = absl::ZeroDuration();
  ASSERT_TRUE(AskAbout(snapshot, again).ok());
  EXPECT_THAT(snapshot.revocations, ::testing::ElementsAre(known));
  again.time = testing::kPatience;
  fetcher_ = MakeFetcher("/nonexistent", {});
  EXPECT_TRUE(absl::IsInternal(AskAbout(snapshot, again)));
  EXPECT_THAT(snapshot.revocations, ::testing::ElementsAre(known));
}

}  // namespace
}  // namespace kortvakt
