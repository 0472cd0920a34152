#include "agent/readers/card_job.h"

#include <gtest/gtest.h>

#include <memory>

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

TEST_F(CardJobTest, LooksAtACardThatIsKnownAndReadsOneThatIsNot) {
  CardContents known = RunCardJob(job_, clock_).contents;
  const size_t first = fake_.commands.size();
  // What it was read as comes back, not what would be read now.
  known.certificates.pop_back();
  job_.known = Known(known);
  const CardResult again = RunCardJob(job_, clock_);
  EXPECT_EQ(again.outcome, Outcome::kDone) << again.detail;
  EXPECT_EQ(Ders(again.contents), Ders(known));
  EXPECT_LE(fake_.commands.size(), first + 6);

  card_ = MakeVirtualCard(IdPrimeCard(FiveCertificates()));
  EXPECT_EQ(RunCardJob(job_, clock_).contents.family, CardFamily::kIdPrime);
}

}  // namespace
}  // namespace kortvakt::testing
