// What becomes of a reading when something happens in the middle of it. Cards whose
// contents are wrong: tests/unit/agent/readers/hostile_cards_test.cc.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

TEST(CardFaultsTest, ACardThatVanishesAtAnyCommandIsAnErrorAndNeverAPartOfACard) {
  for (const CardImage& image : {Pkcs15Card(FiveCertificates()), IdPrimeCard(FiveCertificates())}) {
    DirectSession whole(image);
    ASSERT_TRUE(ReadCard(whole).ok());
    for (size_t at = 0; at < whole.commands(); ++at) {
      DirectSession session(image);
      session.LoseCardAt(at);
      EXPECT_TRUE(absl::IsUnavailable(ReadCard(session).status())) << at;
    }
  }
}

TEST(CardFaultsTest, AFaultAtAnyCommandNeverGivesAWrongCertificate) {
  const std::vector<Bytes> five = FiveCertificates();
  const std::vector<Bytes> answers = {{0x6F, 0x00}, {0x90, 0x00},    {0x90},       {0x6A, 0x82},
                                      {0x67, 0x00}, {0x6B, 0x00},    {0x62, 0x82}, {0x61, 0x00},
                                      {0x6C, 0x01}, Bytes(130, 0x90)};
  for (const CardImage& original : {Pkcs15Card(five), IdPrimeCard(five)}) {
    DirectSession whole(original);
    ASSERT_TRUE(ReadCard(whole).ok());
    for (size_t at = 0; at < whole.commands(); ++at) {
      for (const Bytes& answer : answers) {
        CardImage image = original;
        image.faults.push_back({at, 1, answer});
        DirectSession session(image);
        const absl::StatusOr<CardContents> contents = ReadCard(session);
        ASSERT_TRUE(contents.ok()) << contents.status();
        EXPECT_LT(session.commands(), 1000u);
        // A card that answers noise where a certificate's bytes belong cannot be told
        // from one that holds noise; every other answer must not change a byte.
        if (answer.size() > 2) continue;
        // Nor one that says it selected a file and did not.
        const bool select = whole.card().commands()[at][1] == 0xA4;
        if (select && (answer[0] == 0x90 || answer[0] == 0x62)) continue;
        for (const Bytes& der : Ders(*contents)) {
          EXPECT_NE(std::find(five.begin(), five.end(), der), five.end()) << at << " " << UpperHex(answer);
        }
        if (contents->certificates.size() < 5) {
          EXPECT_NE(contents->state, CardState::kRead) << at << " " << UpperHex(answer);
        }
      }
    }
  }
}

TEST(CardFaultsTest, ACardThatNeverAnswersOrUsesUpTheBudgetIsAnError) {
  for (const size_t at : {size_t{0}, size_t{9}, size_t{20}}) {
    CardImage image = Pkcs15Card(FiveCertificates());
    image.faults.push_back({at, 0, {}});
    DirectSession mute(image);
    EXPECT_TRUE(absl::IsDeadlineExceeded(ReadCard(mute).status()));
    DirectSession busy(Pkcs15Card(FiveCertificates()));
    busy.set_budget({.commands = at + 1});
    EXPECT_TRUE(absl::IsResourceExhausted(ReadCard(busy).status()));
  }
}

}  // namespace
}  // namespace kortvakt::testing
