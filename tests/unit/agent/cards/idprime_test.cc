#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

const Bytes kIdPrimeIndex = {0x1D, 0x00, 0x01, 0x01};
constexpr size_t kIdPrimeIndexEntry = 21;

CardContents MustRead(DirectSession& session) {
  absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  for (const Bytes& command : session.card().commands()) EXPECT_TRUE(OnlyReads(command)) << UpperHex(command);
  return contents.value_or(CardContents{});
}

void ExpectReadsAll(const CardImage& image) {
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
  EXPECT_EQ(contents.family, CardFamily::kIdPrime);
  EXPECT_EQ(Ders(contents), FiveCertificates());
}

TEST(IdPrimeTest, ReadsPlainZlibAndGzipCertificatesWithTheFactsOfTheCard) {
  using Form = IdPrimeCertificate::Form;
  CardImage image = IdPrimeCard(FiveCertificates());
  image.idprime->certificates[1].form = Form::kZlib;
  image.idprime->certificates[2].form = Form::kGzip;
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
  EXPECT_EQ(Ders(contents), FiveCertificates());
  EXPECT_EQ(contents.serial, Bytes(16, 0x11));
  EXPECT_EQ(contents.freshness, (Bytes{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(contents.label, "SITHS e-id");
  EXPECT_EQ(contents.certificates[0].source, "kxc00");
}

TEST(IdPrimeTest, ReadsTheSameHoweverTheCardBehaves) {
  for (const PastEnd past_end : {PastEnd::kWrongLe, PastEnd::kShortOk, PastEnd::kWarning,
                                 PastEnd::kWrongLength, PastEnd::kWrongOffset}) {
    CardImage image = IdPrimeCard(FiveCertificates());
    image.past_end = past_end;
    ExpectReadsAll(image);
    image.t0 = false;
    ExpectReadsAll(image);
    image.extended_length = true;
    ExpectReadsAll(image);
    image.refuses_p2_0c = true;
    ExpectReadsAll(image);
    image.atr.assign(std::begin(kTeliaAtr), std::end(kTeliaAtr));
    ExpectReadsAll(image);
  }
}

TEST(IdPrimeTest, OrdersCertificatesByContainerAndPairsThemWithKeys) {
  CardImage image = IdPrimeCard(FiveCertificates());
  auto& certificates = image.idprime->certificates;
  certificates[0].name = "ksc03";
  certificates[3].name = "kxc03";
  certificates[4].name = "kxc00";
  certificates[1].key = false;
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  ASSERT_EQ(contents.certificates.size(), 5u);
  EXPECT_EQ(contents.certificates[0].source, "kxc00");
  EXPECT_EQ(contents.certificates[1].source, "kxc01");
  EXPECT_EQ(contents.certificates[3].source, "kxc03");
  EXPECT_EQ(contents.certificates[4].source, "ksc03");
  EXPECT_EQ(contents.certificates[1].key_presence, KeyPresence::kAbsent);
  EXPECT_EQ(contents.certificates[4].key_presence, KeyPresence::kPresent);
}

// Software differs in how it writes the number of a container: "0A" is 10, "10" may be 10
// or 16.
TEST(IdPrimeTest, ReadsCertificatesWhateverTheNumberInTheirName) {
  CardImage image = IdPrimeCard(FiveCertificates());
  auto& certificates = image.idprime->certificates;
  certificates[0].name = "kxc0A";
  certificates[1].name = "ksc0b";
  certificates[1].key = false;
  certificates[2].name = "kxc0F";  // the map has 15 containers
  certificates[3].name = "kxc10";
  certificates[3].key = false;
  certificates[4].name = "kxcroot1";
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(Ders(contents), FiveCertificates());
  std::vector<std::pair<std::string, KeyPresence>> keys;
  for (const CardCertificate& one : contents.certificates) keys.emplace_back(one.source, one.key_presence);
  EXPECT_THAT(keys, ::testing::ElementsAre(
                        std::pair("kxc0A", KeyPresence::kPresent), std::pair("ksc0b", KeyPresence::kAbsent),
                        std::pair("kxc0F", KeyPresence::kUnknown), std::pair("kxc10", KeyPresence::kUnknown),
                        std::pair("kxcroot1", KeyPresence::kUnknown)));
}

TEST(IdPrimeTest, TakesAKeyAsMissingOnlyWhereEveryNameOfTheFileSaysSo) {
  CardImage image = IdPrimeCard(FiveCertificates());
  image.idprime->certificates[0].key = false;
  Bytes index = FileOf(image, kIdPrimeIndex);
  // One more entry: the first certificate's file as the second's container.
  const auto entry = index.begin() + 1 + 5 * kIdPrimeIndexEntry;
  Bytes again(entry, entry + kIdPrimeIndexEntry);
  again[4 + 4] = '1';
  index[0] += 1;
  std::copy(again.begin(), again.end(), index.end() - kIdPrimeIndexEntry);
  SetFile(image, kIdPrimeIndex, index);
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(Ders(contents), FiveCertificates());
  EXPECT_EQ(contents.certificates[0].key_presence, KeyPresence::kPresent);
}

TEST(IdPrimeTest, PassesByAnIndexEntryOfZeros) {
  CardImage image = IdPrimeCard(FiveCertificates());
  Bytes index = FileOf(image, kIdPrimeIndex);
  const auto entry = index.begin() + 1 + 6 * kIdPrimeIndexEntry;
  std::fill(entry, entry + kIdPrimeIndexEntry, uint8_t{0});
  SetFile(image, kIdPrimeIndex, index);
  DirectSession session(image);
  std::vector<Bytes> others = FiveCertificates();
  others.erase(others.begin() + 1);
  EXPECT_EQ(Ders(MustRead(session)), others);
}

TEST(IdPrimeTest, ReadsFilesOfWhichTheIndexSaysTooLittle) {
  using Form = IdPrimeCertificate::Form;
  for (const Form form : {Form::kPlain, Form::kZlib, Form::kGzip}) {
    for (const bool t0 : {true, false}) {
      for (const size_t said : {0, 1, 3, 4, 100, 256, 300}) {
        CardImage image = IdPrimeCard(FiveCertificates());
        image.t0 = t0;
        image.idprime->certificates[1].form = form;
        Bytes index = FileOf(image, kIdPrimeIndex);
        const auto entry = index.begin() + 1 + 6 * kIdPrimeIndexEntry;
        entry[2] = static_cast<uint8_t>(said >> 8);
        entry[3] = static_cast<uint8_t>(said);
        SetFile(image, kIdPrimeIndex, index);
        DirectSession session(image);
        EXPECT_EQ(Ders(MustRead(session)), FiveCertificates()) << said;
      }
    }
  }
}

TEST(IdPrimeTest, NeedsNoContainerMap) {
  CardImage image = IdPrimeCard(FiveCertificates());
  image.idprime->container_map = false;
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(Ders(contents), FiveCertificates());
  EXPECT_EQ(contents.certificates[0].key_presence, KeyPresence::kUnknown);
}

// Not all software that writes certificates keeps the map.
TEST(IdPrimeTest, SaysNothingOfMissingKeysByAMapThatNamesNoKeyAtAll) {
  CardImage image = IdPrimeCard(FiveCertificates());
  for (IdPrimeCertificate& certificate : image.idprime->certificates) certificate.key = false;
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  ASSERT_EQ(contents.certificates.size(), 5u);
  for (const CardCertificate& certificate : contents.certificates) {
    EXPECT_EQ(certificate.key_presence, KeyPresence::kUnknown);
  }
  EXPECT_EQ(contents.private_keys, KeyPresence::kUnknown);
}

TEST(IdPrimeTest, SaysEmptyAndWhetherThereAreKeys) {
  DirectSession empty(IdPrimeCard({}));
  CardContents contents = MustRead(empty);
  EXPECT_EQ(contents.state, CardState::kEmpty);
  EXPECT_EQ(contents.detail, "the card's index names no certificate");
  EXPECT_EQ(contents.private_keys, KeyPresence::kAbsent);

  // The same with a key in container 2.
  CardImage image = IdPrimeCard({});
  CardFile map;
  map.path = {0x1D, 0x00, 0x02, 0x04};
  map.contents = Bytes(15 * 86, 0x00);
  map.contents[2 * 86 + 80] = 0x01;
  map.contents[2 * 86 + 85] = 0x08;
  image.files.push_back(map);
  DirectSession keys(image);
  contents = MustRead(keys);
  EXPECT_EQ(contents.state, CardState::kEmpty);
  EXPECT_EQ(contents.private_keys, KeyPresence::kPresent);

  image = IdPrimeCard({});
  image.idprime->container_map = false;
  DirectSession untold(image);
  EXPECT_EQ(MustRead(untold).private_keys, KeyPresence::kUnknown);
}

TEST(IdPrimeTest, NeedsNoMoreCommandsThanAMinimalReader) {
  size_t certificates = 0;
  for (const Bytes& der : FiveCertificates()) certificates += 1 + Reads(der.size());
  // Application, index, card id, freshness; and with the map of the keys off, only
  // the label beyond what a minimal reader reads.
  CardImage image = IdPrimeCard(FiveCertificates());
  image.idprime->container_map = false;
  DirectSession session(image);
  MustRead(session);
  EXPECT_LE(static_cast<double>(session.commands()),
            1.05 * static_cast<double>(certificates + 1 + 2 + 2 + 2 + 1));
  DirectSession with_keys(IdPrimeCard(FiveCertificates()));
  MustRead(with_keys);
  EXPECT_LE(with_keys.commands(), session.commands() + 3);
}

TEST(IdPrimeTest, KnowsAnUnchangedCardWithinSixCommandsAndNoticesEachChange) {
  const CardImage image = IdPrimeCard(FiveCertificates());
  DirectSession first(image);
  const CardContents before = MustRead(first);
  DirectSession again(image);
  EXPECT_EQ(Ders(*RefreshCard(again, Known(before))), FiveCertificates());
  EXPECT_LE(again.commands(), 6u);

  CardImage changed = image;
  changed.idprime->cardcf[2] ^= 1;
  changed.idprime->certificates.pop_back();
  DirectSession written(changed);
  EXPECT_EQ(RefreshCard(written, Known(before))->certificates.size(), 4u);

  CardImage other = image;
  other.idprime->card_id[0] ^= 1;
  other.idprime->certificates.pop_back();
  DirectSession swapped(other);
  EXPECT_EQ(RefreshCard(swapped, Known(before))->certificates.size(), 4u);
}

TEST(IdPrimeTest, ReadsRightWhenAnotherProgramSelectsElsewhereInBetween) {
  DirectSession session(IdPrimeCard(FiveCertificates()));
  session.set_interloper([](VirtualCard& card) {
    card.Transmit(Bytes{0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00});
  });
  EXPECT_EQ(Ders(MustRead(session)), FiveCertificates());
}

TEST(IdPrimeTest, ReadsACardOfBothFamiliesOnce) {
  CardImage image = IdPrimeCard(FiveCertificates());
  image.pkcs15 = Pkcs15Card(FiveCertificates()).pkcs15;
  ExpectReadsAll(image);
  image.atr.assign(std::begin(kTeliaAtr), std::end(kTeliaAtr));
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(contents.family, CardFamily::kPkcs15);
  EXPECT_EQ(Ders(contents), FiveCertificates());
}

}  // namespace
}  // namespace kortvakt::testing
