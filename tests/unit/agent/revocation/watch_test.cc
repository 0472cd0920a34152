#include "agent/revocation/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/patience.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

// More than one round takes.
constexpr int kManyLooks = 50;

using testing::CatalogueOf;
using ::testing::ElementsAre;
using testing::FakeFetcher;
using ::testing::IsEmpty;
using testing::Issued;
using testing::PoolOf;
using testing::RevocationKit;
using ::testing::SizeIs;
using testing::SnapshotWith;

// Counts rounds, and waits for one.
class Rounds {
 public:
  void Add() {
    const MutexLock lock(mutex_);
    ++count_;
    changed_.NotifyAll();
  }
  bool Await(int count) {
    const MutexLock lock(mutex_);
    while (count_ < count) {
      if (!changed_.WaitFor(mutex_, testing::kPatience)) return false;
    }
    return true;
  }
  int count() {
    const MutexLock lock(mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Stands still until it is moved, and knows how often others than the test looked at it.
class MovedClock final : public Clock {
 public:
  absl::Time Now() const override {
    if (std::this_thread::get_id() != tests_) ++looks_;
    return start_ + absl::Seconds(moved_.load());
  }
  absl::Duration Monotonic() const override { return absl::Seconds(moved_.load()); }
  void Move(absl::Duration by) { moved_ += absl::ToInt64Seconds(by); }
  absl::Time start() const { return start_; }
  int looks() const { return looks_; }

 private:
  const absl::Time start_ = testing::Now();
  const std::thread::id tests_ = std::this_thread::get_id();
  std::atomic<int64_t> moved_ = 0;
  mutable std::atomic<int> looks_ = 0;
};

// What is asked is told by `Joined`, and who waits for a round knows that all of it was asked.
class RevocationWatchTest : public ::testing::Test {
 protected:
  RevocationWatchTest() {
    kit_.WriteIndex({RevocationKit::Revoked("0A0B", "certificateHold"), RevocationKit::Good("0A0C"),
                     RevocationKit::Good("0A0D")});
    for (const char* serial : {"0A0B", "0A0C", "0A0D"}) {
      people_.push_back(kit_.Person(serial, {absl::StrCat("http://ocsp.test/", serial)}));
      responses_[absl::StrCat("/", serial)] = kit_.Ocsp(serial, nullptr, "-ndays 30");
    }
    policy_.revocation = true;
  }
  // Asks what is new at once.
  RevocationWatch::Options Quick() const {
    RevocationWatch::Options options;
    options.first_within = absl::ZeroDuration();
    options.between = absl::ZeroDuration();
    return options;
  }
  // Draws these values, then 0.
  static std::function<double()> Draws(std::vector<double> values) {
    return
        [values = std::move(values), i = size_t{0}]() mutable { return i < values.size() ? values[i++] : 0; };
  }
  std::unique_ptr<RevocationWatch> Watch(RevocationWatch::Options options, FakeFetcher::Answer answer) {
    auto fetcher = std::make_unique<FakeFetcher>(std::move(answer));
    fetcher_ = fetcher.get();
    return std::make_unique<RevocationWatch>(std::move(fetcher), clock_, std::move(options),
                                             [this] { rounds_.Add(); });
  }
  // Good answers, or `failure_` where there is one.
  FakeFetcher::Answer Answer() {
    return [this](const FetchRequest& request) -> absl::StatusOr<std::string> {
      const MutexLock lock(mutex_);
      if (!failure_.ok()) return failure_;
      return responses_.at(request.address.path);
    };
  }
  void FailWith(absl::Status failure) {
    const MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }
  // With the first `count` people's certificates on the card.
  Snapshot Joined(RevocationWatch& watch, size_t count = 1) {
    std::vector<const Issued*> card;
    for (size_t i = 0; i < count; ++i) card.push_back(&people_[i]);
    Snapshot snapshot = SnapshotWith(card, pool_, catalogue_);
    watch.Join(snapshot, catalogue_, policy_, pool_);
    return snapshot;
  }
  Snapshot JoinedAfter(absl::Duration time, RevocationWatch& watch, size_t count = 1) {
    clock_.Move(time);
    return Joined(watch, count);
  }
  // Rounds, once the watch has looked again and again whether there is something to do.
  int RoundsAfterManyLooks(RevocationWatch& watch, size_t count) {
    const absl::Duration end = SystemClock().Monotonic() + testing::kPatience;
    for (const int before = clock_.looks(); clock_.looks() < before + kManyLooks;) {
      Joined(watch, count);  // wakes it
      if (SystemClock().Monotonic() > end) ADD_FAILURE() << "the watch sleeps";
      if (SystemClock().Monotonic() > end) break;
    }
    return rounds_.count();
  }
  static std::string UrlOf(const std::string& serial) { return absl::StrCat("http://ocsp.test/", serial); }

  RevocationKit kit_;
  CaCatalogue catalogue_ = CatalogueOf(kit_.pki(), {"ocsp.test"});
  CertificatePool pool_ = PoolOf(kit_.pki());
  std::vector<Issued> people_;
  std::map<std::string, std::string> responses_;
  Policy policy_;
  Rounds rounds_;
  MovedClock clock_;
  FakeFetcher* fetcher_ = nullptr;
  Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(RevocationWatchTest, AsksAfterwardsAndRemembers) {
  const auto watch = Watch(Quick(), Answer());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  ASSERT_TRUE(rounds_.Await(1));
  const Snapshot snapshot = Joined(*watch);
  ASSERT_THAT(snapshot.revocations, SizeIs(1));
  EXPECT_EQ(snapshot.revocations[0].certificate_sha256, people_[0].sha256);
  EXPECT_EQ(snapshot.revocations[0].status, RevocationStatus::kRevoked);
  EXPECT_EQ(snapshot.revocations[0].reason, RevocationReason::kCertificateHold);
}

TEST_F(RevocationWatchTest, AsksOnceADayHoweverOftenTheCardComesAndGoes) {
  const auto watch = Watch(Quick(), Answer());
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  for (int i = 0; i < 10; ++i) {
    Snapshot without_card;
    watch->Join(without_card, catalogue_, policy_, pool_);
    EXPECT_THAT(without_card.revocations, IsEmpty());
    EXPECT_THAT(JoinedAfter(absl::Hours(2), *watch).revocations, SizeIs(1));
  }
  // A new certificate makes a round, which would ask whatever else is due.
  Joined(*watch, 2);
  ASSERT_TRUE(rounds_.Await(2));
  EXPECT_THAT(fetcher_->asked(), ElementsAre(UrlOf("0A0B"), UrlOf("0A0C")));
  // The first answer was 20 hours old; now it is 31.
  JoinedAfter(absl::Hours(11), *watch, 2);
  ASSERT_TRUE(rounds_.Await(3));
  EXPECT_THAT(fetcher_->asked(), ElementsAre(UrlOf("0A0B"), UrlOf("0A0C"), UrlOf("0A0B")));
}

TEST_F(RevocationWatchTest, WaitsForItsTurnAndStopsAtOnce) {
  RevocationWatch::Options options;
  options.random = Draws({0.5});  // of 10 minutes
  const auto watch = Watch(options, Answer());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  EXPECT_THAT(JoinedAfter(absl::Minutes(4), *watch).revocations, IsEmpty());
  JoinedAfter(absl::Minutes(2), *watch);
  ASSERT_TRUE(rounds_.Await(1));
  const Snapshot snapshot = Joined(*watch, 2);  // the second one waits when all ends
  ASSERT_THAT(snapshot.revocations, SizeIs(1));
  EXPECT_EQ(snapshot.revocations[0].checked_at, clock_.start() + absl::Minutes(6)) << "and not before";
}

TEST_F(RevocationWatchTest, OneRoundAsksAllThatIsDueSoon) {
  RevocationWatch::Options options;
  options.random = Draws({0.9, 0.1});
  const auto watch = Watch(options, Answer());
  Joined(*watch, 2);
  JoinedAfter(absl::Minutes(1), *watch, 2);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_THAT(Joined(*watch, 2).revocations, SizeIs(2));
  EXPECT_THAT(fetcher_->asked(), SizeIs(2));
}

TEST_F(RevocationWatchTest, WhatIsNewDoesNotWaitForTheNextRoundOfWhatIsNot) {
  RevocationWatch::Options options;
  options.random = [] { return 0.1; };
  options.again = absl::Minutes(20);
  options.jitter = absl::ZeroDuration();
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  JoinedAfter(absl::Minutes(1), *watch);
  ASSERT_TRUE(rounds_.Await(1));
  JoinedAfter(absl::Minutes(20), *watch);  // again: the next such round is an hour away
  ASSERT_TRUE(rounds_.Await(2));
  Joined(*watch, 2);
  JoinedAfter(absl::Minutes(30), *watch, 2);
  ASSERT_TRUE(rounds_.Await(3));
  EXPECT_THAT(fetcher_->asked(), ElementsAre(UrlOf("0A0B"), UrlOf("0A0B"), UrlOf("0A0C")));
}

TEST_F(RevocationWatchTest, ASilentServerDoesNotUndoWhatItTold) {
  const auto watch = Watch(Quick(), Answer());
  Joined(*watch, 2);
  ASSERT_TRUE(rounds_.Await(1));
  FailWith(absl::UnavailableError("no connection"));
  JoinedAfter(absl::Hours(31), *watch, 2);
  ASSERT_TRUE(rounds_.Await(2));
  const std::vector<RevocationCheck> checks = Joined(*watch, 2).revocations;
  ASSERT_THAT(checks, SizeIs(4));
  EXPECT_EQ(checks[0].status, RevocationStatus::kRevoked);
  EXPECT_EQ(checks[1].detail, "no connection");
  EXPECT_EQ(checks[2].status, RevocationStatus::kGood);
  EXPECT_EQ(checks[3].detail, "no connection");
}

// The responder says revoked, then nothing; the list is from before, then from after.
TEST_F(RevocationWatchTest, AnOlderListDoesNotUndoWhatTheResponderTold) {
  constexpr absl::Duration kDay = absl::Hours(31);
  const auto list_of = [&](absl::Time time) {
    return kit_.Crl("", absl::StrCat("-crldays 60 -crl_lastupdate ",
                                     absl::FormatTime("%E4Y%m%d%H%M%SZ", time, absl::UTCTimeZone())));
  };
  kit_.WriteIndex({RevocationKit::Good("0A0B")});
  const std::string before = list_of(clock_.start() - absl::Hours(1));
  const std::string after = list_of(clock_.start() + 2 * kDay);
  catalogue_ = CatalogueOf(kit_.pki(), {"ocsp.test", "crl.test"});
  people_[0] = kit_.Person("0A0B", {UrlOf("0A0B")}, {"http://crl.test/a.crl"});
  std::atomic<int> day = 1;
  const auto watch = Watch(Quick(), [&](const FetchRequest& request) -> absl::StatusOr<std::string> {
    if (request.ocsp_request.empty()) return day < 3 ? before : after;
    return day < 2 ? absl::StatusOr<std::string>(responses_.at("/0A0B"))
                   : absl::UnavailableError("no connection");
  });
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_EQ(Joined(*watch).revocations.at(0).status, RevocationStatus::kRevoked);
  day = 2;
  JoinedAfter(kDay, *watch);
  ASSERT_TRUE(rounds_.Await(2));
  const std::vector<RevocationCheck> checks = Joined(*watch).revocations;
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_EQ(checks[0].status, RevocationStatus::kRevoked);
  EXPECT_EQ(checks[1].detail, "no connection");
  day = 3;
  JoinedAfter(kDay, *watch);
  ASSERT_TRUE(rounds_.Await(3));
  EXPECT_EQ(Joined(*watch).revocations.at(1).status, RevocationStatus::kGood) << "the hold was lifted";
}

TEST_F(RevocationWatchTest, AsksAgainSoonWhereNothingWasTold) {
  FailWith(absl::UnavailableError("no connection"));
  RevocationWatch::Options options = Quick();
  options.random = Draws({});
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_EQ(Joined(*watch).revocations.at(0).problem, RevocationProblem::kUnreachable);
  FailWith(absl::OkStatus());
  JoinedAfter(absl::Minutes(50), *watch);
  JoinedAfter(absl::Minutes(20), *watch);
  ASSERT_TRUE(rounds_.Await(2));
  const std::vector<RevocationCheck> checks = Joined(*watch).revocations;
  ASSERT_THAT(checks, SizeIs(1));
  EXPECT_EQ(checks[0].status, RevocationStatus::kRevoked);
  EXPECT_EQ(checks[0].checked_at, clock_.start() + absl::Minutes(70));
}

TEST_F(RevocationWatchTest, AFailureOfOurOwnIsNoAnswerAndEndsTheRound) {
  FailWith(absl::InternalError("starting the helper: Permission denied"));
  const auto watch = Watch(Quick(), Answer());
  Joined(*watch, 2);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_THAT(Joined(*watch, 2).revocations, IsEmpty());
  EXPECT_THAT(fetcher_->asked(), SizeIs(1));
  FailWith(absl::OkStatus());
  JoinedAfter(absl::Hours(2), *watch, 2);
  ASSERT_TRUE(rounds_.Await(2));
  EXPECT_THAT(Joined(*watch, 2).revocations, SizeIs(2));
}

TEST_F(RevocationWatchTest, AClockThatWasSetBackDoesNotPutOffForEver) {
  clock_.Move(absl::Hours(24 * 20));
  const auto watch = Watch(Quick(), Answer());
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  JoinedAfter(-absl::Hours(24 * 20), *watch);
  EXPECT_TRUE(rounds_.Await(2));
}

// By so little that what was put off longest lies too far ahead, but what holds it does not.
TEST_F(RevocationWatchTest, AClockThatWasSetBackALittleMakesNoRoundOfNothing) {
  RevocationWatch::Options options;
  options.random = [] { return 0.99; };
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  JoinedAfter(absl::Minutes(10), *watch);
  ASSERT_TRUE(rounds_.Await(1));
  Joined(*watch, 2);
  JoinedAfter(options.again + options.jitter, *watch, 2);
  ASSERT_TRUE(rounds_.Await(2)) << "both: the next round that asks again is an hour away";
  Joined(*watch, 3);
  JoinedAfter(absl::Minutes(30), *watch, 3);
  ASSERT_TRUE(rounds_.Await(3)) << "the new one alone";
  clock_.Move(-absl::Minutes(20));
  EXPECT_EQ(RoundsAfterManyLooks(*watch, 3), 3);
  const std::vector<std::string> asked = {UrlOf("0A0B"), UrlOf("0A0B"), UrlOf("0A0C"), UrlOf("0A0D")};
  EXPECT_EQ(fetcher_->asked(), asked);
  JoinedAfter(options.again + options.jitter, *watch, 3);
  EXPECT_TRUE(rounds_.Await(4));
}

TEST_F(RevocationWatchTest, AFailureAfterTheClockWasSetBackIsPutOffToo) {
  FailWith(absl::InternalError("starting the helper: Permission denied"));
  clock_.Move(absl::Hours(24 * 20));
  RevocationWatch::Options options;
  options.random = [] { return 0.5; };
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  JoinedAfter(-absl::Hours(24 * 20), *watch);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_EQ(RoundsAfterManyLooks(*watch, 1), 1);
  JoinedAfter(options.failed_again + options.failed_jitter, *watch);
  EXPECT_TRUE(rounds_.Await(2));
}

TEST_F(RevocationWatchTest, AsksNothingWherePolicyHasItOff) {
  policy_.revocation = false;
  const RevocationWatch::Options options;
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  JoinedAfter(2 * options.first_within, *watch);
  EXPECT_EQ(RoundsAfterManyLooks(*watch, 1), 0);
  EXPECT_THAT(fetcher_->asked(), IsEmpty());
  policy_.revocation = true;
  Joined(*watch);
  JoinedAfter(options.first_within, *watch);
  ASSERT_TRUE(rounds_.Await(1));
  EXPECT_THAT(fetcher_->asked(), SizeIs(1)) << "the counter-example";
  EXPECT_THAT(Joined(*watch).revocations, SizeIs(1));
  policy_.revocation = false;
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty()) << "nor is what was learnt told any more";
  JoinedAfter(2 * (options.again + options.jitter), *watch);
  EXPECT_EQ(RoundsAfterManyLooks(*watch, 1), 1);
  EXPECT_THAT(fetcher_->asked(), SizeIs(1)) << "nor asked again";
}

TEST_F(RevocationWatchTest, StopsWhatIsUnderWay) {
  std::atomic<bool> asked = false;
  class Endless final : public Fetcher {
   public:
    explicit Endless(std::atomic<bool>& asked) : asked_(asked) {}
    absl::StatusOr<std::string> Fetch(const FetchRequest&, const ProbeLimit& limit) override {
      asked_ = true;
      asked_.notify_all();
      // Nothing is ever readable here but the stop.
      return Await(limit.stop, WaitFor::kReading, {limit.end, limit.stop});
    }

   private:
    std::atomic<bool>& asked_;
  };
  auto watch = std::make_unique<RevocationWatch>(std::make_unique<Endless>(asked), clock_, Quick(), [] {});
  Joined(*watch);
  asked.wait(false);
  const absl::Duration begin = SystemClock().Monotonic();
  watch.reset();
  EXPECT_LT(SystemClock().Monotonic() - begin, testing::kPatience) << "a round may take 15 min";
}

}  // namespace
}  // namespace kortvakt
