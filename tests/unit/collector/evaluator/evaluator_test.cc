#include "collector/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "collector/fleet/store_source.h"
#include "common/base/log.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/scenarios/workstations.h"
#include "tests/unit/collector/store/fake_fleet_store.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~EvaluatorTest() override { spdlog::set_default_logger(before_); }

  // A workstation whose card service is down: a finding that history keeps.
  void Report(const std::string& id) {
    Snapshot snapshot = testing::Workstation(std::nullopt);
    snapshot.pcsc_running = false;
    snapshot.workstation = {id, "host-" + id, "Norr"};
    store_.Put(MakeReportRecord("r", id, snapshot, SnapshotDigest(snapshot), clock_.now, {}), [](auto) {});
    store_.Commit();
    fleet_.ApplyReport(id, snapshot, SnapshotDigest(snapshot), clock_.now, {});
  }
  // Makes every verdict due.
  void MakeDue() { fleet_.SetJudgement(*fleet_.judgement()); }
  void RunFor(absl::Duration time, absl::Duration step = absl::Seconds(1)) {
    for (const absl::Time end = clock_.now + time; clock_.now < end; clock_.now += step) evaluator_.Round();
    evaluator_.Round();
  }
  // What was logged since the last call.
  std::string Log() {
    const std::string text = log_.str();
    log_.str("");
    return text;
  }
  static int64_t Lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
  bool EvaluatedNow() {
    const std::string text = metrics_.Text(clock_.now);
    const std::string name = "\nkortvakt_evaluation_last_success_timestamp_seconds ";
    return std::stod(text.substr(text.find(name) + name.size())) ==
           static_cast<double>(absl::ToUnixSeconds(clock_.now));
  }

  std::ostringstream log_;
  const std::shared_ptr<spdlog::logger> before_;
  FakeClock clock_;
  FakeFleetStore store_;
  StoreSource source_{store_};
  Fleet fleet_{{Policy(), std::shared_ptr<const CaCatalogue>(&CaCatalogue::BuiltIn(), [](auto*) {})},
               SiteRules(),
               source_};
  AlertBook alerts_{store_};
  Metrics metrics_{fleet_, store_};
  Evaluator evaluator_{fleet_,  store_,
                       alerts_, metrics_,
                       clock_,  {absl::Hours(24) * 30, absl::Hours(24) * 400, absl::Hours(24) * 400}};
};

TEST_F(EvaluatorTest, LogsARecordThatCannotBeReadOnceUntilItCan) {
  for (const char* id : {"w1", "w2", "w3"}) Report(id);
  store_.unreadable = {"w2"};
  MakeDue();
  RunFor(absl::ZeroDuration());
  EXPECT_EQ(Log(), "error judging workstation w2: damaged; it keeps its verdict, tried again every minute\n");
  EXPECT_TRUE(EvaluatedNow()) << "all others are judged";
  RunFor(absl::Minutes(20));
  EXPECT_EQ(Log(), "") << "no flapping in the rounds in which it is not due";
  EXPECT_TRUE(EvaluatedNow());

  store_.unreadable = {"w2", "w3"};
  MakeDue();
  RunFor(absl::Minutes(5));
  EXPECT_EQ(Log(), "error judging workstation w3: damaged; it keeps its verdict, tried again every minute\n");
  store_.unreadable.clear();
  RunFor(absl::Minutes(10));
  EXPECT_EQ(Log(), "info the fleet is judged in full again\n");
}

TEST_F(EvaluatorTest, AFleetThatCannotBeReadIsNotEvaluatedAndLogsNoLineForEach) {
  for (int i = 0; i < 60; ++i) Report(absl::StrCat("w", i));
  RunFor(absl::ZeroDuration());
  ASSERT_TRUE(EvaluatedNow());
  clock_.now += absl::Minutes(1);
  store_.reading = absl::UnavailableError("the disk failed");
  MakeDue();
  RunFor(absl::Minutes(5));
  EXPECT_FALSE(EvaluatedNow());
  const std::string log = Log();
  EXPECT_EQ(Lines(log), 21);
  EXPECT_THAT(log, HasSubstr("error more than 20 records cannot be judged; see whether the storage works\n"));
  store_.reading = absl::OkStatus();
  RunFor(absl::Minutes(10));
  EXPECT_EQ(Log(), "info the fleet is judged in full again\n");
  EXPECT_TRUE(EvaluatedNow());
}

TEST_F(EvaluatorTest, TriesToPruneEveryTenMinutesAndSaysSoOnce) {
  store_.pruning = absl::UnavailableError("the disk failed");
  RunFor(absl::Minutes(29));
  EXPECT_EQ(store_.prunes, 3);
  EXPECT_EQ(Log(),
            "error deleting old presence and history: the disk failed; tried again every 10 minutes\n");
  EXPECT_TRUE(EvaluatedNow());
  store_.pruning = absl::OkStatus();
  RunFor(absl::Minutes(5));
  EXPECT_EQ(store_.prunes, 4);
  EXPECT_EQ(Log(), "info deleting old presence and history works again\n");
  RunFor(absl::Hours(23), absl::Minutes(1));
  EXPECT_EQ(store_.prunes, 4);
  RunFor(absl::Hours(1), absl::Minutes(1));
  EXPECT_EQ(store_.prunes, 5) << "once a day";
  EXPECT_EQ(Log(), "");
}

TEST_F(EvaluatorTest, ForgetsAWorkstationInFleetAndStoreWhenItsTimeIsOver) {
  Report("w1");
  store_.forgetting = absl::UnavailableError("the disk failed");
  RunFor(absl::Hours(24 * 402), absl::Hours(12));
  EXPECT_EQ(fleet_.workstation_count(), 0u);
  EXPECT_EQ(store_.workstations.size(), 1u);
  EXPECT_THAT(Log(), HasSubstr("error deleting old presence and history: the disk failed"));
  store_.forgetting = absl::OkStatus();
  RunFor(absl::Hours(24), absl::Minutes(10));
  EXPECT_EQ(store_.workstations.size(), 0u) << "not lost while the store could not delete";
  EXPECT_THAT(Log(), HasSubstr("info 1 workstations and 0 cards forgotten\n"));
}

TEST_F(EvaluatorTest, IsNotDoneWhileAlertsCannotBeWritten) {
  Policy policy;
  policy.silent_after = absl::Hours(30);
  fleet_.SetJudgement({policy, fleet_.judgement()->catalogue});
  Report("w1");
  RunFor(absl::ZeroDuration());
  store_.writing_alerts = absl::UnavailableError("the disk failed");
  clock_.now += absl::Hours(31);
  RunFor(absl::Minutes(2));
  EXPECT_EQ(Log(), "error writing alerts: the disk failed; tried again every second\n");
  EXPECT_FALSE(EvaluatedNow());
  store_.writing_alerts = absl::OkStatus();
  RunFor(absl::ZeroDuration());
  EXPECT_EQ(Log(), "info writing alerts works again\n");
  EXPECT_TRUE(EvaluatedNow());
}

TEST_F(EvaluatorTest, RunsOnAThreadOfItsOwnUntilDestroyedAndOnceMoreAtTheEnd) {
  Report("w1");
  { const EvaluatorThread thread(evaluator_); }
  EXPECT_GE(store_.prunes, 1);
  EXPECT_THAT(Log(), Not(HasSubstr("error")));
  EXPECT_GT(store_.history, 0u) << "what the report changed";
}

}  // namespace
}  // namespace kortvakt
