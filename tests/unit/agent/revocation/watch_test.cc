#include "agent/revocation/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

using testing::CatalogueOf;
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
      if (!changed_.WaitFor(mutex_, absl::Seconds(20))) return false;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

class RevocationWatchTest : public ::testing::Test {
 protected:
  RevocationWatchTest() {
    kit_.WriteIndex({RevocationKit::Revoked("0A0B", "certificateHold")});
    response_ = kit_.Ocsp("0A0B");
    policy_.revocation = true;
  }
  RevocationWatch::Options Quick() const {
    RevocationWatch::Options options;
    options.first_within = absl::ZeroDuration();
    options.between = absl::ZeroDuration();
    return options;
  }
  std::unique_ptr<RevocationWatch> Watch(RevocationWatch::Options options, FakeFetcher::Answer answer) {
    auto fetcher = std::make_unique<FakeFetcher>(std::move(answer));
    fetcher_ = fetcher.get();
    return std::make_unique<RevocationWatch>(std::move(fetcher), SystemClock(), std::move(options),
                                             [this] { rounds_.Add(); });
  }
  FakeFetcher::Answer Answer() const {
    return [this](const FetchRequest&) { return response_; };
  }
  Snapshot Joined(RevocationWatch& watch) {
    Snapshot snapshot = SnapshotWith({&person_}, pool_, catalogue_);
    watch.Join(snapshot, catalogue_, policy_, pool_);
    return snapshot;
  }

  RevocationKit kit_;
  CaCatalogue catalogue_ = CatalogueOf(kit_.pki(), {"ocsp.test"});
  CertificatePool pool_ = PoolOf(kit_.pki());
  Issued person_ = kit_.Person("0A0B", {"http://ocsp.test/"});
  std::string response_;
  Policy policy_;
  Rounds rounds_;
  FakeFetcher* fetcher_ = nullptr;
};

TEST_F(RevocationWatchTest, AsksAfterwardsAndRemembers) {
  const auto watch = Watch(Quick(), Answer());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  ASSERT_TRUE(rounds_.Await(1));
  const Snapshot snapshot = Joined(*watch);
  ASSERT_THAT(snapshot.revocations, SizeIs(1));
  EXPECT_EQ(snapshot.revocations[0].certificate_sha256, person_.sha256);
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
    EXPECT_THAT(Joined(*watch).revocations, SizeIs(1));
  }
  EXPECT_THAT(fetcher_->asked(), SizeIs(1));
}

TEST_F(RevocationWatchTest, AsksAgainWhenTheAnswerIsOld) {
  RevocationWatch::Options options = Quick();
  options.again = absl::ZeroDuration();
  options.jitter = absl::ZeroDuration();
  const auto watch = Watch(options, Answer());
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(2));
  EXPECT_THAT(fetcher_->asked(), SizeIs(2));
}

// The counterpart: with the ordinary waits nothing is asked at once.
TEST_F(RevocationWatchTest, WaitsForItsTurnAndStopsAtOnce) {
  RevocationWatch::Options options;
  options.random = [] { return 0.5; };  // 5 minutes
  const auto watch = Watch(options, Answer());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  EXPECT_THAT(fetcher_->asked(), IsEmpty());
}

TEST_F(RevocationWatchTest, AsksNothingWherePolicyHasItOff) {
  policy_.revocation = false;
  const auto watch = Watch(Quick(), Answer());
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty());
  policy_.revocation = true;
  Joined(*watch);
  ASSERT_TRUE(rounds_.Await(1));
  policy_.revocation = false;
  EXPECT_THAT(Joined(*watch).revocations, IsEmpty()) << "nor is what was learnt told any more";
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
  auto watch =
      std::make_unique<RevocationWatch>(std::make_unique<Endless>(asked), SystemClock(), Quick(), [] {});
  Joined(*watch);
  asked.wait(false);
  const absl::Duration begin = SystemClock().Monotonic();
  watch.reset();
  EXPECT_LT(SystemClock().Monotonic() - begin, absl::Seconds(10));
}

}  // namespace
}  // namespace kortvakt
