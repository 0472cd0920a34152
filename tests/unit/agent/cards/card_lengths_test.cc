// Cards and readers that give fewer bytes at once than they are asked for, or refuse to be asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

Bytes Status(uint16_t sw) { return {static_cast<uint8_t>(sw >> 8), static_cast<uint8_t>(sw)}; }

// Expects all of `expected` from the card; returns what it cost.
size_t Read(const CardImage& image, const std::vector<Bytes>& expected) {
  DirectSession session(image);
  const absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  if (!contents.ok()) return 0;
  EXPECT_EQ(contents->state, CardState::kRead) << contents->detail;
  EXPECT_EQ(Ders(*contents), expected);
  return session.commands();
}

CardImage T1Card(const std::vector<Bytes>& certificates) {
  CardImage image = Pkcs15Card(certificates);
  image.t0 = false;
  return image;
}

TEST(CardLengthsTest, ReadsShortWhereExtendedLengthIsRefusedInWhateverWay) {
  for (CardImage image : {T1Card(FiveCertificates()), IdPrimeCard(FiveCertificates())}) {
    image.t0 = false;
    const size_t in_short = Read(image, FiveCertificates());
    image.extended_length = true;
    for (const uint16_t sw :
         {0x6700, 0x6D00, 0x6E00, 0x6F00, 0x6A86, 0x6883, 0x6B00, 0x6982, 0x6282, 0x9000}) {
      SCOPED_TRACE(UpperHex(Status(sw)));
      image.hook = [sw](size_t, ByteView command) -> std::optional<Bytes> {
        if (command.size() != 7 || command[1] != 0xB0) return std::nullopt;
        return Status(sw);
      };
      EXPECT_EQ(Read(image, FiveCertificates()), in_short + 1);
    }
    // The answer to 6C00 brings 256 bytes: it does not take long to see that it brings no more.
    image.hook = [](size_t, ByteView command) -> std::optional<Bytes> {
      if (command.size() != 7 || command[1] != 0xB0) return std::nullopt;
      return Status(0x6C00);
    };
    EXPECT_LE(Read(image, FiveCertificates()), in_short + 8);
  }
}

TEST(CardLengthsTest, KeepsExtendedLengthWhereItIsTheFileThatIsRefused) {
  CardImage image = T1Card(FiveCertificates());
  image.pkcs15->select_by_aid = false;
  image.extended_length = true;
  const size_t transparent = Read(image, FiveCertificates());
  image.pkcs15->ef_dir = Pkcs15Image::EfDir::kRecord;  // READ BINARY: 6981
  EXPECT_LE(Read(image, FiveCertificates()), transparent + 4);
}

TEST(CardLengthsTest, ReadsEveryFileToItsEndHoweverFewBytesTheCardGives) {
  for (const bool t0 : {true, false}) {
    for (const size_t most : {255, 253, 200, 128, 100, 33}) {
      for (const bool direct : {true, false}) {
        SCOPED_TRACE(::testing::Message() << "T=" << (t0 ? 0 : 1) << ", " << most << " bytes, " << direct);
        CardImage image = Pkcs15Card(FiveCertificates());
        image.t0 = t0;
        image.largest_answer = most;
        for (Pkcs15Certificate& certificate : image.pkcs15->certificates) certificate.label.assign(90, 'L');
        if (direct) image.pkcs15->certificates[0].form = Pkcs15Certificate::Form::kDirect;
        // Every file once; what is long takes several transactions.
        size_t once = 1;
        for (const CardFile& file : FilesOf(image)) {
          if (!file.folder) once += 2 + file.contents.size() / most;
        }
        EXPECT_LE(Read(image, FiveCertificates()), once + once / 4 + 5);
      }
    }
  }
}

TEST(CardLengthsTest, KnowsAnUnchangedCardThatGivesFewBytes) {
  for (const bool t0 : {true, false}) {
    for (const size_t most : {255, 200}) {
      CardImage image = Pkcs15Card({FakeCertificate(900, 1), FakeCertificate(1100, 2)});
      image.t0 = t0;
      image.largest_answer = most;
      for (Pkcs15Certificate& certificate : image.pkcs15->certificates) certificate.label.assign(110, 'L');
      DirectSession first(image);
      const absl::StatusOr<CardContents> before = ReadCard(first);
      ASSERT_TRUE(before.ok()) << before.status();
      DirectSession again(image);
      const absl::StatusOr<CardContents> same = RefreshCard(again, Known(*before));
      ASSERT_TRUE(same.ok()) << same.status();
      EXPECT_EQ(Ders(*same), Ders(*before));
      EXPECT_LE(again.commands(), 6u) << most;
    }
  }
}

TEST(CardLengthsTest, ReadsInSmallerPiecesWhereTheLargestIsRefused) {
  for (const bool t0 : {true, false}) {
    for (const size_t most : {255, 254, 240, 128, 100, 64}) {
      SCOPED_TRACE(::testing::Message() << "T=" << (t0 ? 0 : 1) << ", " << most << " bytes");
      CardImage image = Pkcs15Card(FiveCertificates());
      image.t0 = t0;
      image.hook = [most](size_t, ByteView command) -> std::optional<Bytes> {
        if (command.size() != 5 || command[1] != 0xB0) return std::nullopt;
        const size_t asked = command[4] == 0 ? 256 : command[4];
        return asked > most ? std::optional<Bytes>(Status(0x6700)) : std::nullopt;
      };
      const size_t pieces = most >= 128 ? 128 : 64;
      EXPECT_LE(Read(image, FiveCertificates()), 80 + 8417 / pieces);
    }
  }
}

TEST(CardLengthsTest, KeepsAskingForTheMostWhereOnlyTheEndOfAFileIsRefused) {
  const std::vector<Bytes> certificates = {FakeCertificate(5000, 1), FakeCertificate(5000, 2)};
  for (const PastEnd past_end : {PastEnd::kWrongLength, PastEnd::kWrongOffset}) {
    // Among the sizes of the directories are powers of two, of which all smaller pieces are there.
    for (size_t label = 1; label < 90; ++label) {
      CardImage image = T1Card(certificates);
      for (Pkcs15Certificate& certificate : image.pkcs15->certificates) certificate.label.assign(label, 'L');
      const size_t plain = Read(image, certificates);
      image.past_end = past_end;
      EXPECT_LE(Read(image, certificates), plain + 4 * 11) << label;
    }
  }
}

TEST(CardLengthsTest, FindsTheEndOfADirectoryThatFillsWholeAnswers) {
  const std::vector<Bytes> certificates = {FakeCertificate(900, 1), FakeCertificate(1100, 2)};
  const Bytes directory = {0x50, 0x15, 0x44, 0x04};
  CardImage image = T1Card(certificates);
  Bytes entries = FileOf(image, directory);
  image.pkcs15->certificates[0].label.append(256 - entries.size(), 'L');
  while (FileOf(image, directory).size() > 256) image.pkcs15->certificates[0].label.pop_back();
  ASSERT_EQ(FileOf(image, directory).size(), 256u);
  for (const uint16_t sw : {0x6B00, 0x6700, 0x6A86, 0x6282, 0x9000}) {
    SCOPED_TRACE(UpperHex(Status(sw)));
    image.hook = [sw, in_directory = false](size_t, ByteView command) mutable -> std::optional<Bytes> {
      if (command[1] == 0xA4) in_directory = command.back() == 0x04 && command[command.size() - 2] == 0x44;
      const bool past_end = in_directory && command[1] == 0xB0 && command[2] == 0x01;
      return past_end ? std::optional<Bytes>(Status(sw)) : std::nullopt;
    };
    Read(image, certificates);
  }
}

TEST(CardLengthsTest, FollowsACardThatNamesFirstItsMostThenWhatIsLeft) {
  CardImage image = Pkcs15Card(FiveCertificates());
  image.hook = [](size_t, ByteView command) -> std::optional<Bytes> {
    if (command.size() != 5 || command[1] != 0xB0) return std::nullopt;
    const size_t asked = command[4] == 0 ? 256 : command[4];
    return asked > 240 ? std::optional<Bytes>(Status(0x6CF0)) : std::nullopt;
  };
  Read(image, FiveCertificates());
}

}  // namespace
}  // namespace kortvakt::testing
