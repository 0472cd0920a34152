#include "agent/prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "common/base/time.h"
#include "tests/support/log/log_capture.h"
#include "tests/support/patience.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Servers and a plan that a test changes, and what was asked of them.
class ProberTest : public ::testing::Test {
 protected:
  Prober::Options Options() {
    Prober::Options options;
    options.plan = [this] {
      const MutexLock lock(mutex_);
      return plan_;
    };
    options.probe = [this](const std::vector<ProbeTarget>& targets,
                           int stop) -> absl::StatusOr<std::vector<ProbeFacts>> {
      if (BeginRound()) {
        pollfd wait{stop, POLLIN, 0};
        poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(2 * testing::kPatience)));
        return wait.revents != 0 ? absl::CancelledError("told to stop") : absl::DeadlineExceededError("hung");
      }
      const MutexLock lock(mutex_);
      if (!failure_.ok()) return failure_;
      std::vector<ProbeFacts> facts;
      for (const ProbeTarget& target : targets) facts.emplace_back().url = FormatProbeTarget(target);
      return facts;
    };
    options.on_change = [this] {
      const MutexLock lock(mutex_);
      ++changes_;
      changed_.NotifyAll();
    };
    options.random = [] { return 0.0; };
    return options;
  }

  // Counts it; whether it is to hang.
  bool BeginRound() {
    const MutexLock lock(mutex_);
    ++rounds_;
    changed_.NotifyAll();
    return hangs_;
  }
  void SetPlan(const std::vector<std::string>& urls, absl::Duration interval = absl::Hours(1)) {
    const MutexLock lock(mutex_);
    plan_.targets.clear();
    for (const std::string& url : urls) plan_.targets.push_back(*ParseProbeTarget(url));
    plan_.interval = interval;
  }
  bool Await(const int& counter, int value) {
    const absl::Duration end = SystemClock().Monotonic() + testing::kPatience;
    const MutexLock lock(mutex_);
    while (counter < value && SystemClock().Monotonic() < end) changed_.WaitFor(mutex_, absl::Seconds(1));
    return counter >= value;
  }
  int Count(const int& counter) {
    const MutexLock lock(mutex_);
    return counter;
  }
  static std::vector<std::string> UrlsOf(const Prober& prober) {
    std::vector<std::string> urls;
    for (const ProbeFacts& facts : prober.Current()) urls.push_back(facts.url);
    return urls;
  }

  Mutex mutex_;
  CondVar changed_;
  Prober::Plan plan_;
  absl::Status failure_;
  bool hangs_ = false;
  int rounds_ = 0;
  int changes_ = 0;
};

TEST_F(ProberTest, ProbesNothingUntilThereIsSomethingAndThenSoon) {
  Prober prober(Options());
  EXPECT_THAT(prober.Current(), IsEmpty());
  SetPlan({"https://a.example", "https://b.example"});
  prober.LookAtPlan();
  ASSERT_TRUE(Await(changes_, 1));
  EXPECT_THAT(UrlsOf(prober), ::testing::ElementsAre("https://a.example/", "https://b.example/"));
  EXPECT_EQ(Count(rounds_), 1);
}

TEST_F(ProberTest, ComesAgainAtTheIntervalAndSaysOnlyWhatIsNew) {
  SetPlan({"https://a.example"}, absl::Milliseconds(5));
  Prober prober(Options());
  EXPECT_TRUE(Await(rounds_, 5));
  EXPECT_EQ(Count(changes_), 1);
}

TEST_F(ProberTest, TakesUpAShorterInterval) {
  SetPlan({"https://a.example"}, absl::Hours(24));
  Prober prober(Options());
  ASSERT_TRUE(Await(rounds_, 1));
  SetPlan({"https://a.example"}, absl::Milliseconds(5));
  prober.LookAtPlan();
  EXPECT_TRUE(Await(rounds_, 3));
}

TEST_F(ProberTest, ForgetsServersThatAreNotInThePlanAnyMore) {
  SetPlan({"https://a.example", "https://b.example"});
  Prober prober(Options());
  ASSERT_TRUE(Await(changes_, 1));
  SetPlan({});
  prober.LookAtPlan();
  ASSERT_TRUE(Await(changes_, 2));
  EXPECT_THAT(prober.Current(), IsEmpty());
  EXPECT_EQ(Count(rounds_), 1);
}

TEST_F(ProberTest, AnotherLookAtTheSamePlanProbesNothing) {
  SetPlan({"https://a.example"});
  Prober prober(Options());
  ASSERT_TRUE(Await(changes_, 1));
  for (int i = 0; i < 100; ++i) prober.LookAtPlan();
  SetPlan({"https://b.example"});
  prober.LookAtPlan();
  // One round takes "a" out and brings "b".
  ASSERT_TRUE(Await(rounds_, 2));
  EXPECT_EQ(Count(rounds_), 2);
}

TEST_F(ProberTest, EndsAtOnceInTheMiddleOfARound) {
  SetPlan({"https://a.example"});
  hangs_ = true;
  auto prober = std::make_unique<Prober>(Options());
  ASSERT_TRUE(Await(rounds_, 1));
  const absl::Duration start = SystemClock().Monotonic();
  prober.reset();
  EXPECT_LT(SystemClock().Monotonic() - start, testing::kPatience);
}

TEST_F(ProberTest, WhatCannotBeProbedIsLoggedOnceAndNothingIsToldOfIt) {
  testing::LogCapture log;
  SetPlan({"https://a.example"}, absl::Milliseconds(5));
  {
    const MutexLock lock(mutex_);
    failure_ = absl::InvalidArgumentError("https_proxy is no address");
  }
  {
    Prober prober(Options());
    EXPECT_TRUE(Await(rounds_, 4));
    EXPECT_THAT(prober.Current(), IsEmpty());
  }
  const std::string text = log.Take();
  EXPECT_THAT(text, HasSubstr("error servers cannot be probed: https_proxy is no address"));
  EXPECT_EQ(text.find("cannot", text.find("cannot") + 1), std::string::npos) << text;
}

}  // namespace
}  // namespace kortvakt
