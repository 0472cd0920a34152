// What is shown of a card that others use, by what is known of it.
#include "agent/readers/observed.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

class ObservedTest : public ::testing::Test {
 protected:
  static ReaderStatus Card(uint16_t events, bool in_use) {
    ReaderStatus status;
    status.name = "reader";
    status.present = true;
    status.events = events;
    status.in_use = in_use;
    status.atr = {0x3B, 0x00};
    return status;
  }
  // The card is put in and read.
  void Read(CardState state, uint16_t events = 1) {
    plan_.OnStatus(ReaderStatus(), now_);
    plan_.OnStatus(Card(events, false), now_);
    plan_.ReadStarted(now_);
    plan_.ReadEnded(ReaderPlan::Outcome::kDone, now_);
    card_.emplace();
    card_->atr = {0x3B, 0x00};
    card_->read_at = absl::UnixEpoch();
    card_->contents.state = state;
    card_->contents.detail = state == CardState::kRead ? "" : "why";
    card_->contents.certificates.push_back({{0x30, 0x00}, KeyPresence::kPresent, "EF 4601"});
    now_ += absl::Seconds(5);
  }
  ObservedReader After(absl::Duration time, bool in_use, const std::string& not_answering = "") {
    for (const absl::Duration end = now_ + time; now_ < end; now_ += absl::Milliseconds(300)) {
      plan_.OnStatus(Card(1, in_use), now_);
    }
    return Observe(Card(1, in_use), plan_, card_, not_answering);
  }

  absl::Duration now_ = absl::Hours(5);
  ReaderPlan plan_{ReaderPlan::Options{}};
  std::optional<ObservedCard> card_;
};

TEST_F(ObservedTest, ACardThatOthersKeepIsInUseWithWhatWasReadOfThisInsertion) {
  Read(CardState::kRead);
  EXPECT_EQ(After(absl::Seconds(60), /*in_use=*/true).card->contents.state, CardState::kRead);
  const ObservedReader shown = After(absl::Seconds(61), /*in_use=*/true);
  EXPECT_EQ(shown.state, ReaderState::kOk);
  ASSERT_TRUE(shown.card.has_value());
  EXPECT_EQ(shown.card->contents.state, CardState::kInUse);
  EXPECT_EQ(shown.card->contents.detail, "another program uses the card; what is known was read before");
  EXPECT_EQ(shown.card->read_at, card_->read_at);
  EXPECT_EQ(shown.card->contents.certificates.size(), 1u);
  EXPECT_FALSE(SameReader(shown, Observe(Card(1, false), ReaderPlan({}), card_, "")));
}

TEST_F(ObservedTest, WhatWasWrongWithACardIsNotHiddenByItsUse) {
  for (const CardState state : {CardState::kEmpty, CardState::kUnreadable, CardState::kUnsupported}) {
    Read(state);
    const ObservedReader shown = After(absl::Minutes(3), /*in_use=*/true);
    EXPECT_EQ(shown.card->contents.state, state);
    EXPECT_EQ(shown.card->contents.detail, "why");
  }
}

TEST_F(ObservedTest, AnInsertionThatWasNeverReadShowsNothingOfTheOneBefore) {
  Read(CardState::kRead);
  After(absl::Minutes(3), /*in_use=*/true);
  // Out and in; the watch forgets the card with its insertion.
  plan_.OnStatus(Card(3, true), now_);
  plan_.ReadStarted(now_);
  plan_.ReadEnded(ReaderPlan::Outcome::kBusy, now_);
  const ObservedReader shown = Observe(Card(3, true), plan_, std::nullopt, "");
  ASSERT_TRUE(shown.card.has_value());
  EXPECT_EQ(shown.card->contents.state, CardState::kInUse);
  EXPECT_TRUE(shown.card->contents.certificates.empty());
  EXPECT_FALSE(shown.card->read_at.has_value());
}

TEST_F(ObservedTest, ALookThatHasToWaitForAnothersTransactionShowsTheCardInUse) {
  Read(CardState::kRead);
  const ObservedReader shown = After(absl::Seconds(5), /*in_use=*/true, "SCardBeginTransaction");
  EXPECT_EQ(shown.state, ReaderState::kOk);
  EXPECT_EQ(shown.card->contents.state, CardState::kInUse);
  EXPECT_EQ(shown.card->contents.certificates.size(), 1u);
  // A reader that does not answer is another matter.
  const ObservedReader stuck = After(absl::Seconds(5), /*in_use=*/true, "SCardTransmit");
  EXPECT_EQ(stuck.state, ReaderState::kError);
  EXPECT_EQ(stuck.card->contents.state, CardState::kRead);
}

}  // namespace
}  // namespace kortvakt
