#include "agent/reporter/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <thread>

#include "common/snapshot/snapshot_proto.h"
#include "tests/support/log/log_capture.h"

namespace kortvakt {
namespace {

using testing::LogCapture;
using Result = v1::ReportResult;

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'800'000'000) + passed + slept + set; }
  absl::Duration Monotonic() const override { return absl::Hours(1) + passed; }
  absl::Duration SinceBoot() const override { return absl::Hours(2) + passed + slept; }
  absl::Duration passed;
  absl::Duration slept;
  absl::Duration set;  // by so much the wall clock was set ahead
};

// A collector that keeps what it accepts, or fails as told.
class FakeCollector final : public CollectorTransport {
 public:
  absl::StatusOr<v1::SendReportsResponse> Send(const v1::SendReportsRequest& request) override {
    ++calls;
    if (while_it_answers) while_it_answers();
    if (!failure.ok()) return failure;
    v1::SendReportsResponse response;
    for (const v1::Report& report : request.reports()) {
      Result& result = *response.add_results();
      result.set_report_id(report.id());
      result.set_result(Result::RESULT_ACCEPTED);
      if (report.has_snapshot()) {
        if (reject) {
          result.set_result(Result::RESULT_REJECTED);
          result.set_reason("identity_mismatch");
          result.set_message("the snapshot is of another workstation");
          hosts.push_back(report.snapshot().workstation().host_name());
          continue;
        }
        if (!ids.insert(report.id()).second) result.set_result(Result::RESULT_DUPLICATE);
        hosts.push_back(report.snapshot().workstation().host_name());
        digest = SnapshotDigest(*SnapshotFromProto(report.snapshot()));
      } else {
        ++unchanged;
        if (report.unchanged().digest() != digest) result.set_result(Result::RESULT_SEND_ALL);
      }
    }
    response.mutable_collector_time()->set_seconds(time);
    if (asked_interval) response.mutable_report_interval()->set_seconds(asked_interval);
    if (answer_loses_a_result) response.mutable_results()->RemoveLast();
    if (lose_answer) return absl::UnavailableError("connection reset");
    return response;
  }
  absl::StatusOr<v1::Judgement> GetJudgement(const v1::GetJudgementRequest&) override {
    return absl::UnimplementedError("not asked for here");
  }
  void Cancel() override {}

  std::function<void()> while_it_answers;
  absl::Status failure;
  bool reject = false;
  bool lose_answer = false;
  bool answer_loses_a_result = false;
  int64_t asked_interval = 0;
  int64_t time = 1'800'000'000 - 60;  // in seconds since 1970
  int calls = 0;
  int unchanged = 0;
  std::set<std::string> ids;
  std::vector<std::string> hosts;
  std::string digest;
};

Snapshot Named(const std::string& host) {
  Snapshot snapshot;
  snapshot.workstation.host_name = host;
  return snapshot;
}

class ReporterTest : public ::testing::Test {
 protected:
  ReporterTest() {
    std::string pattern = ::testing::TempDir() + "reporter.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    MakeReporter();
  }
  ~ReporterTest() override { std::filesystem::remove_all(folder_); }

  void MakeReporter() {
    Reporter::Options options;
    options.report_interval = absl::Minutes(15);
    options.backoff = {absl::Seconds(1), absl::Seconds(2), absl::Seconds(60)};
    options.random = [] { return 0.5; };
    reporter_ = std::make_unique<Reporter>(*Spool::Open(folder_, 100), collector_, clock_, options);
  }

  std::string folder_;
  FakeClock clock_;
  FakeCollector collector_;
  std::unique_ptr<Reporter> reporter_;
};

TEST_F(ReporterTest, SendsAChangeAtOnceAndASignOfLifeAtTheInterval) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  EXPECT_EQ(collector_.hosts, std::vector<std::string>{"a"});
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  EXPECT_EQ(collector_.calls, 1);
  clock_.passed += absl::Minutes(15);
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  EXPECT_EQ(collector_.unchanged, 1);
}

TEST_F(ReporterTest, DoesNotKeepWhatDidNotChange) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  Snapshot later = Named("a");
  later.observed_at = absl::FromUnixSeconds(1'900'000'000);
  later.clock.offset_to_collector = absl::Seconds(3);
  ASSERT_TRUE(reporter_->Offer(later).ok());
  reporter_->Step();
  ASSERT_TRUE(reporter_->Offer(later).ok());
  reporter_->Step();
  EXPECT_EQ(collector_.hosts.size(), 1u);
}

TEST_F(ReporterTest, KeepsEveryChangeInOrderWhileTheCollectorIsAwayAndBacksOff) {
  collector_.failure = absl::UnavailableError("no route");
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Milliseconds(1500));  // half of [1 s, 2 s]
  EXPECT_EQ(reporter_->Step(), absl::Milliseconds(1500));  // not yet: nothing sent
  EXPECT_EQ(collector_.calls, 1);
  clock_.passed += absl::Milliseconds(1500);
  EXPECT_EQ(reporter_->Step(), absl::Milliseconds(2500));
  ASSERT_TRUE(reporter_->Offer(Named("b")).ok());
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  collector_.failure = absl::OkStatus();
  clock_.passed += absl::Seconds(3);
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  EXPECT_EQ(collector_.hosts, (std::vector<std::string>{"a", "b", "a"}));
}

TEST_F(ReporterTest, KeepsReportsAcrossARestart) {
  collector_.failure = absl::UnavailableError("no route");
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  MakeReporter();
  collector_.failure = absl::OkStatus();
  reporter_->Step();
  EXPECT_EQ(collector_.hosts, std::vector<std::string>{"a"});
}

TEST_F(ReporterTest, SendsAgainWithTheSameIdWhenTheAnswerWasLost) {
  collector_.lose_answer = true;
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  collector_.lose_answer = false;
  clock_.passed += absl::Minutes(1);
  reporter_->Step();
  EXPECT_EQ(collector_.hosts.size(), 2u);
  EXPECT_EQ(collector_.ids.size(), 1u);
  clock_.passed += absl::Minutes(1);
  reporter_->Step();
  EXPECT_EQ(collector_.calls, 2);
}

TEST_F(ReporterTest, TreatsAnAnswerWithTooFewResultsAsAFailure) {
  collector_.answer_loses_a_result = true;
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  EXPECT_LT(reporter_->Step(), absl::Minutes(1));
  collector_.answer_loses_a_result = false;
  clock_.passed += absl::Minutes(1);
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
}

TEST_F(ReporterTest, TriesAgainAtTheNextRegularReportAfterARejectionAndNotBefore) {
  int asked = 0;
  reporter_->set_on_send_all([&] { ++asked; });
  collector_.reject = true;
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  for (int round = 1; round <= 3; ++round) {
    // Until then a look that finds nothing new sends nothing.
    clock_.passed += absl::Minutes(14);
    ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
    EXPECT_EQ(reporter_->Step(), absl::Minutes(1));
    EXPECT_EQ(collector_.calls, round);
    EXPECT_FALSE(reporter_->TakeSendAll());
    clock_.passed += absl::Minutes(1);
    EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
    EXPECT_EQ(asked, round);
    EXPECT_TRUE(reporter_->TakeSendAll());
    ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
    if (round == 3) collector_.reject = false;
    EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
    EXPECT_EQ(collector_.calls, round + 1);
  }
  EXPECT_EQ(collector_.ids.size(), 1u);
  // Taken: from here on signs of life.
  clock_.passed += absl::Minutes(15);
  reporter_->Step();
  EXPECT_EQ(collector_.unchanged, 1);
  EXPECT_EQ(asked, 3);
}

TEST_F(ReporterTest, SaysOnceWhatIsRejectedAndWhatToDoAndOnceThatItIsMended) {
  LogCapture log;
  collector_.reject = true;
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  EXPECT_EQ(
      log.Take(),
      "error the collector rejects what this workstation reports (identity_mismatch: the snapshot is of "
      "another workstation); give this workstation a certificate of its own; if its certificate was "
      "exchanged, restart the agent; a fresh report is tried every 15m\n");
  ASSERT_TRUE(reporter_->Offer(Named("b")).ok());
  reporter_->Step();
  EXPECT_EQ(log.Take(), "");
  collector_.reject = false;
  ASSERT_TRUE(reporter_->Offer(Named("c")).ok());
  reporter_->Step();
  EXPECT_EQ(log.Take(), "info the collector takes this workstation's reports again\n");
  ASSERT_TRUE(reporter_->Offer(Named("d")).ok());
  reporter_->Step();
  EXPECT_EQ(log.Take(), "");
}

TEST_F(ReporterTest, AsksForASnapshotWhenTheSpoolLostTheOneItHad) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    std::filesystem::remove(entry.path());
  clock_.passed += absl::Minutes(15);
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
  EXPECT_TRUE(reporter_->TakeSendAll());
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  EXPECT_EQ(collector_.hosts, std::vector<std::string>{"a"});
}

TEST_F(ReporterTest, SendsWhatFitsOfACardThatHoldsTooMuchForAReport) {
  Snapshot snapshot = Named("a");
  ReaderFacts reader{"Reader", ReaderState::kOk, "", CardFacts()};
  CertificateFacts certificate;
  certificate.sha256 = std::string(64, 'a');
  certificate.crl_urls.assign(32, "http://" + std::string(1000, 'x'));
  reader.card->certificates.assign(100, certificate);
  snapshot.readers = {reader};
  ASSERT_TRUE(reporter_->Offer(snapshot).ok());
  ASSERT_TRUE(reporter_->Offer(snapshot).ok());
  reporter_->Step();
  EXPECT_EQ(collector_.hosts, std::vector<std::string>{"a"});
  // What was cut is known as it was sent.
  clock_.passed += absl::Minutes(15);
  reporter_->Step();
  EXPECT_EQ(collector_.unchanged, 1);
  EXPECT_FALSE(reporter_->TakeSendAll());
}

TEST_F(ReporterTest, CallsNothingUnchangedThatTheCollectorDoesNotHave) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  collector_.reject = true;
  ASSERT_TRUE(reporter_->Offer(Named("b")).ok());
  reporter_->Step();
  clock_.passed += absl::Hours(1);
  reporter_->Step();
  EXPECT_EQ(collector_.unchanged, 0);
  std::filesystem::remove_all(folder_);
  EXPECT_FALSE(reporter_->Offer(Named("c")).ok());
  clock_.passed += absl::Hours(1);
  reporter_->Step();
  EXPECT_EQ(collector_.unchanged, 0);
}

TEST_F(ReporterTest, DoesNotSpinOnAReportThatCannotBeRead) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    std::filesystem::remove(entry.path());
  EXPECT_GT(reporter_->Step(), absl::Seconds(1));
  EXPECT_EQ(collector_.calls, 0);
}

TEST_F(ReporterTest, AsksForTheWholeSnapshotWhenTheCollectorLostIt) {
  bool asked = false;
  reporter_->set_on_send_all([&] { asked = true; });
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  collector_.digest = "another";
  clock_.passed += absl::Minutes(15);
  reporter_->Step();
  EXPECT_TRUE(asked);
  EXPECT_TRUE(reporter_->TakeSendAll());
  EXPECT_FALSE(reporter_->TakeSendAll());
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  EXPECT_EQ(collector_.hosts.size(), 2u);
}

TEST_F(ReporterTest, MeasuresTheClockAgainstTheCollectors) {
  EXPECT_FALSE(reporter_->clock_offset().has_value());
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  EXPECT_EQ(reporter_->clock_offset(), absl::Seconds(60));
}

// Who has set the clock right and checks again is not told of the old fault, and a night's sleep is none.
TEST_F(ReporterTest, TheClockIsComparedAsItIsSetNow) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  reporter_->Step();
  clock_.set = -absl::Seconds(60);
  EXPECT_EQ(reporter_->clock_offset(), absl::ZeroDuration());
  clock_.set = absl::Hours(24 * 365);
  EXPECT_EQ(reporter_->clock_offset(), absl::Hours(24 * 365) + absl::Seconds(60));
  clock_.set = absl::ZeroDuration();
  clock_.passed = absl::Minutes(14);
  clock_.slept = absl::Hours(9);
  EXPECT_EQ(reporter_->clock_offset(), absl::Seconds(60));
}

// As a workstation's time service does while an answer is awaited.
TEST_F(ReporterTest, AClockThatIsSetDuringTheCallIsNoFaultOfTheComparison) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  collector_.while_it_answers = [&] { clock_.set = -absl::Hours(3); };
  reporter_->Step();
  EXPECT_EQ(reporter_->clock_offset(), absl::Seconds(60) - absl::Hours(3));
}

TEST_F(ReporterTest, ASlowAnswerComparesNothing) {
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  collector_.while_it_answers = [&] { clock_.passed += absl::Seconds(10); };
  reporter_->Step();
  EXPECT_FALSE(reporter_->clock_offset().has_value());
}

// The difference to a time that is none would be none that a snapshot can tell.
TEST_F(ReporterTest, ATimeThatIsNoneComparesNothing) {
  for (const int64_t time : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
                             int64_t{253'402'300'800}, int64_t{-62'135'596'801}}) {
    collector_.time = time;
    ASSERT_TRUE(reporter_->Offer(Named(std::to_string(time))).ok());
    reporter_->Step();
    EXPECT_FALSE(reporter_->clock_offset().has_value()) << time;
  }
}

TEST_F(ReporterTest, SlowsDownWhenAskedButNeverBeyondADayNorFasterThanConfigured) {
  collector_.asked_interval = 3600;
  ASSERT_TRUE(reporter_->Offer(Named("a")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Hours(1));
  collector_.asked_interval = 1'000'000'000;
  ASSERT_TRUE(reporter_->Offer(Named("b")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Hours(24));
  collector_.asked_interval = 1;
  ASSERT_TRUE(reporter_->Offer(Named("c")).ok());
  EXPECT_EQ(reporter_->Step(), absl::Minutes(15));
}

TEST_F(ReporterTest, StopsWhileItWaits) {
  std::thread thread([&] { reporter_->Run(); });
  reporter_->Stop();
  thread.join();
}

TEST(NewUuidTest, IsAVersion4UuidAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = NewUuid();
    EXPECT_THAT(
        uuid, ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace kortvakt
