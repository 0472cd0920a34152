// The collector in one process with its clients, over mutual TLS on loopback.
#include "collector/collector.h"

#include <gmock/gmock.h>

#include "collector_fixture.h"
#include "common/base/log.h"
#include "common/base/time.h"
#include "common/judge/judgement_proto.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Result = v1::ReportResult;

class CollectorTest : public CollectorFixture {
 protected:
  void Start() {
    collector_.reset();
    auto collector = Collector::Start(config_, SystemClock());
    ASSERT_TRUE(collector.ok()) << collector.status();
    collector_ = *std::move(collector);
  }
  void SetUp() override { Start(); }

  grpc::Status SendOne(const testing::Issued* client, const v1::Report& report) {
    v1::SendReportsRequest request;
    *request.add_reports() = report;
    response_.Clear();
    return Send(Connect(collector_->grpc_port(), client), request, &response_);
  }
  std::string Get(const std::string& path) {
    return Run(absl::StrCat("curl -sS --max-time 20 http://127.0.0.1:", collector_->http_port(), path));
  }

  const testing::Issued station_ = pki_.Workstation(kStation);
  std::unique_ptr<Collector> collector_;
  v1::SendReportsResponse response_;
};

TEST_F(CollectorTest, AcknowledgesASnapshotAndKnowsItAfterARestart) {
  const v1::Report report = SnapshotReport(kStation, ReportId(1));
  ASSERT_TRUE(SendOne(&station_, report).ok());
  ASSERT_EQ(response_.results_size(), 1);
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_ACCEPTED);
  EXPECT_EQ(response_.results(0).report_id(), ReportId(1));
  EXPECT_FALSE(response_.policy_version().empty());
  EXPECT_FALSE(response_.catalogue_version().empty());
  EXPECT_TRUE(response_.has_collector_time());

  Start();
  v1::Report unchanged;
  unchanged.set_id(ReportId(2));
  *unchanged.mutable_sent_at() = report.sent_at();
  unchanged.mutable_unchanged()->set_digest(SnapshotDigest(SnapshotFromProto(report.snapshot()).value()));
  ASSERT_TRUE(SendOne(&station_, unchanged).ok());
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_ACCEPTED);
  unchanged.mutable_unchanged()->set_digest(std::string(64, '0'));
  ASSERT_TRUE(SendOne(&station_, unchanged).ok());
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_SEND_ALL);
}

TEST_F(CollectorTest, TakesTheSameReportOnce) {
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kStation, ReportId(1))).ok());
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kStation, ReportId(1))).ok());
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_DUPLICATE);
}

TEST_F(CollectorTest, RejectsTheSnapshotOfAnotherWorkstation) {
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kOtherStation, ReportId(1))).ok());
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_REJECTED);
  EXPECT_EQ(response_.results(0).reason(), "identity_mismatch");
  EXPECT_THAT(Get("/metrics"), HasSubstr("kortvakt_report_rejections_total{reason=\"identity_mismatch\"} 1"));
}

TEST_F(CollectorTest, RefusesClientsWithoutAWorkstationsCertificate) {
  const v1::Report report = SnapshotReport(kStation, ReportId(1));
  EXPECT_EQ(SendOne(nullptr, report).error_code(), grpc::StatusCode::UNAVAILABLE);
  const testing::Issued operator_certificate = pki_.Operator("somebody");
  EXPECT_EQ(SendOne(&operator_certificate, report).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const testing::TlsPki foreign("Foreign CA");
  const testing::Issued foreign_station = foreign.Workstation(kStation);
  EXPECT_EQ(SendOne(&foreign_station, report).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(Get("/metrics"), HasSubstr("kortvakt_reports_total{result=\"accepted\"} 0"));
}

TEST_F(CollectorTest, GivesPolicyAndCatalogueToWorkstationsOnly) {
  config_.policy = *ParsePolicy("required_loa = 2\nprobe_hosts = [\"https://login.example.org\"]\n", "test");
  Start();
  const auto ask = [&](const testing::Issued& client, v1::Judgement* answer) {
    grpc::ClientContext context;
    const auto stub = v1::IngestService::NewStub(Connect(collector_->grpc_port(), &client));
    return stub->GetJudgement(&context, {}, answer);
  };
  v1::Judgement answer;
  ASSERT_TRUE(ask(station_, &answer).ok());
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kStation, ReportId(1))).ok());
  EXPECT_EQ(answer.policy_version(), response_.policy_version());
  EXPECT_EQ(answer.catalogue_version(), response_.catalogue_version());
  const absl::StatusOr<Judgement> judgement = JudgementFromProto(answer, nullptr);
  ASSERT_TRUE(judgement.ok()) << judgement.status();
  EXPECT_EQ(judgement->policy.required_loa, Loa::k2);
  EXPECT_EQ(judgement->policy.probe_hosts.size(), 1u);

  for (const std::string& who : {std::string("reader"), std::string("operator")}) {
    v1::Judgement nothing;
    EXPECT_EQ(ask(pki_.Operator(who), &nothing).error_code(), grpc::StatusCode::PERMISSION_DENIED) << who;
    EXPECT_EQ(nothing.ByteSizeLong(), 0u);
  }
  EXPECT_THAT(Get("/metrics"), HasSubstr("kortvakt_report_rejections_total{reason=\"not_workstation\"} 2"));
}

TEST_F(CollectorTest, RefusesToStartWithMoreThanItCanGiveItsAgents) {
  CollectorConfig large = config_;
  large.storage_path = folder_ + "/second.db";
  large.catalogue_files = {Write("large.toml", "version = \"1\"\n#" + std::string(1u << 20, 'x') + "\n")};
  const absl::Status status = Collector::Start(large, SystemClock()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("agents are given at most 1048576 bytes"));
  EXPECT_EQ(CheckCollectorConfig(large, SystemClock().Now()).message(), status.message());
}

TEST_F(CollectorTest, RefusesAWorkstationThatAsksForTheFleet) {
  grpc::ClientContext context;
  v1::GetSummaryResponse summary;
  const auto stub = v1::QueryService::NewStub(Connect(collector_->grpc_port(), &station_));
  EXPECT_EQ(stub->GetSummary(&context, {}, &summary).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const testing::Issued reader = pki_.Operator("reader");
  grpc::ClientContext again;
  const auto allowed = v1::QueryService::NewStub(Connect(collector_->grpc_port(), &reader));
  const grpc::Status status = allowed->GetSummary(&again, {}, &summary);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(CollectorTest, WritesWhoAskedInTheAuditLogWhateverTheLogLevel) {
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  ::testing::internal::CaptureStderr();
  StartLog("error");
  spdlog::warn("a warning");
  grpc::ClientContext context;
  v1::GetSummaryResponse summary;
  const auto stub = v1::QueryService::NewStub(Connect(collector_->grpc_port(), &station_));
  const grpc::Status status = stub->GetSummary(&context, {}, &summary);
  const std::string log = ::testing::internal::GetCapturedStderr();
  spdlog::set_default_logger(before);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(log, HasSubstr(" info audit: certificate "));
  EXPECT_THAT(log, HasSubstr("refused GetSummaryRequest\n"));
  EXPECT_THAT(log, Not(HasSubstr("a warning")));
}

TEST_F(CollectorTest, RejectsWhatIsTooLargeAndGoesOn) {
  v1::Report large = SnapshotReport(kStation, ReportId(1));
  for (int i = 0; i < 300; ++i) large.mutable_snapshot()->add_readers()->set_name(std::string(4000, 'x'));
  ASSERT_TRUE(SendOne(&station_, large).ok());
  EXPECT_EQ(response_.results(0).reason(), "too_large");
  for (int i = 0; i < 1000; ++i) large.mutable_snapshot()->add_readers()->set_name(std::string(4000, 'x'));
  EXPECT_EQ(SendOne(&station_, large).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kStation, ReportId(2))).ok());
  EXPECT_EQ(response_.results(0).result(), Result::RESULT_ACCEPTED);
}

TEST_F(CollectorTest, RejectsMalformedReportsOneByOneAndTakesTheGoodOnes) {
  v1::SendReportsRequest request;
  *request.add_reports() = SnapshotReport(kStation, "not a UUID");
  *request.add_reports() = SnapshotReport(kStation, ReportId(1));
  v1::Report* no_time = request.add_reports();
  *no_time = SnapshotReport(kStation, ReportId(2));
  no_time->clear_sent_at();
  v1::Report* nothing = request.add_reports();
  *nothing = SnapshotReport(kStation, ReportId(3));
  nothing->clear_content();
  v1::Report* bad = request.add_reports();
  *bad = SnapshotReport(kStation, ReportId(4));
  bad->mutable_snapshot()->mutable_readers(0)->mutable_card()->set_atr(std::string(500, 'F'));
  ASSERT_TRUE(Send(Connect(collector_->grpc_port(), &station_), request, &response_).ok());
  ASSERT_EQ(response_.results_size(), 5);
  EXPECT_EQ(response_.results(1).result(), Result::RESULT_ACCEPTED);
  for (int i : {0, 2, 3, 4}) {
    EXPECT_EQ(response_.results(i).reason(), "malformed") << i;
    EXPECT_FALSE(response_.results(i).message().empty()) << i;
  }
}

TEST_F(CollectorTest, RefusesMoreThan64ReportsInACall) {
  v1::SendReportsRequest request;
  for (int i = 0; i < 65; ++i) request.add_reports()->set_id(ReportId(i));
  EXPECT_EQ(Send(Connect(collector_->grpc_port(), &station_), request, &response_).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CollectorTest, ShowsMetricsThatPromtoolAccepts) {
  ASSERT_TRUE(SendOne(&station_, SnapshotReport(kStation, ReportId(1))).ok());
  const std::string text = Get("/metrics");
  EXPECT_THAT(text, HasSubstr("kortvakt_workstations{site=\"Norr \\\"1\\\"\\\\\",state=\"reporting\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_reports_total{result=\"accepted\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_storage_up 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("SE2321000016")));
  const std::string file = Write("metrics", text);
  EXPECT_EQ(Run(absl::StrCat("promtool check metrics < ", file)), "");
}

TEST_F(CollectorTest, SaysThatAPortIsTaken) {
  CollectorConfig second = config_;
  second.storage_path = folder_ + "/second.db";
  second.grpc_address = absl::StrCat("127.0.0.1:", collector_->grpc_port());
  absl::Status status = Collector::Start(second, SystemClock()).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("[listen] grpc"));
  second.grpc_address = "127.0.0.1:0";
  second.http_address = absl::StrCat("127.0.0.1:", collector_->http_port());
  status = Collector::Start(second, SystemClock()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(second.http_address));
}

TEST_F(CollectorTest, SaysWhichTlsFileIsWrong) {
  CollectorConfig wrong = config_;
  wrong.storage_path = folder_ + "/second.db";
  wrong.tls.key = Write("other.key", pki_.Workstation(kOtherStation).key_pem);
  const absl::Status status = Collector::Start(wrong, SystemClock()).status();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("other.key"));
  wrong.tls.key = folder_ + "/absent";
  EXPECT_THAT(std::string(Collector::Start(wrong, SystemClock()).status().message()), HasSubstr("absent"));
}

}  // namespace
}  // namespace kortvakt
