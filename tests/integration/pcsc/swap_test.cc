// ReaderWatch on a real pcscd: cards that come and go quickly. Whatever is shown at any
// moment is one card, whole, and never one that was there before the one shown last.
#include <gmock/gmock.h>

#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

using ::testing::ElementsAre;

using SwapTest = WatchingTest;

// Slot 0: cards of both families in turn; slot 1: cards of one ATR.
TEST_F(SwapTest, AStormOfInsertionsEndsInTheRightStateAndShowsOnlyWhatWasThere) {
  constexpr int kChanges = 100;
  constexpr absl::Duration kStorm = absl::Seconds(10);
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  std::vector<TestCard> cards[2];
  for (int i = 0; i <= kChanges / 2; ++i) {
    cards[0].push_back(cards_.Make(kBothFamilies[i % 2]));
    cards[1].push_back(cards_.Make(CardFamily::kIdPrime));
  }
  ObservedCard pulled;
  pulled.contents.state = CardState::kMute;
  pulled.contents.detail = "the card does not answer to reset";
  const std::string mute = cards_.Describe(pulled);
  Onlooker onlooker(*this, 2);
  const absl::Time start = absl::Now();
  for (int i = 0; i < kChanges; ++i) {
    for (const size_t slot : {0, 1}) {
      if (i % 2 == 0) {
        Insert(slot, cards[slot][static_cast<size_t>(i) / 2]);
      } else {
        Remove(slot);
      }
    }
    absl::SleepFor(start + i * (kStorm / kChanges) - absl::Now());
  }
  for (const size_t slot : {0, 1}) EXPECT_TRUE(AwaitNoCard(slot));
  for (const size_t slot : {0, 1}) Insert(slot, cards[slot].back());
  for (const size_t slot : {0, 1}) {
    EXPECT_TRUE(AwaitCard(slot, cards[slot].back()));
    EXPECT_EQ(Reader(slot)->state, ReaderState::kOk);
  }
  for (const size_t slot : {0, 1}) {
    // Each card was there once: those that were seen were seen in their order, whole. One that is
    // pulled while the service brings its power up is mute until a starved service looks again.
    auto next = cards[slot].begin();
    for (const std::string& seen : onlooker.CardsSeen(slot)) {
      if (seen == mute) continue;
      const auto card =
          std::find_if(next, cards[slot].end(), [&](const TestCard& c) { return c.name == seen; });
      ASSERT_NE(card, cards[slot].end()) << "slot " << slot << ": " << seen;
      next = card + 1;
    }
  }
}

TEST_F(SwapTest, NeverShowsTheFirstCardAgainOnceItIsGone) {
  ASSERT_TRUE(StartLargeService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(kMostSlots));
  // All pairs of families; out and in again after these times.
  constexpr absl::Duration kPauses[] = {absl::ZeroDuration(), absl::Milliseconds(20), absl::Milliseconds(50),
                                        absl::Milliseconds(100)};
  std::vector<TestCard> first;
  std::vector<TestCard> second;
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    first.push_back(cards_.Make(kBothFamilies[slot / 4 % 2]));
    second.push_back(cards_.Make(kBothFamilies[slot / 8]));
    Insert(slot, first[slot]);
  }
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    ASSERT_TRUE(AwaitCard(slot, first[slot]));
    ASSERT_TRUE(AwaitPowerOff(slot));
  }
  Onlooker onlooker(*this, kMostSlots);
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    ASSERT_TRUE(service_->SwapCard(slot, second[slot].file, kPauses[slot % 4]).ok());
  }
  for (size_t slot = 0; slot < kMostSlots; ++slot) EXPECT_TRUE(AwaitCard(slot, second[slot]));
  // Nothing changes after that.
  EXPECT_TRUE(NothingIsSent(kStillness));
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    EXPECT_THAT(onlooker.CardsSeen(slot), ElementsAre(first[slot].name, second[slot].name))
        << "slot " << slot << ", out for " << kPauses[slot % 4];
  }
}

// What keeps the tests here honest: a memory that knows cards by their ATR.
TEST_F(SwapTest, WouldSeeTheFirstCardShownForTheSecond) {
  options_.refresh = [](CardSession&, const KnownCards& known) { return *known.back(); };
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  const TestCard first[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  const TestCard second[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  Onlooker onlooker(*this, 2);
  for (const TestCard* cards : {first, second}) {
    for (const size_t slot : {0, 1}) Insert(slot, cards[slot]);
    // It is the first card's name that is shown, each time.
    for (const size_t slot : {0, 1}) {
      ASSERT_TRUE(AwaitState(slot, CardState::kRead));
      Remove(slot);
      ASSERT_TRUE(AwaitNoCard(slot));
    }
  }
  for (const size_t slot : {0, 1}) {
    EXPECT_THAT(onlooker.CardsSeen(slot), ElementsAre(first[slot].name, first[slot].name));
  }
}

// As a person does who wonders whether it was in properly.
TEST_F(SwapTest, ShowsTheSameCardAfterOutAndInWithinATenthOfASecond) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  const TestCard cards[] = {cards_.Make(kBothFamilies[0]), cards_.Make(kBothFamilies[1])};
  for (const size_t slot : {0, 1}) Insert(slot, cards[slot]);
  for (const size_t slot : {0, 1}) ASSERT_TRUE(AwaitCard(slot, cards[slot]));
  Onlooker onlooker(*this, 2);
  for (const absl::Duration pause : {absl::ZeroDuration(), absl::Milliseconds(50), absl::Milliseconds(100)}) {
    for (const size_t slot : {0, 1}) {
      ASSERT_TRUE(AwaitPowerOff(slot));
      ASSERT_TRUE(service_->ClearLog(slot).ok());
      ASSERT_TRUE(service_->SwapCard(slot, cards[slot].file, pause).ok());
    }
    // It is looked at once more, for it might be another.
    for (const size_t slot : {0, 1}) {
      EXPECT_TRUE(AwaitApdus(slot, 1)) << "slot " << slot << ", out for " << pause;
      EXPECT_TRUE(AwaitCard(slot, cards[slot]));
    }
  }
  for (const size_t slot : {0, 1}) {
    for (const std::string& seen : onlooker.CardsSeen(slot)) EXPECT_EQ(seen, cards[slot].name);
  }
}

// The two have the same ATR: nothing but the service's count tells them apart.
TEST_F(SwapTest, ShowsTheNewCardAloneWhateverCommandOfTheReadingItComesAt) {
  ASSERT_TRUE(StartLargeService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(kMostSlots));
  const std::vector<std::pair<CardFamily, size_t>> moments = MomentsOfAReading();
  for (size_t first = 0; first < moments.size(); first += kMostSlots) {
    const size_t count = std::min(kMostSlots, moments.size() - first);
    std::vector<TestCard> old;
    std::vector<TestCard> fresh;
    for (size_t slot = 0; slot < count; ++slot) {
      old.push_back(cards_.Make(moments[first + slot].first));
      fresh.push_back(cards_.Make(moments[first + slot].first));
    }
    Onlooker onlooker(*this, count);
    for (size_t slot = 0; slot < count; ++slot) {
      ASSERT_TRUE(service_->At(slot, moments[first + slot].second, "swap", fresh[slot].file).ok());
      Insert(slot, old[slot]);
    }
    for (size_t slot = 0; slot < count; ++slot) EXPECT_TRUE(AwaitCard(slot, fresh[slot]));
    for (size_t slot = 0; slot < count; ++slot) {
      EXPECT_THAT(onlooker.CardsSeen(slot), ElementsAre(fresh[slot].name))
          << "swapped at command " << moments[first + slot].second;
      Remove(slot);
    }
    for (size_t slot = 0; slot < count; ++slot) ASSERT_TRUE(AwaitNoCard(slot));
  }
}

}  // namespace
}  // namespace kortvakt::testing
