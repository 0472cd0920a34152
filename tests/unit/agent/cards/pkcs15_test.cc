#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

CardContents MustRead(DirectSession& session) {
  absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  for (const Bytes& command : session.card().commands()) EXPECT_TRUE(OnlyReads(command)) << UpperHex(command);
  return contents.value_or(CardContents{});
}

void ExpectReadsAll(const CardImage& image, const std::vector<Bytes>& expected) {
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
  EXPECT_EQ(contents.family, CardFamily::kPkcs15);
  EXPECT_EQ(Ders(contents), expected);
  EXPECT_EQ(contents.unreadable_certificates, 0u);
}

TEST(Pkcs15Test, ReadsEveryCertificateByteForByteWithTheFactsOfTheCard) {
  DirectSession session(Pkcs15Card(FiveCertificates()));
  const CardContents contents = MustRead(session);
  EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
  EXPECT_EQ(Ders(contents), FiveCertificates());
  EXPECT_EQ(contents.serial, (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(contents.label, "SITHS e-id");
  EXPECT_EQ(contents.manufacturer, "Example Cards AB");
  EXPECT_EQ(contents.certificates[0].source, "EF 50154601");
  for (const auto& certificate : contents.certificates) {
    EXPECT_EQ(certificate.key_presence, KeyPresence::kPresent);
  }
}

TEST(Pkcs15Test, ReadsTheSameHoweverTheCardAnswersPastTheEnd) {
  for (const PastEnd past_end : {PastEnd::kWrongLe, PastEnd::kShortOk, PastEnd::kWarning,
                                 PastEnd::kWrongLength, PastEnd::kWrongOffset}) {
    for (const bool t0 : {true, false}) {
      for (const size_t padded : {size_t{0}, size_t{2048}}) {
        CardImage image = Pkcs15Card(FiveCertificates());
        image.past_end = past_end;
        image.t0 = t0;
        image.pkcs15->file_size = padded;
        SCOPED_TRACE(static_cast<int>(past_end));
        ExpectReadsAll(image, FiveCertificates());
      }
    }
  }
}

TEST(Pkcs15Test, ReadsCardsOfEveryLayout) {
  const auto variant = [](auto change) {
    CardImage image = Pkcs15Card(FiveCertificates());
    change(image);
    ExpectReadsAll(image, FiveCertificates());
  };
  using EfDir = Pkcs15Image::EfDir;
  variant([](CardImage& i) { i.refuses_p2_0c = true; });
  variant([](CardImage& i) { i.pkcs15->absolute_paths = false; });
  variant([](CardImage& i) { i.pkcs15->token_info = false; });
  variant([](CardImage& i) { i.pkcs15->padding = 0x00, i.pkcs15->file_size = 4096; });
  variant([](CardImage& i) { i.pkcs15->select_by_aid = false; });
  variant([](CardImage& i) { i.pkcs15->select_by_aid = false, i.pkcs15->ef_dir = EfDir::kAbsent; });
  variant([](CardImage& i) {
    i.pkcs15->select_by_aid = false;
    i.pkcs15->ef_dir = EfDir::kRecord;
    i.pkcs15->df = {0x4A, 0x01};
  });
  variant([](CardImage& i) {  // found through the selected application alone
    i.pkcs15->absolute_paths = false;
    i.pkcs15->df = {0x4A, 0x01};
  });
  variant([](CardImage& i) {  // ESIGN
    i.pkcs15->aid = {0xA0, 0x00, 0x00, 0x01, 0x67, 0x45, 0x53, 0x49, 0x47, 0x4E};
    i.pkcs15->df = {0x4A, 0x01};
  });
  variant([](CardImage& i) { i.t0 = false, i.extended_length = true; });
  variant([](CardImage& i) { i.t0 = false, i.largest_answer = 100; });
  variant([](CardImage& i) { i.atr.assign(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr)); });
}

TEST(Pkcs15Test, ReadsTrustedAndUsefulDirectoriesWindowsAndDirectCertificates) {
  CardImage image = Pkcs15Card(FiveCertificates());
  image.pkcs15->certificates[1].directory = Pkcs15Certificate::Directory::kTrusted;
  image.pkcs15->certificates[4].directory = Pkcs15Certificate::Directory::kUseful;
  image.pkcs15->certificates[2].form = Pkcs15Certificate::Form::kWindow;
  image.pkcs15->certificates[3].form = Pkcs15Certificate::Form::kWindow;
  image.pkcs15->certificates[0].form = Pkcs15Certificate::Form::kDirect;
  const std::vector<Bytes> all = FiveCertificates();
  ExpectReadsAll(image, {all[0], all[2], all[3], all[1], all[4]});
}

TEST(Pkcs15Test, TellsWhichCertificatesHaveNoKey) {
  CardImage image = Pkcs15Card(FiveCertificates());
  image.pkcs15->certificates[3].key = false;
  DirectSession session(image);
  const CardContents contents = MustRead(session);
  ASSERT_EQ(contents.certificates.size(), 5u);
  EXPECT_EQ(contents.certificates[2].key_presence, KeyPresence::kPresent);
  EXPECT_EQ(contents.certificates[3].key_presence, KeyPresence::kAbsent);
}

// The keys of PIN 1 and of PIN 2 may stand in directories of their own.
TEST(Pkcs15Test, SaysNothingOfMissingKeysWhereOneKeyDirectoryCannotBeRead) {
  const Bytes second_directory = {0x50, 0x15, 0x44, 0x22};
  CardImage image = Pkcs15Card(FiveCertificates());
  image.pkcs15->certificates[3].key = false;
  CardFile odf;
  for (const CardFile& file : FilesOf(image)) {
    if (file.path == Bytes{0x50, 0x15, 0x50, 0x31}) odf = file;
  }
  const Bytes entry = Der(0xA0, Der(0x30, Der(0x04, Bytes{0x3F, 0x00, 0x50, 0x15, 0x44, 0x22})));
  odf.contents.insert(odf.contents.end(), entry.begin(), entry.end());
  image.files.push_back(odf);
  CardFile keys;
  keys.path = second_directory;
  const auto fourth = [&](const CardFile& directory) {
    CardImage card = image;
    if (!directory.path.empty()) card.files.push_back(directory);
    DirectSession session(card);
    const CardContents contents = MustRead(session);
    EXPECT_EQ(contents.certificates.size(), 5u);
    EXPECT_EQ(contents.certificates[0].key_presence, KeyPresence::kPresent);
    EXPECT_EQ(contents.private_keys, KeyPresence::kPresent);
    return contents.certificates[3].key_presence;
  };
  EXPECT_EQ(fourth(keys), KeyPresence::kAbsent);         // read, and empty
  EXPECT_EQ(fourth(CardFile()), KeyPresence::kUnknown);  // not there
  keys.contents = Bytes(90, 0x41);
  EXPECT_EQ(fourth(keys), KeyPresence::kUnknown);  // noise
  keys.contents = Bytes(90, 0xFF);
  EXPECT_EQ(fourth(keys), KeyPresence::kAbsent);  // padding
  keys.read_status = 0x6982;
  EXPECT_EQ(fourth(keys), KeyPresence::kUnknown);  // refused
}

TEST(Pkcs15Test, ReadsLongCertificatesAlsoBeyondTheReachOfShortOffsets) {
  std::vector<Bytes> certificates;
  for (const size_t size : {100, 255, 256, 257, 5000, 20000, 33500, 60000}) {
    certificates.push_back(FakeCertificate(size, static_cast<uint32_t>(size)));
  }
  for (const bool t0 : {true, false}) {
    CardImage image = Pkcs15Card(certificates);
    image.t0 = t0;
    ExpectReadsAll(image, certificates);
  }
}

TEST(Pkcs15Test, ReadsTwoHundredCertificates) {
  std::vector<Bytes> certificates;
  for (uint32_t i = 0; i < 200; ++i) certificates.push_back(FakeCertificate(1500, i));
  ExpectReadsAll(Pkcs15Card(certificates), certificates);
}

TEST(Pkcs15Test, SaysEmptyWhenTheDirectoriesNameNoCertificate) {
  for (const size_t size : {0, 256}) {
    for (const uint8_t padding : {0x00, 0xFF}) {
      CardImage image = Pkcs15Card({});
      image.pkcs15->file_size = size;
      image.pkcs15->padding = padding;
      DirectSession session(image);
      const CardContents contents = MustRead(session);
      EXPECT_EQ(contents.state, CardState::kEmpty) << contents.detail;
      EXPECT_THAT(contents.detail, HasSubstr("name no certificate"));
      EXPECT_EQ(contents.private_keys, KeyPresence::kAbsent);
      EXPECT_FALSE(contents.serial.empty());
    }
  }
}

TEST(Pkcs15Test, NeedsNoMoreCommandsThanAMinimalReader) {
  // One SELECT of the application; of each of four directory files a SELECT, its
  // reads and (T=0) the repeat that 6Cxx asks for; of each certificate a SELECT and
  // its reads.
  size_t certificates = 0;
  for (const Bytes& der : FiveCertificates()) certificates += 1 + Reads(der.size());
  DirectSession session(Pkcs15Card(FiveCertificates()));
  MustRead(session);
  const size_t directories = 1 + 4 * 3 + /* EF.PrKDF of more than 256 bytes */ 1;
  EXPECT_LE(static_cast<double>(session.commands()), 1.05 * static_cast<double>(certificates + directories));
  EXPECT_LE(session.longest_transaction(), 10u);

  CardImage extended = Pkcs15Card(FiveCertificates());
  extended.t0 = false;
  extended.extended_length = true;
  DirectSession fast(extended);
  MustRead(fast);
  EXPECT_EQ(fast.commands(), 1u + 4 * 2 + 5 * 2);
}

TEST(Pkcs15Test, KeepsTransactionsShortWhenTheCardGivesFewBytesAtATime) {
  CardImage image = Pkcs15Card(FiveCertificates());
  image.t0 = false;
  image.largest_answer = 32;
  DirectSession session(image);
  EXPECT_EQ(Ders(MustRead(session)), FiveCertificates());
  EXPECT_LE(session.longest_transaction(), 26u);
}

TEST(Pkcs15Test, KnowsAnUnchangedCardWithinSixCommandsAndNoticesEachChange) {
  const CardImage image = Pkcs15Card(FiveCertificates());
  DirectSession first(image);
  const CardContents before = MustRead(first);
  DirectSession again(image);
  absl::StatusOr<CardContents> same = RefreshCard(again, Known(before));
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(Ders(*same), FiveCertificates());
  EXPECT_LE(again.commands(), 6u);

  CardImage other_chip = image;
  other_chip.pkcs15->serial.back() ^= 1;
  DirectSession swapped(other_chip);
  EXPECT_EQ(RefreshCard(swapped, Known(before))->serial.back(), 9);

  CardImage more = image;
  more.pkcs15->certificates.push_back(more.pkcs15->certificates[0]);
  more.pkcs15->certificates.back().der = FakeCertificate(900, 77);
  DirectSession renewed(more);
  EXPECT_EQ(RefreshCard(renewed, Known(before))->certificates.size(), 6u);

  DirectSession other_family(IdPrimeCard(FiveCertificates()));
  EXPECT_EQ(RefreshCard(other_family, Known(before))->family, CardFamily::kIdPrime);
}

TEST(Pkcs15Test, ReadsRightWhenAnotherProgramSelectsElsewhereInBetween) {
  for (const bool absolute : {true, false}) {
    CardImage image = Pkcs15Card(FiveCertificates());
    image.pkcs15->absolute_paths = absolute;
    if (!absolute) image.pkcs15->df = {0x4A, 0x01};
    DirectSession session(image);
    session.set_interloper([](VirtualCard& card) {
      card.Transmit(Bytes{0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00});
    });
    EXPECT_EQ(Ders(MustRead(session)), FiveCertificates());
  }
}

}  // namespace
}  // namespace kortvakt::testing
