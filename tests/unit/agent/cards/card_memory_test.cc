// Cards that come back: what it costs to know them again, and that none is taken for another.
#include "agent/cards/card_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/pki/test_pki.h"
#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

constexpr size_t kMostCommands = 6;  // of an unchanged card

absl::Time Today() { return absl::FromUnixSeconds(1'795'338'000); }  // 2026-11-22T09:00:00Z

// What the card is, from a reading of its own.
CardContents Truth(const CardImage& image) {
  DirectSession session(image);
  const absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.value_or(CardContents{});
}

size_t CommandsOfAFirstReading(const CardImage& image) {
  DirectSession session(image);
  EXPECT_TRUE(ReadCard(session).ok());
  return session.commands();
}

// Puts cards into readers, one after the other, as the agent handles them.
class Desk {
 public:
  // Commands that the card took, by its own count. Whatever was known of it and of others,
  // it is found as what it is.
  size_t Insert(const CardImage& image, absl::Time now = Today()) {
    DirectSession session(image);
    const KnownCards known = memory_.Find(session.atr(), now);
    const absl::StatusOr<CardContents> contents =
        known.empty() ? ReadCard(session) : RefreshCard(session, known);
    EXPECT_TRUE(contents.ok()) << contents.status();
    if (!contents.ok()) return 0;
    const CardContents truth = Truth(image);
    EXPECT_EQ(contents->state, truth.state);
    EXPECT_EQ(contents->serial, truth.serial);
    EXPECT_EQ(contents->label, truth.label);
    EXPECT_EQ(Ders(*contents), Ders(truth));
    for (const Bytes& command : session.card().commands()) EXPECT_TRUE(OnlyReads(command));
    memory_.Keep(session.atr(), *contents);
    return session.commands();
  }
  CardMemory& memory() { return memory_; }

 private:
  CardMemory memory_;
};

// A card of its own chip and its own certificates.
CardImage NumberedPkcs15(uint8_t number, size_t certificates = 3) {
  std::vector<Bytes> ders;
  for (uint32_t i = 0; i < certificates; ++i) ders.push_back(FakeCertificate(700 + i, number * 16u + i));
  CardImage image = Pkcs15Card(ders);
  image.pkcs15->serial.back() = number;
  return image;
}

CardImage NumberedIdPrime(uint8_t number, size_t certificates = 3) {
  CardImage image = IdPrimeCard(Ders(Truth(NumberedPkcs15(number, certificates))));
  image.idprime->card_id = Bytes(16, number);
  return image;
}

struct Ward {
  std::string name;
  std::vector<CardImage> cards;  // of one answer to reset
};

// Cards of one kind that differ in all that cards of one kind may differ in.
std::vector<Ward> Wards() {
  std::vector<Ward> wards;
  const auto add = [&wards](std::string name, const std::function<CardImage(uint8_t)>& make) {
    Ward& ward = wards.emplace_back();
    ward.name = std::move(name);
    for (uint8_t number = 1; number <= 5; ++number) ward.cards.push_back(make(number));
  };
  add("PKCS#15", [](uint8_t n) { return NumberedPkcs15(n); });
  add("PKCS#15, one certificate more on each", [](uint8_t n) { return NumberedPkcs15(n, n); });
  add("PKCS#15, labels of many lengths", [](uint8_t n) {
    CardImage image = NumberedPkcs15(n);
    image.pkcs15->label = std::string(5u * n, 'L');
    return image;
  });
  add("PKCS#15, one batch: the same directories", [](uint8_t n) {
    CardImage image = NumberedPkcs15(1);
    image.pkcs15->serial.back() = n;
    return image;
  });
  add("PKCS#15, T=1", [](uint8_t n) {
    CardImage image = NumberedPkcs15(n);
    image.t0 = false;
    return image;
  });
  add("PKCS#15, T=1, extended length", [](uint8_t n) {
    CardImage image = NumberedPkcs15(n);
    image.t0 = false;
    image.extended_length = true;
    return image;
  });
  add("PKCS#15, files with room", [](uint8_t n) {
    CardImage image = NumberedPkcs15(n);
    image.pkcs15->file_size = 1024;
    return image;
  });
  add("PKCS#15, some cards known by their directories alone", [](uint8_t n) {
    // Identifiers that are their keys' SHA-1 digests, and labels that make the directory long.
    CardImage image = NumberedPkcs15(n, 0);
    for (uint8_t i = 0; i < 5; ++i) {
      Pkcs15Certificate certificate;
      certificate.id = Sha256(Bytes{n, i});
      certificate.id.resize(20);
      Bytes body = {0x06, 0x03, 0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14};
      body.insert(body.end(), certificate.id.begin(), certificate.id.end());
      certificate.der = Der(0x30, body);
      certificate.label = std::string(n % 2 == 0 ? 60 : 5, 'L');
      image.pkcs15->certificates.push_back(certificate);
    }
    return image;
  });
  add("PKCS#15, relative paths", [](uint8_t n) {
    CardImage image = NumberedPkcs15(n, 2);
    image.pkcs15->absolute_paths = false;
    image.pkcs15->df = {0x4A, 0x01};
    return image;
  });
  add("IDPrime", [](uint8_t n) { return NumberedIdPrime(n, n); });
  add("IDPrime, T=1", [](uint8_t n) {
    CardImage image = NumberedIdPrime(n, n);
    image.t0 = false;
    return image;
  });
  add("IDPrime and PKCS#15 with one answer to reset", [](uint8_t n) {
    CardImage image = n % 2 == 0 ? NumberedIdPrime(n) : NumberedPkcs15(n);
    image.atr = {0x3B, 0x00};
    return image;
  });
  return wards;
}

TEST(CardMemoryTest, CardsThatTakeTurnsInAReaderCostAtMostSixCommandsEach) {
  for (const Ward& ward : Wards()) {
    SCOPED_TRACE(ward.name);
    Desk desk;
    for (const CardImage& card : ward.cards) desk.Insert(card);
    for (int round = 0; round < 2; ++round) {
      for (const CardImage& card : ward.cards) EXPECT_LE(desk.Insert(card), kMostCommands);
    }
    for (const size_t turn : {0, 1, 0, 1, 0}) EXPECT_LE(desk.Insert(ward.cards[turn]), kMostCommands);
  }
}

TEST(CardMemoryTest, ACardCostsAtMostSixCommandsInAReaderOfAnotherProtocolToo) {
  for (CardImage card : {NumberedPkcs15(1), NumberedIdPrime(1)}) {
    Desk desk;
    desk.Insert(card);
    card.t0 = false;
    EXPECT_LE(desk.Insert(card), kMostCommands);
    card.t0 = true;
    EXPECT_LE(desk.Insert(card), kMostCommands);
  }
}

TEST(CardMemoryTest, AnotherCardOfTheSameKindIsReadInFullAfterAShortLook) {
  for (const Ward& ward : Wards()) {
    SCOPED_TRACE(ward.name);
    Desk desk;
    for (size_t i = 0; i + 1 < ward.cards.size(); ++i) desk.Insert(ward.cards[i]);
    EXPECT_LE(desk.Insert(ward.cards.back()), CommandsOfAFirstReading(ward.cards.back()) + kMostCommands);
  }
}

TEST(CardMemoryTest, ACardThatIsReissuedInPlaceIsReadInFull) {
  CardImage pkcs15 = NumberedPkcs15(1);
  CardImage idprime = NumberedIdPrime(1);
  Desk desk;
  desk.Insert(pkcs15);
  desk.Insert(idprime);
  // Token information, and so lastUpdate, as it was.
  pkcs15.pkcs15->certificates[1].der = FakeCertificate(800, 90);
  pkcs15.pkcs15->certificates[1].id = {0x01, 0x99};
  EXPECT_GE(desk.Insert(pkcs15), CommandsOfAFirstReading(pkcs15));
  idprime.idprime->certificates[1].der = FakeCertificate(800, 90);
  ++idprime.idprime->cardcf[2];
  EXPECT_GE(desk.Insert(idprime), CommandsOfAFirstReading(idprime));
  EXPECT_LE(desk.Insert(pkcs15), kMostCommands);
  EXPECT_LE(desk.Insert(idprime), kMostCommands);
}

TEST(CardMemoryTest, TwoCardsThatSayOneSerialAreToldApartByTheirFreshness) {
  CardImage pkcs15 = NumberedPkcs15(2, 4);
  pkcs15.pkcs15->serial = NumberedPkcs15(1).pkcs15->serial;
  CardImage idprime = NumberedIdPrime(2, 4);
  idprime.idprime->card_id = NumberedIdPrime(1).idprime->card_id;
  idprime.idprime->cardcf[4] = 9;
  Desk desk;
  for (int turn = 0; turn < 2; ++turn) {
    for (const CardImage& card : {NumberedPkcs15(1), pkcs15, NumberedIdPrime(1), idprime}) {
      EXPECT_GE(desk.Insert(card), CommandsOfAFirstReading(card));
    }
  }
}

TEST(CardMemoryTest, CardsThatWereNeverGivenANumberAreNotTakenForOneAnother) {
  for (const uint8_t blank : {uint8_t{0x00}, uint8_t{0xFF}}) {
    for (const auto& number : {NumberedPkcs15, NumberedIdPrime}) {
      Desk desk;
      for (const uint8_t n : {uint8_t{1}, uint8_t{2}, uint8_t{1}}) {
        CardImage card = number(n, 3);  // of one batch: the same directories and counters
        if (card.pkcs15) card.pkcs15->serial.assign(8, blank);
        if (card.idprime) card.idprime->card_id.assign(16, blank);
        EXPECT_EQ(desk.Insert(card), CommandsOfAFirstReading(card));
        EXPECT_TRUE(Truth(card).serial.empty());
        EXPECT_TRUE(desk.memory().Find(card.atr, Today()).empty());
      }
    }
  }
}

TEST(CardMemoryTest, ACardThatTellsLittleOfItselfIsNeverTakenForAnother) {
  for (const auto& [id, counters] :
       {std::pair(size_t{1}, size_t{1}), {size_t{1}, size_t{6}}, {size_t{16}, size_t{1}}}) {
    CardImage odd = NumberedIdPrime(1);
    const CardImage genuine = NumberedIdPrime(2);
    odd.idprime->card_id.assign(genuine.idprime->card_id.begin(),
                                genuine.idprime->card_id.begin() + static_cast<ptrdiff_t>(id));
    odd.idprime->cardcf.assign(genuine.idprime->cardcf.begin(),
                               genuine.idprime->cardcf.begin() + static_cast<ptrdiff_t>(counters));
    Desk desk;
    desk.Insert(odd);
    EXPECT_TRUE(desk.memory().Find(odd.atr, Today()).empty());
    desk.Insert(genuine);
  }
}

TEST(CardMemoryTest, ACardThatGetsItsFirstCertificatesIsReadInFull) {
  for (const auto& number : {NumberedIdPrime, NumberedPkcs15}) {
    CardImage filled = number(1, 2);
    CardImage empty = filled;
    if (empty.idprime) empty.idprime->certificates.clear();
    if (empty.pkcs15) empty.pkcs15->certificates.clear();
    Desk desk;
    desk.Insert(empty);
    EXPECT_TRUE(desk.memory().Find(empty.atr, Today()).empty());
    desk.Insert(filled);
  }
}

TEST(CardMemoryTest, ACardThatMayBeEitherOfTwoIsReadInFull) {
  const CardImage card = NumberedPkcs15(1);
  const CardContents known = Truth(card);
  CardContents other = known;
  other.serial.back() ^= 1;
  other.certificates.pop_back();
  KnownCards both = Known(known);
  both.push_back(Known(other)[0]);
  DirectSession session(card);
  const absl::StatusOr<CardContents> contents = RefreshCard(session, both);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(Ders(*contents), Ders(known));
  EXPECT_GE(session.commands(), CommandsOfAFirstReading(card));
}

TEST(CardMemoryTest, ALookThatGoesWrongAtAnyCommandNeverShowsAnotherCardsCertificates) {
  for (const CardImage& card : {NumberedPkcs15(1), NumberedIdPrime(1)}) {
    Desk desk;
    desk.Insert(card);
    CardImage other = card.pkcs15 ? NumberedPkcs15(2) : NumberedIdPrime(2);
    desk.Insert(other);
    const KnownCards known = desk.memory().Find(card.atr, Today());
    ASSERT_EQ(known.size(), 2u);
    for (size_t at = 0; at < kMostCommands; ++at) {
      for (const Bytes& answer : {Bytes{0x6A, 0x82}, Bytes{0x90, 0x00}, Bytes{0x61, 0x00},
                                  Bytes{0x30, 0x90, 0x00}, Bytes{}, Bytes(300, 0x30)}) {
        CardImage lying = card;
        lying.faults.push_back({at, 1, answer});
        DirectSession session(lying);
        const absl::StatusOr<CardContents> contents = RefreshCard(session, known);
        if (!contents.ok()) continue;
        EXPECT_TRUE(contents->serial.empty() || contents->serial == Truth(card).serial) << at;
        for (const Bytes& der : Ders(*contents))
          EXPECT_THAT(Ders(Truth(card)), ::testing::Contains(der)) << at;
      }
      DirectSession pulled(card);
      pulled.LoseCardAt(at);
      const absl::StatusOr<CardContents> contents = RefreshCard(pulled, known);
      EXPECT_EQ(contents.ok(), at >= 5u) << at;
    }
  }
}

TEST(CardMemoryTest, KeepsTheCardsOfADayAndForgetsTheOneSeenLongestAgo) {
  Desk desk;
  std::vector<CardImage> cards;
  for (uint8_t number = 0; number < CardMemory::kMostCards; ++number)
    cards.push_back(NumberedPkcs15(number, 1));
  for (const CardImage& card : cards) desk.Insert(card);
  EXPECT_LE(desk.Insert(cards[0]), kMostCommands);
  // Nothing of what is forgotten stays in memory.
  std::weak_ptr<const CardContents> second;
  for (const KnownCard& known : desk.memory().Find(cards[1].atr, Today())) {
    if (known->serial == cards[1].pkcs15->serial) second = known;
  }
  ASSERT_FALSE(second.expired());
  desk.Insert(NumberedPkcs15(200, 1));
  EXPECT_TRUE(second.expired());
  EXPECT_EQ(desk.memory().Find(cards[0].atr, Today()).size(), CardMemory::kMostCards);
  EXPECT_LE(desk.Insert(cards[0]), kMostCommands);
  EXPECT_LE(desk.Insert(cards[2]), kMostCommands);
  EXPECT_GE(desk.Insert(cards[1]), CommandsOfAFirstReading(cards[1]));
}

TEST(CardMemoryTest, KeepsNoMoreBytesThanItMay) {
  CardMemory memory;
  CardContents contents = Truth(NumberedPkcs15(1, 1));
  const Bytes atr = CardImage().atr;
  const auto keep = [&](uint8_t number, size_t bytes) {
    contents.serial.back() = number;
    contents.certificates[0].der = FakeCertificate(bytes, number);
    memory.Keep(atr, contents);
    return memory.Find(atr, Today()).size();
  };
  for (uint8_t number = 1; number <= 3; ++number) EXPECT_EQ(keep(number, 300'000), number);
  EXPECT_EQ(keep(4, 300'000), 3u);
  // One that would leave no room for any other is not kept, nor what was known of it.
  EXPECT_EQ(keep(4, CardMemory::kMostBytes), 2u);
  EXPECT_EQ(keep(5, 900'000), 1u);
}

TEST(CardMemoryTest, ACardThatIsDueForRenewalIsReadInFullAtEachInsertion) {
  const SithsLikePki pki;
  const auto card = [&pki](absl::Duration left) {
    CardImage image = NumberedPkcs15(1, 0);
    for (const absl::Duration time : {absl::Hours(24 * 900), left}) {
      Pkcs15Certificate certificate;
      certificate.der = pki.PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication,
                                              Person(), Today() - absl::Hours(24 * 900), Today() + time, "1")
                            .der;
      certificate.id = {static_cast<uint8_t>(image.pkcs15->certificates.size())};
      image.pkcs15->certificates.push_back(certificate);
    }
    return image;
  };
  Desk desk;
  const CardImage in_time = card(absl::Hours(24 * 57));
  desk.Insert(in_time);
  EXPECT_LE(desk.Insert(in_time), kMostCommands);
  EXPECT_LE(desk.Insert(in_time, Today() + absl::Hours(24) - absl::Seconds(1)), kMostCommands);
  EXPECT_EQ(desk.Insert(in_time, Today() + absl::Hours(24)), CommandsOfAFirstReading(in_time));
  for (const absl::Duration left : {absl::Hours(24 * 56), -absl::Hours(24)}) {
    const CardImage due = card(left);
    desk = Desk();
    for (int turn = 0; turn < 3; ++turn) EXPECT_GE(desk.Insert(due), CommandsOfAFirstReading(due));
  }
}

TEST(CardMemoryTest, ACardThatAlsoHoldsTheCertificateOfItsCaCostsAtMostSixCommands) {
  const SithsLikePki pki;
  const Bytes own = pki.PersonCertificate(PersonCa::kHsaId3, CardCertificateKind::kAuthentication, Person(),
                                          Today() - absl::Hours(24), Today() + absl::Hours(24 * 900), "1")
                        .der;
  for (CardImage card : {Pkcs15Card({own, pki.root().der}), IdPrimeCard({own, pki.root().der})}) {
    const auto key_of = [&card](size_t number) -> bool& {
      return card.pkcs15 ? card.pkcs15->certificates[number].key : card.idprime->certificates[number].key;
    };
    key_of(1) = false;
    Desk desk;
    desk.Insert(card);
    EXPECT_EQ(Truth(card).certificates[1].key_presence, KeyPresence::kAbsent);
    EXPECT_LE(desk.Insert(card), kMostCommands);
    // A key of the holder's may still come.
    key_of(1) = true;
    key_of(0) = false;
    desk = Desk();
    desk.Insert(card);
    EXPECT_EQ(desk.Insert(card), CommandsOfAFirstReading(card));
  }
}

TEST(CardMemoryTest, ACardWithoutASerialOrThatCouldNotBeReadIsNeverKept) {
  CardImage no_token_info = NumberedPkcs15(1);
  no_token_info.pkcs15->token_info = false;
  CardImage no_card_id = NumberedIdPrime(1);
  CardFile refused;
  refused.path = {0x1D, 0x00, 0x02, 0x01};
  refused.read_status = 0x6982;
  no_card_id.files.push_back(refused);
  CardImage half_read = NumberedPkcs15(2);
  refused.path = {0x50, 0x15, 0x46, 0x02};
  half_read.files.push_back(refused);
  for (const CardImage& card : {no_token_info, no_card_id, half_read, CardImage()}) {
    Desk desk;
    desk.Insert(card);
    EXPECT_TRUE(desk.memory().Find(card.atr, Today()).empty());
    EXPECT_EQ(desk.Insert(card), CommandsOfAFirstReading(card));
  }
}

// A contactless side may show fewer certificates than the contacts do.
TEST(CardMemoryTest, ACardIsNotKnownByAnotherAnswerToReset) {
  Desk desk;
  CardImage card = NumberedIdPrime(1);
  desk.Insert(card);
  card.atr = {0x3B, 0x80, 0x80, 0x01, 0x01};
  card.idprime->certificates.pop_back();
  EXPECT_GE(desk.Insert(card), CommandsOfAFirstReading(card));
  EXPECT_LE(desk.Insert(card), kMostCommands);
  EXPECT_LE(desk.Insert(NumberedIdPrime(1)), kMostCommands);
}

}  // namespace
}  // namespace kortvakt::testing
