// Cards of both families as people carry them, with certificates of their own.
#pragma once

#include <string>
#include <vector>

#include "agent/readers/reader_watch.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// A card, and what is right to tell of it.
struct TestCard {
  std::string name;  // "card 7"; no two cards share one, twins do
  std::string file;  // for PrivatePcscd::InsertCard
  CardFamily family = CardFamily::kUnknown;
  Bytes atr;
  Bytes serial;
  std::vector<std::string> certificates;  // SHA-256, lower-case hex, in reading order

  // CardId of the family and the serial.
  std::string id() const { return CardId(family, serial); }
};

inline constexpr CardFamily kBothFamilies[] = {CardFamily::kPkcs15, CardFamily::kIdPrime};

// Makes cards in a folder of its own that is gone with the object. Not thread-safe.
class TestCards {
 public:
  TestCards();
  ~TestCards();
  TestCards(const TestCards&) = delete;
  TestCards& operator=(const TestCards&) = delete;

  // A card like no other, of the usual ATR of its family, T=0: a login certificate and one for
  // signatures, valid for ever. `settings`: lines of card_image.h for the card as a whole.
  TestCard Make(CardFamily family, const std::string& settings = "");
  // The same card at its antenna: another ATR, T=1.
  TestCard ContactlessTwin(const TestCard& card);
  // A card without certificates; of its family and serial.
  TestCard MakeEmpty(CardFamily family);

  // What is shown: "" for no card, the name of the card made here that it is right in every
  // particular for, else what it says. A mix of two cards is no card's name.
  std::string Describe(const std::optional<ObservedCard>& shown) const;

  // A file in the folder; its path.
  std::string Write(const std::string& name, const std::string& text) const;
  const std::string& folder() const { return folder_; }
  const SithsLikePki& pki() const { return pki_; }

 private:
  TestCard New(CardFamily family);
  // Adds a certificate: its file's name.
  std::string Certificate(TestCard& card, CardCertificateKind kind);

  std::string folder_;
  SithsLikePki pki_;
  std::vector<TestCard> cards_;
  int serial_ = 0;
};

}  // namespace kortvakt::testing
