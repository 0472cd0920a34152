#include "collector/ingest/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "collector/fleet/store_source.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/judge/judgement_proto.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/scenarios/workstations.h"
#include "tests/unit/collector/store/fake_fleet_store.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using Result = v1::ReportResult;

constexpr char kStation[] = "11111111-2222-4333-8444-555555555555";
constexpr char kOtherStation[] = "99999999-2222-4333-8444-555555555555";

class IngestTest : public ::testing::Test {
 protected:
  void Limit(IngestLimits limits) { ingest_.emplace(store_, fleet_, metrics_, clock_, limits); }
  void SetUp() override { Limit({}); }

  v1::Report Report(int number, const std::string& host, const std::string& id = kStation) const {
    Snapshot snapshot =
        testing::Workstation(testing::CardWith({testing::LoginCertificate(testing::At("2030-01-01"))}));
    snapshot.workstation = {id, host, "Norr"};
    v1::Report report;
    report.set_id(absl::StrCat("00000000-0000-4000-8000-", 100'000'000'000 + number));
    report.mutable_sent_at()->set_seconds(absl::ToUnixSeconds(clock_.now));
    *report.mutable_snapshot() = SnapshotToProto(snapshot);
    return report;
  }
  // Gives the reports in one call; the answer is there once the store has answered.
  void Take(const std::vector<v1::Report>& reports, const std::string& id = kStation) {
    v1::SendReportsRequest request;
    for (const v1::Report& report : reports) *request.add_reports() = report;
    answer_.reset();
    ingest_->Take(id, request,
                  [this](absl::StatusOr<v1::SendReportsResponse> answer) { answer_ = std::move(answer); });
  }
  Result::Result ResultOf(int index) { return answer_->value().results(index).result(); }
  std::string HostName() {
    const std::vector<WorkstationRow> rows = fleet_.FindWorkstations(kStation);
    return rows.empty() ? "" : rows.front().host_name;
  }

  FakeClock clock_;
  FakeFleetStore store_;
  StoreSource source_{store_};
  Fleet fleet_{{Policy(), std::shared_ptr<const CaCatalogue>(&CaCatalogue::BuiltIn(), [](auto*) {})},
               SiteRules(),
               source_};
  Metrics metrics_{fleet_, store_};
  std::optional<Ingest> ingest_;
  std::optional<absl::StatusOr<v1::SendReportsResponse>> answer_;
};

TEST_F(IngestTest, RefusesReportsWhileTooManyBytesWaitForTheDisk) {
  EXPECT_EQ(IngestLimits().pending_bytes, 256u << 20);
  Limit({.pending_bytes = 1000});
  Take({Report(1, "host-1")});
  ASSERT_GT(store_.pending_bytes(), 1000u);
  Take({Report(2, "host-1")});
  ASSERT_TRUE(answer_.has_value());
  EXPECT_TRUE(absl::IsResourceExhausted(answer_->status())) << answer_->status();
  EXPECT_THAT(metrics_.Text(clock_.now),
              HasSubstr("kortvakt_report_rejections_total{reason=\"overloaded\"} 1\n"));
  store_.Commit();
  Take({Report(2, "host-1")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_ACCEPTED);
}

// 64 cards that all rest on the same path, the path as long as the wire allows.
TEST_F(IngestTest, ASmallReportNeverBecomesAHugeRecord) {
  v1::Report report = Report(1, "host-1");
  v1::Snapshot& snapshot = *report.mutable_snapshot();
  const v1::Reader reader = snapshot.readers(0);
  const auto fingerprint = [](int number) { return Sha256Hex(AsBytes(std::to_string(number))); };
  snapshot.clear_readers();
  for (int i = 0; i < 64; ++i) {
    v1::Reader& one = *snapshot.add_readers() = reader;
    one.set_name(absl::StrCat("reader ", i));
    one.mutable_card()->set_id(fingerprint(1000 + i));
    one.mutable_card()->mutable_certificates(0)->set_issuer_sha256(fingerprint(0));
  }
  v1::TrustStore& store = *snapshot.mutable_trust_stores(0);
  store.clear_cas();
  for (int i = 0; i < 8; ++i) {
    v1::TrustedCa& ca = *store.add_cas();
    ca.set_trust(v1::CA_TRUST_PRESENT);
    *ca.mutable_certificate() = reader.card().certificates(0);
    ca.mutable_certificate()->set_sha256(fingerprint(i));
    ca.mutable_certificate()->set_issuer_sha256(fingerprint(i + 1));
    for (int j = 0; j < 20; ++j) ca.mutable_certificate()->add_crl_urls(std::string(4096, 'x'));
  }
  ASSERT_LT(report.ByteSizeLong(), 1u << 20);
  Take({report});
  EXPECT_EQ(store_.pending(), 0u);
  EXPECT_EQ(answer_->value().results(0).reason(), "malformed");
  EXPECT_THAT(answer_->value().results(0).message(), HasSubstr("trust_stores"));
  for (v1::TrustedCa& ca : *store.mutable_cas()) {
    while (ca.certificate().crl_urls_size() > 1) ca.mutable_certificate()->mutable_crl_urls()->RemoveLast();
  }
  Take({report});
  EXPECT_EQ(store_.pending(), 1u);
  EXPECT_LT(store_.pending_bytes(), 6u << 20);
}

TEST_F(IngestTest, KnowsAReportThatWasWrittenThoughTheStoreSaidOtherwise) {
  Take({Report(1, "host-1")});
  store_.Commit(absl::UnavailableError("the disk failed"));
  EXPECT_TRUE(absl::IsUnavailable(answer_->status()));
  EXPECT_EQ(HostName(), "");
  const absl::Time written = clock_.now;
  clock_.now += absl::Minutes(5);
  Take({Report(1, "host-1")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_DUPLICATE);
  ASSERT_EQ(HostName(), "host-1");
  EXPECT_EQ(fleet_.FindWorkstations(kStation).front().last_report, written) << "as the store has it";
  EXPECT_TRUE(fleet_.ApplyUnchanged(kStation, store_.workstations[kStation].digest, clock_.now, {}).known);
}

TEST_F(IngestTest, NeverAppliesAnOlderReportOverANewer) {
  Take({Report(1, "old"), Report(2, "new")});
  store_.Commit(absl::UnavailableError("the disk failed"));
  Take({Report(1, "old")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_DUPLICATE);
  EXPECT_EQ(HostName(), "new");
  Take({Report(1, "old"), Report(2, "new"), Report(3, "newest")});
  store_.Commit();
  EXPECT_EQ(ResultOf(2), Result::RESULT_ACCEPTED);
  EXPECT_EQ(HostName(), "newest");
  Take({Report(1, "old")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_DUPLICATE);
  EXPECT_EQ(HostName(), "newest");
}

TEST_F(IngestTest, TakesAReportThatWasNotWrittenWhenItComesAgain) {
  Take({Report(1, "host-1")});
  store_.Commit(absl::UnavailableError("the disk failed"), /*keeps=*/false);
  EXPECT_TRUE(absl::IsUnavailable(answer_->status()));
  Take({Report(1, "host-1")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_ACCEPTED);
  EXPECT_EQ(HostName(), "host-1");
}

TEST_F(IngestTest, AcknowledgesNoDuplicateThatTheFleetMayNotKnow) {
  Take({Report(1, "host-1")});
  store_.Commit(absl::UnavailableError("the disk failed"));
  store_.reading = absl::UnavailableError("the disk failed");
  Take({Report(1, "host-1")});
  store_.Commit();
  EXPECT_TRUE(absl::IsUnavailable(answer_->status())) << answer_->status();
  store_.reading = absl::OkStatus();
  Take({Report(1, "host-1")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_DUPLICATE);
  EXPECT_EQ(HostName(), "host-1");
}

TEST_F(IngestTest, ADuplicateThatTheFleetKnowsMovesNoCard) {
  Take({Report(1, "host-1")});
  store_.Commit();
  Take({Report(1, "host-2", kOtherStation)}, kOtherStation);
  store_.Commit();
  Take({Report(1, "host-1")});
  store_.Commit();
  EXPECT_EQ(ResultOf(0), Result::RESULT_DUPLICATE);
  EXPECT_EQ(store_.reads, 0);
  const RowPage<CardRow> cards = fleet_.ListCards({}, {});
  ASSERT_THAT(cards.rows, SizeIs(1));
  EXPECT_EQ(cards.rows[0].workstation, "host-2");
}

TEST_F(IngestTest, LogsRejectionsOfAWorkstationForAReasonOnceAnHour) {
  std::ostringstream log;
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  const auto lines = [&log] {
    const std::string text = log.str();
    log.str("");
    return std::count(text.begin(), text.end(), '\n');
  };
  v1::Report malformed = Report(1, "host-1");
  malformed.set_id("no UUID");
  for (int i = 0; i < 10; ++i) Take({malformed, malformed});
  EXPECT_EQ(lines(), 1);
  Take({Report(1, "host-1", kOtherStation)});
  EXPECT_EQ(lines(), 1) << "another reason";
  Take({malformed}, kOtherStation);
  EXPECT_EQ(lines(), 1) << "another workstation";
  clock_.now += absl::Hours(1);
  Take({malformed, malformed});
  EXPECT_THAT(log.str(), HasSubstr("(malformed): id is not a UUID in lower case (and 19 more since"));
  EXPECT_EQ(lines(), 1);
  spdlog::set_default_logger(before);
  EXPECT_THAT(metrics_.Text(clock_.now),
              HasSubstr("kortvakt_report_rejections_total{reason=\"malformed\"} 23\n"));
}

TEST_F(IngestTest, GivesPolicyAndCatalogueLessWhatTheAskerHas) {
  Take({});
  const std::string policy_version = answer_->value().policy_version();
  const std::string catalogue_version = answer_->value().catalogue_version();
  v1::GetJudgementRequest request;
  const v1::Judgement all = ingest_->GetJudgement(request);
  EXPECT_EQ(all.policy_version(), policy_version);
  EXPECT_EQ(all.catalogue_version(), catalogue_version);
  const absl::StatusOr<Judgement> read = JudgementFromProto(all, nullptr);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->catalogue->version(), catalogue_version);

  request.set_have_policy_version(policy_version);
  EXPECT_FALSE(ingest_->GetJudgement(request).has_policy());
  EXPECT_FALSE(ingest_->GetJudgement(request).catalogue().empty());
  request.set_have_catalogue_version(catalogue_version);
  EXPECT_TRUE(ingest_->GetJudgement(request).catalogue().empty());
}

TEST_F(IngestTest, NamesAndGivesAChangedPolicyFromTheNextCallOn) {
  Take({});
  const std::string before = answer_->value().policy_version();
  Judgement other = *fleet_.judgement();
  other.policy = *ParsePolicy("required_loa = 2\n", "test");
  fleet_.SetJudgement(other);
  Take({});
  EXPECT_NE(answer_->value().policy_version(), before);
  EXPECT_EQ(ingest_->GetJudgement({}).policy(), "required_loa = 2\n");
}

}  // namespace
}  // namespace kortvakt
