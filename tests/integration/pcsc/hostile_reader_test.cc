// The agent as a program on a real pcscd: many readers, and cards in them that are mute, slow
// or never answer. What `kortvakt-agent check` tells is right, and the others are served.
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/pcsc/agent_program.h"

namespace kortvakt::testing {
namespace {

constexpr char kReadTime[] = "[cards]\nread_time = \"2s\"\n";
// The budget of kReadTime, the watchdog's grace of 2 s, and a busy machine; less than the 22 s
// that it would take without kReadTime.
constexpr absl::Duration kToldBy = absl::Seconds(20);

// A card that does not answer to reset. pcscd has no room for an answer of more than 33 bytes
// (ISO 7816-3, 8.2), and so takes the card for present and mute.
TestCard MuteCard(const TestCards& cards) {
  TestCard card;
  card.name = "mute";
  card.file = cards.Write("mute.toml", absl::StrCat("atr = \"", UpperHex(Bytes(40, 0x3B)), "\"\n[pkcs15]\n"));
  return card;
}

using HostileReaderTest = AgentProgramTest;

TEST_F(HostileReaderTest, OfSixteenAtOnceEachIsToldAsItIsWithinTheBudget) {
  ASSERT_TRUE(StartService({"Läsare ÅÄÖ åäö", "カードリーダー", "Čtečka №7", "Reader (SIM)", "😀", "a",
                            "B' $0 %s", std::string(110, 'x')}));
  // The last five: two cards without certificates, a mute one, one that never answers, none.
  constexpr size_t kGood = 11, kMute = 13, kSilent = 14, kNone = 15;
  std::vector<TestCard> cards;
  for (size_t slot = 0; slot < kGood; ++slot) cards.push_back(cards_.Make(kBothFamilies[slot % 2]));
  for (const CardFamily family : kBothFamilies) cards.push_back(cards_.MakeEmpty(family));
  cards.push_back(MuteCard(cards_));
  cards.push_back(cards_.Make(CardFamily::kIdPrime));
  config_ = kReadTime;
  StartAgent();
  ASSERT_TRUE(service_->At(kSilent, 5, "silent").ok());
  for (size_t slot = 0; slot < cards.size(); ++slot) {
    Insert(slot, cards[slot]);
  }
  EXPECT_TRUE(AwaitCheck(
      [&](const v1::CheckResult& result) {
        for (size_t slot = 0; slot < kMute; ++slot) {
          if (!Shows(result, slot, cards[slot])) return false;
        }
        return ReaderOf(result, kMute).card().state() == v1::CARD_STATE_MUTE &&
               ReaderOf(result, kSilent).card().state() == v1::CARD_STATE_UNREADABLE;
      },
      kToldBy));
  const v1::CheckResult result = Check();
  ASSERT_EQ(result.snapshot().readers_size(), 16);
  for (size_t slot = 0; slot < 16; ++slot) {
    SCOPED_TRACE(slot);
    const v1::Reader reader = ReaderOf(result, slot);
    EXPECT_EQ(reader.name(), service_->ReaderName(slot));
    EXPECT_EQ(reader.state(), slot == kSilent ? v1::READER_STATE_ERROR : v1::READER_STATE_OK);
    EXPECT_EQ(reader.has_card(), slot != kNone);
    EXPECT_EQ(FindingOf(result, "CARD_MUTE", slot).code().empty(), slot != kMute);
    EXPECT_EQ(FindingOf(result, "CARD_EMPTY", slot).code().empty(), slot != kGood && slot != kGood + 1);
    EXPECT_EQ(FindingOf(result, "CARD_UNREADABLE", slot).code().empty(), slot != kSilent);
  }
  EXPECT_EQ(ReaderOf(result, kSilent).detail(), "not answering: SCardTransmit has not returned");
  EXPECT_EQ(ReaderOf(result, kMute).card().atr(), "");
  EXPECT_EQ(Apdus(kMute), 0u);
  Remove(kSilent);  // frees the call that the agent would wait for
  StopAgent();
}

TEST_F(HostileReaderTest, AMuteCardIsToldByCheckWithoutAnAgentToo) {
  ASSERT_TRUE(StartService());
  Insert(0, MuteCard(cards_));
  ASSERT_TRUE(AwaitCardState(0, v1::CARD_STATE_MUTE));
  const v1::CheckResult result = Check();
  EXPECT_EQ(FindingOf(result, "CARD_MUTE", 0).severity(), "critical");
  EXPECT_EQ(ReaderOf(result, 0).state(), v1::READER_STATE_OK);
  EXPECT_EQ(Apdus(0), 0u);
}

// The slow card answers when the others have been served, the silent one never.
TEST_F(HostileReaderTest, TheOthersAreServedWhileOneCardIsSlowAndOneNeverAnswers) {
  constexpr size_t kSlow = 0, kSilent = 1, kOthers[] = {2, 3};
  ASSERT_TRUE(StartService({"Bad", "Good"}));
  config_ = kReadTime;
  StartAgent();
  ASSERT_TRUE(service_->At(kSlow, 0, "hold").ok());
  ASSERT_TRUE(service_->At(kSilent, 3, "silent").ok());
  Insert(kSlow, cards_.Make(CardFamily::kIdPrime));
  Insert(kSilent, cards_.Make(CardFamily::kPkcs15));
  ASSERT_TRUE(AwaitApdus(kSlow, 1));
  ASSERT_TRUE(AwaitApdus(kSilent, 4));
  // The logs tell, for `check` waits for cards that are being read.
  TestCard last[2];
  for (int round = 0; round < 2; ++round) {
    for (const size_t slot : kOthers) {
      last[slot - 2] = cards_.Make(kBothFamilies[slot % 2]);
      ASSERT_TRUE(service_->ClearLog(slot).ok());
      ASSERT_TRUE(service_->SwapCard(slot, last[slot - 2].file).ok());
    }
    for (const size_t slot : kOthers) {
      EXPECT_TRUE(AwaitApdus(slot, 10));
      EXPECT_TRUE(AwaitPowerOff(slot));
    }
  }
  const auto not_answering = [this](const v1::CheckResult& result, size_t slot) {
    const v1::Reader reader = ReaderOf(result, slot);
    return reader.card().state() == v1::CARD_STATE_UNREADABLE && reader.state() == v1::READER_STATE_ERROR &&
           reader.detail() == "not answering: SCardTransmit has not returned";
  };
  EXPECT_TRUE(AwaitCheck([&](const v1::CheckResult& result) {
    return not_answering(result, kSlow) && not_answering(result, kSilent);
  }));
  // Its answer comes too late, and is the last that is asked of it.
  ASSERT_TRUE(service_->NoFault(kSlow).ok());
  EXPECT_TRUE(AwaitCheck([&](const v1::CheckResult& result) {
    const v1::Reader slow = ReaderOf(result, kSlow);
    return slow.state() == v1::READER_STATE_OK && slow.card().state() == v1::CARD_STATE_UNREADABLE &&
           slow.card().detail() == "the time for this card is used up";
  }));
  EXPECT_EQ(Apdus(kSlow), 1u);
  const v1::CheckResult result = Check();
  EXPECT_TRUE(not_answering(result, kSilent));
  for (const size_t slot : kOthers) EXPECT_TRUE(Shows(result, slot, last[slot - 2])) << slot;
  // Pulling the cards frees their readers; the next ones are read.
  for (const size_t slot : {kSlow, kSilent}) {
    Remove(slot);
    ASSERT_TRUE(AwaitCheck([&](const v1::CheckResult& now) { return !ReaderOf(now, slot).has_card(); }));
    const TestCard next = cards_.Make(kBothFamilies[slot]);
    Insert(slot, next);
    EXPECT_TRUE(AwaitCard(slot, next));
    EXPECT_EQ(ReaderOf(Check(), slot).state(), v1::READER_STATE_OK);
  }
}

// The contacts and the antenna of one card, in a reader that has both: one card to log in with.
TEST_F(HostileReaderTest, ACardAndItsContactlessTwinAreOneCard) {
  ASSERT_TRUE(StartService({"Dual"}));
  config_ = absl::StrCat("[catalogue]\nfiles = [\"",
                         cards_.Write("catalogue.toml", cards_.pki().CatalogueToml()), "\"]\n");
  for (const auto& [id, ca] : cards_.pki().NamedCas()) cards_.Write(absl::StrCat(id, ".pem"), ca->pem);
  const auto several = [](const v1::CheckResult& result) {
    return std::any_of(result.findings().begin(), result.findings().end(),
                       [](const v1::Finding& finding) { return finding.code() == "SEVERAL_CARDS"; });
  };
  StartAgent();
  for (const CardFamily family : kBothFamilies) {
    const TestCard card = cards_.Make(family);
    const TestCard twin = cards_.ContactlessTwin(card);
    const TestCard other = cards_.Make(family);
    Insert(0, card);
    Insert(1, twin);
    ASSERT_TRUE(AwaitCard(0, card));
    ASSERT_TRUE(AwaitCard(1, twin));
    EXPECT_FALSE(several(Check()));
    // Another person's card there instead, and it is told that there are two.
    Remove(1);
    ASSERT_TRUE(AwaitCheck([&](const v1::CheckResult& now) { return !ReaderOf(now, 1).has_card(); }));
    Insert(1, other);
    ASSERT_TRUE(AwaitCard(1, other));
    EXPECT_TRUE(several(Check()));
    for (const size_t slot : {0, 1}) {
      Remove(slot);
      ASSERT_TRUE(AwaitCheck([&](const v1::CheckResult& now) { return !ReaderOf(now, slot).has_card(); }));
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing
