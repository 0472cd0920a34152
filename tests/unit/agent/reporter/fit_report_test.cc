#include "agent/reporter/fit_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Fingerprint(int number) { return absl::StrFormat("%064x", number); }

CertificateFacts Login(int number) {
  CertificateFacts facts;
  facts.sha256 = Fingerprint(number);
  facts.subject = "O=Region Exempel,C=SE";
  facts.issuer = "CN=SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE";
  facts.issuer_sha256 = std::string(64, 'b');
  facts.purpose = Purpose::kAuthentication;
  facts.loa = Loa::k3;
  facts.ca_issuers_urls = {"http://aia.example/ca.cer"};
  facts.ocsp_urls = {"http://ocsp.example"};
  facts.crl_urls = {"http://crl.example/ca.crl"};
  return facts;
}

// A certificate of nobody's, with `addresses` of 1 KiB and names of `name` bytes.
CertificateFacts Junk(int number, int addresses, size_t name) {
  CertificateFacts facts = Login(number);
  facts.purpose = Purpose::kOther;
  facts.issuer_sha256.clear();
  facts.subject = std::string(name, 'x');
  facts.issuer = std::string(name, 'y');
  facts.crl_urls.assign(static_cast<size_t>(addresses), "http://" + std::string(1000, 'u'));
  return facts;
}

ReaderFacts Reader(int number, std::vector<CertificateFacts> certificates) {
  ReaderFacts reader;
  reader.name = absl::StrCat("Reader ", number);
  reader.card.emplace();
  reader.card->id = Fingerprint(1000 + number);
  reader.card->state = CardState::kRead;
  reader.card->certificates = std::move(certificates);
  return reader;
}

v1::Report ReportOf(const std::vector<ReaderFacts>& readers,
                    const std::vector<TrustStoreFacts>& stores = {}) {
  Snapshot snapshot;
  snapshot.workstation.host_name = "host-1";
  snapshot.readers = readers;
  snapshot.trust_stores = stores;
  v1::Report report;
  report.set_id("00000000-0000-4000-8000-000000000001");
  report.mutable_sent_at()->set_seconds(1'800'000'000);
  *report.mutable_snapshot() = SnapshotToProto(snapshot);
  return report;
}

// `report` cut to the limit; what comes out must be what a collector takes.
v1::Report Fitted(v1::Report report) {
  FitReport(report, kMaxReportBytes);
  EXPECT_LE(report.ByteSizeLong(), kMaxReportBytes);
  EXPECT_TRUE(SnapshotFromProto(report.snapshot()).ok()) << SnapshotFromProto(report.snapshot()).status();
  return report;
}

TEST(FitReportTest, LeavesAReportThatFitsAsItIs) {
  const v1::Report report = ReportOf({Reader(1, {Login(1), Junk(2, 32, 2000)}), Reader(2, {Login(3)})});
  EXPECT_EQ(Fitted(report).SerializeAsString(), report.SerializeAsString());
}

TEST(FitReportTest, LeavesOutTheAddressesOfALargeCardFirst) {
  std::vector<CertificateFacts> certificates = {Login(1)};
  for (int i = 2; i <= 60; ++i) certificates.push_back(Junk(i, 32, 100));
  const v1::Report report = ReportOf({Reader(1, certificates), Reader(2, {Login(100)})});
  ASSERT_GT(report.ByteSizeLong(), kMaxReportBytes);
  const v1::Report fitted = Fitted(report);
  const v1::Card& card = fitted.snapshot().readers(0).card();
  EXPECT_EQ(card.certificates_size(), 60);
  EXPECT_EQ(card.certificates(0).crl_urls_size(), 0);
  EXPECT_EQ(card.certificates(0).ocsp_urls_size(), 0);
  EXPECT_EQ(card.certificates(0).ca_issuers_urls_size(), 0);
  EXPECT_EQ(card.detail(), "too much for one report, left out: the addresses in certificates");
  EXPECT_EQ(card.state(), v1::CARD_STATE_READ);
  EXPECT_EQ(card.unreadable_certificates(), 0u);
  // Nobody else loses anything.
  EXPECT_EQ(fitted.snapshot().readers(1).SerializeAsString(),
            report.snapshot().readers(1).SerializeAsString());
}

TEST(FitReportTest, ThenLeavesOutTheCertificatesThatJudgingNeedsLeast) {
  CertificateFacts unverified = Login(2);
  unverified.issuer_sha256.clear();
  std::vector<CertificateFacts> certificates = {unverified};
  for (int i = 10; i < 210; ++i) certificates.push_back(Junk(i, 1, i % 4 == 0 ? 100 : 4000));
  certificates.push_back(Login(1));
  const v1::Report fitted = Fitted(ReportOf({Reader(1, certificates)}));
  const v1::Card& card = fitted.snapshot().readers(0).card();
  const int left_out = 202 - card.certificates_size();
  EXPECT_GT(left_out, 30);  // 150 of 8 KiB are a third too much
  EXPECT_LT(left_out, 60);
  EXPECT_EQ(card.unreadable_certificates(), static_cast<uint32_t>(left_out));
  EXPECT_EQ(card.state(), v1::CARD_STATE_UNREADABLE);
  EXPECT_EQ(card.detail(), absl::StrCat("too much for one report, left out: ", left_out,
                                        " certificates and the addresses in certificates"));
  // What judging needs is there, in reading order; of the rest all the small ones.
  EXPECT_EQ(card.certificates(0).sha256(), Fingerprint(2));
  EXPECT_EQ(card.certificates(card.certificates_size() - 1).sha256(), Fingerprint(1));
  int small = 0;
  for (const v1::Certificate& certificate : card.certificates()) small += certificate.subject().size() == 100;
  EXPECT_EQ(small, 50);
}

TEST(FitReportTest, CutsTheSameSnapshotAlwaysTheSame) {
  std::vector<CertificateFacts> certificates;
  for (int i = 0; i < 256; ++i) certificates.push_back(Junk(i, 8, 4000));
  v1::Report later = ReportOf({Reader(1, certificates)});
  later.mutable_sent_at()->set_seconds(1'900'000'000);
  const v1::Report fitted = Fitted(ReportOf({Reader(1, certificates)}));
  EXPECT_EQ(SnapshotDigest(fitted.snapshot()), SnapshotDigest(Fitted(later).snapshot()));
  // Cutting what was cut does nothing.
  EXPECT_EQ(Fitted(fitted).SerializeAsString(), fitted.SerializeAsString());
}

TEST(FitReportTest, FitsTheMostThatACollectorTakesAndKeepsEachSmallCardWhole) {
  std::vector<CertificateFacts> certificates;
  for (int i = 0; i < 64; ++i) certificates.push_back(Junk(i, 2, 2000));
  std::vector<ReaderFacts> readers;
  for (int i = 0; i < 63; ++i) readers.push_back(Reader(i, certificates));
  readers.push_back(Reader(63, {Login(1), Login(2)}));
  TrustStoreFacts store;
  store.location = "/" + std::string(4095, 's');
  store.detail = std::string(4096, 'd');
  for (int i = 0; i < 64; ++i) store.cas.push_back({Junk(i, 1, 2000), CaTrust::kTrusted});
  const v1::Report fitted = Fitted(ReportOf(readers, std::vector<TrustStoreFacts>(64, store)));
  ASSERT_EQ(fitted.snapshot().readers_size(), 64);
  EXPECT_EQ(fitted.snapshot().readers(63).card().certificates_size(), 2);
  EXPECT_EQ(fitted.snapshot().readers(63).card().detail(), "");
  for (const v1::TrustStore& cut : fitted.snapshot().trust_stores()) {
    EXPECT_THAT(cut.detail(), StartsWith("too much for one report, left out: "));
    EXPECT_THAT(cut.detail(), HasSubstr("; dddd"));
  }
}

TEST(FitReportTest, LeavesOutWhatIsTooMuchForACollectorByNumberThoughNotBySize) {
  std::vector<CertificateFacts> certificates = {Login(1)};
  for (int i = 2; i <= 256; ++i) {
    certificates.push_back(Junk(i, 0, 10));
    certificates.back().policy_oids.assign(32, "1.2");
    certificates.back().extended_key_usages.assign(32, "1.3");
    certificates.back().key_usages.assign(9, "crl");
  }
  const v1::Report report = ReportOf({Reader(1, certificates), Reader(2, {Login(1000)})});
  ASSERT_LT(report.ByteSizeLong(), kMaxReportBytes);
  ASSERT_FALSE(SnapshotFromProto(report.snapshot()).ok());
  const v1::Report fitted = Fitted(report);
  EXPECT_EQ(fitted.snapshot().readers(0).card().state(), v1::CARD_STATE_UNREADABLE);
  EXPECT_EQ(fitted.snapshot().readers(0).card().certificates(0).sha256(), Fingerprint(1));
  EXPECT_EQ(fitted.snapshot().readers(1).SerializeAsString(),
            report.snapshot().readers(1).SerializeAsString());
}

TEST(FitReportTest, LeavesWhatACollectorRefusesForAnotherReason) {
  v1::Report report = ReportOf({Reader(1, {Login(1)})});
  report.mutable_snapshot()->mutable_readers(0)->mutable_card()->set_atr("not hexadecimal");
  const std::string before = report.SerializeAsString();
  FitReport(report, kMaxReportBytes);
  EXPECT_EQ(report.SerializeAsString(), before);
}

TEST(FitReportTest, LeavesAReaderWithoutACardAlone) {
  ReaderFacts empty;
  empty.name = std::string(200, 'r');
  std::vector<CertificateFacts> certificates;
  for (int i = 0; i < 256; ++i) certificates.push_back(Junk(i, 8, 4000));
  const v1::Report fitted = Fitted(ReportOf({empty, Reader(1, certificates)}));
  EXPECT_EQ(fitted.snapshot().readers(0).name(), empty.name);
  EXPECT_FALSE(fitted.snapshot().readers(0).has_card());
}

// A server that sends `certificates` with addresses of some KiB, and names `names` CAs.
ProbeFacts Server(int number, int certificates, int names) {
  ProbeFacts probe;
  probe.url = absl::StrCat("https://server-", number, ".example/");
  probe.outcome = ProbeOutcome::kAnswered;
  for (int i = 0; i < certificates; ++i) probe.chain.push_back(Junk(number * 100 + i, 3, 500));
  for (int i = 0; i < names; ++i) probe.ca_names.push_back(absl::StrCat("CN=", std::string(60, 'c'), i));
  probe.ca_name_count = static_cast<uint32_t>(names);
  return probe;
}

v1::Report WithProbes(const std::vector<ProbeFacts>& probes) {
  Snapshot snapshot;
  snapshot.workstation.host_name = "host-1";
  snapshot.readers = {Reader(1, {Login(1)})};
  snapshot.probes = probes;
  v1::Report report;
  report.set_id("00000000-0000-4000-8000-000000000001");
  report.mutable_sent_at()->set_seconds(1'800'000'000);
  *report.mutable_snapshot() = SnapshotToProto(snapshot);
  return report;
}

TEST(FitReportTest, OfManyProbesTheChainsGoFirstAndTheCardStays) {
  std::vector<ProbeFacts> probes = {Server(0, 1, 3)};
  for (int i = 1; i < 32; ++i) probes.push_back(Server(i, 10, 100));
  const v1::Report whole = WithProbes(probes);
  ASSERT_GT(whole.ByteSizeLong(), kMaxReportBytes);
  const v1::Snapshot cut = Fitted(whole).snapshot();
  ASSERT_EQ(cut.probes_size(), 32);
  EXPECT_EQ(cut.probes(0).SerializeAsString(), whole.snapshot().probes(0).SerializeAsString());
  EXPECT_EQ(cut.readers(0).SerializeAsString(), whole.snapshot().readers(0).SerializeAsString());
  for (const v1::Probe& probe : cut.probes()) {
    ASSERT_GE(probe.chain_size(), 1) << "the server's own stays";
    EXPECT_EQ(static_cast<uint32_t>(probe.ca_names_size()), probe.ca_name_count()) << "all or none of them";
  }
}

TEST(FitReportTest, OfManyRevocationAnswersThoseThatTellSomethingStay) {
  v1::Report report;
  *report.mutable_snapshot() = SnapshotToProto(Snapshot());
  for (int i = 0; i < 300; ++i) {
    v1::RevocationCheck& check = *report.mutable_snapshot()->add_revocations();
    check.set_certificate_sha256(std::string(64, 'a'));
    check.set_url(std::string(500, 'x'));
    check.set_source(v1::REVOCATION_SOURCE_OCSP);
    check.set_status(i % 3 == 0   ? v1::REVOCATION_STATUS_UNKNOWN
                     : i % 3 == 1 ? v1::REVOCATION_STATUS_GOOD
                                  : v1::REVOCATION_STATUS_REVOKED);
    check.mutable_checked_at()->set_seconds(1);
  }
  FitReport(report, 100'000);
  EXPECT_LE(report.ByteSizeLong(), 100'000u);
  int revoked = 0;
  int unknown = 0;
  for (const v1::RevocationCheck& check : report.snapshot().revocations()) {
    revoked += check.status() == v1::REVOCATION_STATUS_REVOKED;
    unknown += check.status() == v1::REVOCATION_STATUS_UNKNOWN;
  }
  EXPECT_EQ(revoked, 100);
  EXPECT_EQ(unknown, 0);
  EXPECT_GT(report.snapshot().revocations_size(), 140);
}

TEST(FitReportTest, OfSmallAnswersNoMoreStayThanACollectorTakes) {
  Snapshot snapshot;
  snapshot.workstation.host_name = "host-1";
  RevocationCheck check;
  check.certificate_sha256 = std::string(64, 'a');
  check.status = RevocationStatus::kRevoked;
  snapshot.revocations = {check};
  check.status = RevocationStatus::kUnknown;
  check.problem = RevocationProblem::kUnreachable;
  snapshot.revocations.resize(600, check);
  CaDownload download;
  download.ca = "demo";
  snapshot.ca_downloads.resize(100, download);
  snapshot.readers = {Reader(1, {Login(1)})};
  v1::Report report = ReportOf({}, {});
  *report.mutable_snapshot() = SnapshotToProto(snapshot);
  ASSERT_FALSE(SnapshotFromProto(report.snapshot()).ok());
  const v1::Snapshot cut = Fitted(report).snapshot();
  EXPECT_EQ(cut.revocations_size(), 512);
  EXPECT_EQ(cut.revocations(0).status(), v1::REVOCATION_STATUS_REVOKED);
  EXPECT_EQ(cut.ca_downloads_size(), 64);
  EXPECT_EQ(cut.readers(0).card().certificates_size(), 1) << "nothing else was too much";
}

TEST(FitReportTest, LeavesOutAProbeThatIsTooLargeEvenSo) {
  std::vector<ProbeFacts> probes = {Server(0, 1, 3)};
  for (int i = 1; i < 32; ++i) probes.push_back(Server(i, 1, 500));
  const v1::Report whole = WithProbes(probes);
  ASSERT_GT(whole.ByteSizeLong(), kMaxReportBytes);
  const v1::Snapshot cut = Fitted(whole).snapshot();
  ASSERT_GE(cut.probes_size(), 1);
  for (const v1::Probe& probe : cut.probes()) {
    EXPECT_EQ(static_cast<uint32_t>(probe.ca_names_size()), probe.ca_name_count());
  }
}

}  // namespace
}  // namespace kortvakt
