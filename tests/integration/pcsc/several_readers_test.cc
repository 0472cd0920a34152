// ReaderWatch on a real pcscd: several readers, several cards, and one card in two readers.
#include <gmock/gmock.h>

#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

using SeveralReadersTest = WatchingTest;

TEST_F(SeveralReadersTest, ShowsSixteenCardsEachInItsReaderWhateverTheReadersAreCalled) {
  ASSERT_TRUE(StartService({"Läsare ÅÄÖ åäö", "カードリーダー", "Čtečka №7", "Reader (SIM)", "😀", "a",
                            "B' $0 %s", std::string(110, 'x')}));
  StartWatch();
  ASSERT_TRUE(AwaitReaders(kMostSlots));
  std::vector<TestCard> cards;
  for (size_t slot = 0; slot < kMostSlots; ++slot) cards.push_back(cards_.Make(kBothFamilies[slot / 2 % 2]));
  Onlooker onlooker(*this, kMostSlots);
  for (size_t slot = 0; slot < kMostSlots; ++slot) Insert(slot, cards[slot]);
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    EXPECT_TRUE(AwaitCard(slot, cards[slot])) << service_->ReaderName(slot);
  }
  for (size_t slot = 0; slot < kMostSlots; slot += 3) Remove(slot);
  for (size_t slot = 0; slot < kMostSlots; slot += 3) EXPECT_TRUE(AwaitNoCard(slot)) << slot;
  for (size_t slot = 0; slot < kMostSlots; ++slot) {
    EXPECT_EQ(Shown(slot), slot % 3 == 0 ? "" : cards[slot].name);
    EXPECT_THAT(onlooker.CardsSeen(slot), ::testing::ElementsAre(cards[slot].name)) << slot;
  }
}

// The contacts and the antenna of one card, in a reader that has both.
TEST_F(SeveralReadersTest, GivesACardAndItsContactlessTwinOneId) {
  ASSERT_TRUE(StartService({"Dual A", "Dual B"}));
  StartWatch();
  ASSERT_TRUE(AwaitReaders(4));
  for (const size_t pair : {0, 1}) {
    const TestCard card = cards_.Make(kBothFamilies[pair]);
    const TestCard twin = cards_.ContactlessTwin(card);
    Insert(pair * 2, card);
    Insert(pair * 2 + 1, twin);
    for (const size_t slot : {pair * 2, pair * 2 + 1}) {
      ASSERT_TRUE(AwaitCard(slot, card));
      EXPECT_EQ(Reader(slot)->card->atr, slot % 2 == 0 ? card.atr : twin.atr);
      const CardContents contents = Reader(slot)->card->contents;
      EXPECT_EQ(CardId(contents.family, contents.serial), card.id());
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing
