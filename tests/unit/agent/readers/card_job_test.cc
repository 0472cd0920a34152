#include "agent/readers/card_job.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/support/pki/test_pki.h"
#include "tests/unit/agent/cards/card_samples.h"
#include "tests/unit/agent/pcsc/fake_winscard.h"

namespace kortvakt::testing {
namespace {

using Outcome = ReaderPlan::Outcome;

constexpr uint16_t kEvents = 7;
constexpr uint32_t kPresent = 0x20;  // SCARD_STATE_PRESENT

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + now; }
  absl::Duration Monotonic() const override { return now; }
  absl::Duration now;
};

class CardJobTest : public ::testing::Test {
 protected:
  CardJobTest() {
    fake_.card = [this](const Bytes& command) { return card_->Transmit(command); };
    fake_.reader_state = kPresent | uint32_t{kEvents} << 16;
    job_.reader = "reader";
    job_.events = kEvents;
  }
  // Whether what is known of a card that ends `left` from now is only looked at again.
  bool IsOnlyLookedAt(absl::Duration left) {
    const SithsLikePki pki;
    bool refreshed = false;
    CardJob job;
    job.reader = "reader";
    job.events = kEvents;
    job.options.read = [](CardSession&) { return CardContents(); };
    job.options.refresh = [&refreshed](CardSession&, const CardContents& before) {
      refreshed = true;
      return before;
    };
    job.before.emplace();
    for (const absl::Duration time : {absl::Hours(24 * 900), left}) {
      const Bytes der = pki.PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication, Person(),
                                              absl::UnixEpoch() - absl::Hours(24 * 900), clock_.Now() + time, "1")
                            .der;
      job.before->certificates.push_back({der, KeyPresence::kPresent, "EF 4601"});
    }
    EXPECT_EQ(RunCardJob(job, clock_).outcome, Outcome::kDone);
    return refreshed;
  }

  FakeWinscard& fake_ = FakeWinscard::Reset();
  FakeClock clock_;
  std::unique_ptr<VirtualCard> card_ = MakeVirtualCard(Pkcs15Card(FiveCertificates()));
  CardJob job_;
};

TEST_F(CardJobTest, ReadsTheCard) {
  const CardResult result = RunCardJob(job_, clock_);
  EXPECT_EQ(result.outcome, Outcome::kDone) << result.detail;
  EXPECT_EQ(Ders(result.contents), FiveCertificates());
}

TEST_F(CardJobTest, SendsNothingMoreOnceAnotherProgramHeldTheCard) {
  int transactions = 0;
  size_t sent = 0;
  fake_.on_begin = [&] {
    if (++transactions != 3) return;
    sent = fake_.commands.size();
    clock_.now += absl::Seconds(2);
  };
  const CardResult result = RunCardJob(job_, clock_);
  EXPECT_EQ(result.outcome, Outcome::kBusy);
  EXPECT_EQ(result.detail, "SCardBeginTransaction: another program held the card");
  EXPECT_EQ(transactions, 3);
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(fake_.commands.size(), sent);
}

TEST_F(CardJobTest, LeavesTheCardToAnotherProgramAsSoonAsItsPatienceEnds) {
  int transactions = 0;
  fake_.on_begin = [&] {
    if (++transactions == 3) clock_.now += absl::Milliseconds(100);
  };
  EXPECT_EQ(RunCardJob(job_, clock_).outcome, Outcome::kDone);
  transactions = 0;
  job_.options.budget.patience = absl::Milliseconds(50);
  EXPECT_EQ(RunCardJob(job_, clock_).outcome, Outcome::kBusy);
  EXPECT_EQ(transactions, 3);
}

TEST_F(CardJobTest, ReadsACardThatIsDueForRenewalInFull) {
  EXPECT_TRUE(IsOnlyLookedAt(absl::Hours(24 * 57)));
  EXPECT_FALSE(IsOnlyLookedAt(absl::Hours(24 * 56)));
  EXPECT_FALSE(IsOnlyLookedAt(-absl::Hours(24)));
}

}  // namespace
}  // namespace kortvakt::testing
