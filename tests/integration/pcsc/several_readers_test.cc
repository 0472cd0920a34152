// ReaderWatch on a real pcscd: several readers, several cards, and one card in two readers.
#include <gmock/gmock.h>

#include <set>

#include "absl/strings/str_format.h"
#include "tests/integration/pcsc/watching.h"

namespace kortvakt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kPromise = absl::Seconds(2);

using SeveralReadersTest = WatchingTest;

TEST_F(SeveralReadersTest, ShowsSixteenCardsEachInItsReaderWhateverTheReadersAreCalled) {
  ASSERT_TRUE(StartService({"Läsare ÅÄÖ åäö", "カードリーダー", "Čtečka №7", "Reader (SIM)", "😀", "a",
                            "B' $0 %s", std::string(110, 'x')}));
  StartWatch();
  ASSERT_TRUE(AwaitReaders(16));
  for (size_t slot = 0; slot < 16; ++slot) {
    ASSERT_TRUE(service_->InsertCard(slot, CardFile(absl::StrFormat("CC%02X", slot))).ok());
  }
  for (size_t slot = 0; slot < 16; ++slot) {
    EXPECT_TRUE(AwaitCard(slot, absl::StrFormat("CC%02X", slot))) << service_->ReaderName(slot);
  }
  for (size_t slot = 0; slot < 16; slot += 3) ASSERT_TRUE(service_->RemoveCard(slot).ok());
  for (size_t slot = 0; slot < 16; ++slot) {
    if (slot % 3 == 0) {
      EXPECT_TRUE(AwaitNoCard(slot)) << slot;
    } else {
      EXPECT_EQ(Identity(slot), absl::StrFormat("CC%02X", slot));
    }
  }
}

// The contacts and the antenna of one card, in a reader that has both.
TEST_F(SeveralReadersTest, GivesACardAndItsContactlessTwinOneId) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const size_t slot : {0, 1}) ASSERT_TRUE(service_->InsertCard(slot, CardFile("AC01")).ok());
  std::set<std::string> ids;
  for (const size_t slot : {0, 1}) {
    ASSERT_TRUE(AwaitCard(slot, "AC01"));
    const CardContents contents = Reader(slot)->card->contents;
    ids.insert(CardId(contents.family, contents.serial));
  }
  EXPECT_EQ(ids.size(), 1u);
}

TEST_F(SeveralReadersTest, ServesTheOthersWhileOneCardTakesThreeSecondsForEachAnswer) {
  options_.budget.time = absl::Seconds(8);  // used up when the third answer comes
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  ASSERT_TRUE(service_->SetDelay(0, absl::Seconds(3)).ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("BC01")).ok());
  while (Apdus(0) == 0) absl::SleepFor(absl::Milliseconds(5));
  for (const char* identity : {"BC02", "BC03"}) {
    ASSERT_TRUE(service_->InsertCard(1, CardFile(identity)).ok());
    EXPECT_TRUE(AwaitCard(1, identity, kPromise));
    ASSERT_TRUE(service_->RemoveCard(1).ok());
    EXPECT_TRUE(AwaitNoCard(1, kPromise));
  }
  ASSERT_TRUE(AwaitState(0, CardState::kUnreadable));
  EXPECT_EQ(Reader(0)->card->contents.detail, "the time for this card is used up");
  EXPECT_LE(Apdus(0), 3u);
}

// What is shown of a slot, each time that it changes.
class SwapTest : public WatchingTest {
 protected:
  // Swaps AA01 for AA02 and returns what was shown from AA01 until nothing more changes.
  std::vector<std::string> ShownDuringSwap(absl::Duration pause) {
    EXPECT_TRUE(service_->InsertCard(0, CardFile("AA01")).ok());
    EXPECT_TRUE(AwaitCard(0, "AA01"));
    std::vector<std::string> shown = {"AA01"};
    EXPECT_TRUE(service_->SwapCard(0, CardFile("AA02"), pause).ok());
    // Every state is looked at until the new card has been there for a while.
    absl::Time end = absl::InfiniteFuture();
    Await(
        [&](const ObservedReaders&) {
          const std::string now = Identity(0);
          if (now != shown.back()) shown.push_back(now);
          if (now == "AA02" && end == absl::InfiniteFuture()) end = absl::Now() + absl::Seconds(2);
          return absl::Now() > end;
        },
        absl::Seconds(4));
    EXPECT_TRUE(service_->RemoveCard(0).ok());
    EXPECT_TRUE(AwaitNoCard(0));
    return shown;
  }
};

TEST_F(SwapTest, NeverShowsTheFirstCardAgainOnceItIsGone) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  for (const absl::Duration pause : {absl::ZeroDuration(), absl::Milliseconds(50), absl::Milliseconds(100)}) {
    EXPECT_THAT(ShownDuringSwap(pause), ElementsAre("AA01", "", "AA02")) << pause;
  }
}

TEST_F(SwapTest, TakesNothingOverFromAnUnreadCardThatLooksTheSame) {
  ASSERT_TRUE(StartService());
  StartWatch();
  ASSERT_TRUE(AwaitReaders(2));
  // The first card is in the middle of its reading when it is swapped.
  ASSERT_TRUE(service_->SetDelay(0, absl::Milliseconds(30)).ok());
  ASSERT_TRUE(service_->InsertCard(0, CardFile("AB01")).ok());
  while (Apdus(0) < 3) absl::SleepFor(absl::Milliseconds(5));
  ASSERT_TRUE(service_->SwapCard(0, CardFile("AB02"), absl::Milliseconds(50)).ok());
  std::set<std::string> shown;
  EXPECT_TRUE(Await([&](const ObservedReaders&) {
    shown.insert(Identity(0));
    return Identity(0) == "AB02";
  }));
  shown.erase("");
  EXPECT_THAT(shown, ElementsAre("AB02"));
}

}  // namespace
}  // namespace kortvakt::testing
