// PKCS#15 cards that are laid out in ways that the standard allows and few have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

const Bytes kPkcs15Aid = {0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35};
const Bytes kEsignAid = {0xA0, 0x00, 0x00, 0x01, 0x67, 0x45, 0x53, 0x49, 0x47, 0x4E};
const Bytes kPivAid = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
const Bytes kDf = {0x50, 0x15};

// Files of DF 5015 on the sample cards.
const Bytes kOdf = {0x50, 0x31};
const Bytes kTokenInfo = {0x50, 0x32};
const Bytes kKeys = {0x44, 0x02};
const Bytes kCertificates = {0x44, 0x04};
const Bytes kOther = {0x44, 0x05};
const Bytes kFirst = {0x46, 0x01};
const Bytes kSecond = {0x46, 0x02};

Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes Number(size_t value) { return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)}; }

// A Path to a file of `df`, or to a part of it.
Bytes Path(const Bytes& df, const Bytes& file, std::optional<std::pair<size_t, size_t>> part = {}) {
  const Bytes path = Der(0x04, Join({{0x3F, 0x00}, df, file}));
  if (!part) return Der(0x30, path);
  return Der(0x30, Join({path, Der(0x02, Number(part->first)), Der(0x80, Number(part->second))}));
}

// An entry of EF(CDF) for the certificate in `file`, with the identifier of its key.
Bytes Entry(const Bytes& df, const Bytes& file, const Bytes& id) {
  return Der(0x30,
             Join({Der(0x30, Bytes{}), Der(0x30, Der(0x04, id)), Der(0xA1, Der(0x30, Path(df, file)))}));
}
const Bytes kFirstId = {0x01, 0x45};
const Bytes kSecondId = {0x01, 0x46};

CardFile File(const Bytes& path, Bytes contents) {
  CardFile file;
  file.path = path;
  file.contents = std::move(contents);
  return file;
}

CardFile Folder(const Bytes& path, const Bytes& aid = {}) {
  CardFile file;
  file.path = path;
  file.folder = true;
  file.aid = aid;
  return file;
}

// An application in `df` of which EF(CDF) has `entries`.
void AddApplication(CardImage& image, const Bytes& df, const Bytes& aid, const Bytes& entries) {
  image.files.push_back(Folder(df, aid));
  image.files.push_back(File(Join({df, kOdf}), Der(0xA4, Path(df, kCertificates))));
  image.files.push_back(File(Join({df, kCertificates}), entries));
}

Bytes TokenInfo(const Bytes& serial) { return Der(0x30, Join({Der(0x02, Bytes{0}), Der(0x04, serial)})); }

// EF.DIR: an application each.
Bytes EfDir(std::initializer_list<Bytes> applications) {
  Bytes all;
  for (const Bytes& application : applications) all = Join({all, Der(0x61, application)});
  return all;
}
Bytes Listed(const Bytes& aid, const Bytes& df) {
  return Join({Der(0x4F, aid), Der(0x51, Join({{0x3F, 0x00}, df}))});
}

std::vector<Bytes> TwoCertificates() { return {FakeCertificate(900, 1), FakeCertificate(700, 2)}; }

CardContents MustRead(const CardImage& image) {
  DirectSession session(image);
  absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.value_or(CardContents{});
}

void ExpectReads(const CardImage& image, const std::vector<Bytes>& expected) {
  const CardContents contents = MustRead(image);
  EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
  EXPECT_EQ(Ders(contents), expected);
}

// A card with key and certificate directories in one file, each `size` bytes of it or as many
// as it has.
CardImage CardOfParts(size_t size) {
  CardImage image = Pkcs15Card(TwoCertificates());
  Bytes parts[] = {FileOf(image, Join({kDf, kKeys})), Entry(kDf, kFirst, kFirstId),
                   Entry(kDf, kSecond, kSecondId)};
  Bytes file;
  Bytes odf;
  const uint8_t kinds[] = {0xA0, 0xA4, 0xA4};
  for (size_t i = 0; i < 3; ++i) {
    if (parts[i].size() < size) parts[i].resize(size, 0xFF);
    odf = Join({odf, Der(kinds[i], Path(kDf, kCertificates, std::pair(file.size(), parts[i].size())))});
    file = Join({file, parts[i]});
  }
  image.files.push_back(File(Join({kDf, kOdf}), odf));
  image.files.push_back(File(Join({kDf, kCertificates}), file));
  return image;
}

TEST(Pkcs15LayoutsTest, ReadsDirectoriesThatArePartsOfOneFile) {
  for (const size_t size : {0, 256}) {
    for (const bool t0 : {true, false}) {
      CardImage image = CardOfParts(size);
      image.t0 = t0;
      const CardContents contents = MustRead(image);
      EXPECT_EQ(contents.state, CardState::kRead) << contents.detail;
      EXPECT_EQ(Ders(contents), TwoCertificates());
      for (const CardCertificate& certificate : contents.certificates) {
        EXPECT_EQ(certificate.key_presence, KeyPresence::kPresent);
      }
    }
  }
}

TEST(Pkcs15LayoutsTest, NoticesAChangeInAPartOfADirectoryFile) {
  const CardImage image = CardOfParts(256);
  const CardContents before = MustRead(image);
  DirectSession unchanged(image);
  EXPECT_EQ(Ders(*RefreshCard(unchanged, Known(before))), TwoCertificates());
  EXPECT_LT(unchanged.commands(), 10u);

  CardImage changed = image;
  Bytes& file = changed.files.back().contents;
  const Bytes third = Entry(kDf, {0x46, 0x03}, kSecondId);
  std::copy(third.begin(), third.end(), file.begin() + 512);
  const Bytes renewed = FakeCertificate(800, 3);
  changed.files.push_back(File(Join({kDf, {0x46, 0x03}}), renewed));
  DirectSession session(changed);
  EXPECT_EQ(Ders(*RefreshCard(session, Known(before))), (std::vector<Bytes>{TwoCertificates()[0], renewed}));
}

TEST(Pkcs15LayoutsTest, ReadsTheOtherApplicationWhereOneIsEmpty) {
  const Bytes esign_df = {0x51, 0x00};
  const Bytes other_df = {0x52, 0x00};
  const Bytes other_aid = {0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x01};
  const Bytes certificate = FakeCertificate(900, 1);
  CardImage image = Pkcs15Card({});
  AddApplication(image, esign_df, kEsignAid, Entry(esign_df, kFirst, kFirstId));
  image.files.push_back(File(Join({esign_df, kFirst}), certificate));
  image.files.push_back(File(Join({esign_df, kTokenInfo}), TokenInfo(Bytes(8, 0x07))));
  image.files.push_back(File({0x2F, 0x00}, EfDir({Listed(kPkcs15Aid, kDf), Listed(kEsignAid, esign_df)})));
  ExpectReads(image, {certificate});
  EXPECT_TRUE(MustRead(image).freshness.empty()) << "the empty application may be filled";

  CardImage later;
  AddApplication(later, esign_df, kEsignAid, {});
  AddApplication(later, other_df, other_aid, Entry(other_df, kFirst, kFirstId));
  later.files.push_back(File(Join({other_df, kFirst}), certificate));
  later.files.push_back(
      File({0x2F, 0x00}, EfDir({Listed(kEsignAid, esign_df), Listed(other_aid, other_df)})));
  ExpectReads(later, {certificate});

  CardImage both = IdPrimeCard({});
  both.pkcs15 = Pkcs15Card({certificate}).pkcs15;
  ExpectReads(both, {certificate});
  both.atr.assign(std::begin(kTeliaAtr), std::end(kTeliaAtr));
  both.idprime = IdPrimeCard({certificate}).idprime;
  both.pkcs15 = Pkcs15Card({}).pkcs15;
  ExpectReads(both, {certificate});
}

TEST(Pkcs15LayoutsTest, SaysEmptyOfACardWhereEveryApplicationIs) {
  CardImage image = Pkcs15Card({});
  const Bytes esign_df = {0x51, 0x00};
  AddApplication(image, esign_df, kEsignAid, {});
  image.files.push_back(File({0x2F, 0x00}, EfDir({Listed(kEsignAid, esign_df), Listed(kPkcs15Aid, kDf)})));
  const CardContents contents = MustRead(image);
  EXPECT_EQ(contents.state, CardState::kEmpty) << contents.detail;
  EXPECT_EQ(contents.serial, image.pkcs15->serial) << "of the application that is asked first";
}

TEST(Pkcs15LayoutsTest, ReadsTheApplicationThatIsSelectedNotWhatAnOlderOneLeftIn5015) {
  const Bytes old_certificate = FakeCertificate(600, 9);
  for (const bool absolute : {true, false}) {
    for (const bool filled : {true, false}) {
      CardImage image = Pkcs15Card(TwoCertificates());
      image.pkcs15->df = {0x51, 0x00};
      image.pkcs15->absolute_paths = absolute;
      AddApplication(image, kDf, {}, filled ? Entry(kDf, kFirst, kFirstId) : Bytes{});
      image.files.push_back(File(Join({kDf, kFirst}), old_certificate));
      image.files.push_back(File(Join({kDf, kTokenInfo}), TokenInfo(Bytes(8, 0x09))));
      ExpectReads(image, TwoCertificates());
      EXPECT_EQ(MustRead(image).serial, image.pkcs15->serial);

      CardImage blank = image;
      blank.pkcs15->certificates.clear();
      const CardContents contents = MustRead(blank);
      EXPECT_EQ(contents.state, CardState::kEmpty) << "what is left of another application is not its own";
      EXPECT_EQ(contents.serial, image.pkcs15->serial);
    }
  }
}

TEST(Pkcs15LayoutsTest, FindsTheKeyOfACertificateUnderWhicheverOfItsEntriesItIs) {
  const Bytes nobody = {0x09};
  const Bytes rest = Entry(kDf, kSecond, kSecondId);
  const Bytes with_key = Entry(kDf, kFirst, kFirstId);
  const Bytes without = Entry(kDf, kFirst, nobody);
  const auto read = [](const Bytes& directory, const Bytes& trusted) {
    CardImage image = Pkcs15Card(TwoCertificates());
    image.files.push_back(File(Join({kDf, kCertificates}), directory));
    if (!trusted.empty()) {
      image.files.push_back(File(Join({kDf, kOther}), trusted));
      image.files.push_back(
          File(Join({kDf, kOdf}), Join({Der(0xA5, Path(kDf, kOther)), Der(0xA0, Path(kDf, kKeys)),
                                        Der(0xA4, Path(kDf, kCertificates))})));
    }
    DirectSession session(image);
    const CardContents contents = *ReadCard(session);
    EXPECT_EQ(Ders(contents), TwoCertificates());
    return std::pair(contents.certificates.front().key_presence, session.commands());
  };
  const auto [present, once] = read(Join({with_key, rest}), {});
  EXPECT_EQ(present, KeyPresence::kPresent);
  EXPECT_EQ(read(Join({without, with_key, rest}), {}), std::pair(KeyPresence::kPresent, once));
  EXPECT_EQ(read(Join({with_key, without, rest}), {}), std::pair(KeyPresence::kPresent, once));
  EXPECT_EQ(read(Join({with_key, rest}), without).first, KeyPresence::kPresent);
  EXPECT_EQ(read(Join({without, without, rest}), {}).first, KeyPresence::kAbsent);
}

TEST(Pkcs15LayoutsTest, SaysUnsupportedOfACardWithAForeignApplicationAlone) {
  for (const bool path : {true, false}) {
    CardImage image;
    image.files.push_back(Folder({0x51, 0x00}, kPivAid));
    image.files.push_back(
        File({0x2F, 0x00}, EfDir({path ? Listed(kPivAid, {0x51, 0x00}) : Der(0x4F, kPivAid)})));
    EXPECT_EQ(MustRead(image).state, CardState::kUnsupported);
    EXPECT_EQ(MustRead(image).detail, "no application of a known card family answers");
  }
  // Of these it is expected.
  for (const Bytes& aid : {kPkcs15Aid, kEsignAid}) {
    CardImage image;
    image.files.push_back(Folder({0x51, 0x00}, aid));
    image.files.push_back(File({0x2F, 0x00}, EfDir({Der(0x4F, aid)})));
    const CardContents contents = MustRead(image);
    EXPECT_EQ(contents.state, CardState::kUnreadable);
    EXPECT_THAT(contents.detail, HasSubstr("EF.ODF 5031: status word 6A82"));
  }
}

TEST(Pkcs15LayoutsTest, ReadsAnEfDirOfRecordsHoweverTheCardSaysThatThereAreNoMore) {
  const Bytes df = {0x60, 0x00};
  for (const bool t0 : {true, false}) {
    for (const uint16_t sw : {0x6A83, 0x6A82, 0x6A86, 0x6B00, 0x6985, 0x6F00, 0x6C00}) {
      CardImage image;
      image.t0 = t0;
      const Bytes aid = {0xA0, 0x00, 0x00, 0x03, 0x97, 0x42, 0x54, 0x46, 0x59};
      AddApplication(image, df, aid, Join({Entry(df, kFirst, kFirstId), Entry(df, kSecond, kSecondId)}));
      image.files.push_back(File(Join({df, kFirst}), TwoCertificates()[0]));
      image.files.push_back(File(Join({df, kSecond}), TwoCertificates()[1]));
      CardFile ef_dir = File({0x2F, 0x00}, {});
      ef_dir.records = {EfDir({Listed(kPivAid, {0x51, 0x00})}), EfDir({Listed(aid, df)})};
      image.files.push_back(ef_dir);
      image.hook = [sw](size_t, ByteView command) -> std::optional<Bytes> {
        if (command[1] != 0xB2 || command[2] <= 2) return std::nullopt;
        return Bytes{static_cast<uint8_t>(sw >> 8), static_cast<uint8_t>(sw)};
      };
      SCOPED_TRACE(::testing::Message() << "T=" << (t0 ? 0 : 1) << ", " << sw);
      ExpectReads(image, TwoCertificates());
    }
  }
}

TEST(Pkcs15LayoutsTest, LeavesOutWhatADirectoryNamesByUrlAlone) {
  const auto entry = [](const Bytes& value) {
    return Der(0x30,
               Join({Der(0x30, Bytes{}), Der(0x30, Der(0x04, Bytes{0x47})), Der(0xA1, Der(0x30, value))}));
  };
  const Bytes url = Der(0x13, AsBytes("http://cards.example/ca.cer"));
  for (const Bytes& value : {url, Der(0xA3, Join({url, Der(0x30, Bytes{})}))}) {
    CardImage image = Pkcs15Card(TwoCertificates());
    image.files.push_back(File(Join({kDf, kCertificates}), Join({Entry(kDf, kFirst, kFirstId), entry(value),
                                                                 Entry(kDf, kSecond, kSecondId)})));
    ExpectReads(image, TwoCertificates());
  }
}

TEST(Pkcs15LayoutsTest, FindsTheObjectDirectoryThatEfDirNames) {
  const Bytes moved = {0x44, 0x00};
  const Bytes oid = Der(0x06, Bytes{0x2A, 0x86, 0x48});
  for (const bool absolute : {true, false}) {
    CardImage image = Pkcs15Card(TwoCertificates());
    image.files.push_back(File(Join({kDf, moved}), FileOf(image, Join({kDf, kOdf}))));
    CardFile none = File(Join({kDf, kOdf}), {});
    none.select_status = 0x6A82;
    image.files.push_back(none);
    const Bytes ddo = Der(0x73, Join({oid, absolute ? Path(kDf, moved) : Der(0x30, Der(0x04, moved))}));
    const auto listed = [&](const Bytes& objects) {
      CardImage card = image;
      card.files.push_back(File({0x2F, 0x00}, EfDir({Join({Listed(kPkcs15Aid, kDf), objects})})));
      return card;
    };
    ExpectReads(listed(ddo), TwoCertificates());
    // One that names nothing, or nothing that makes sense.
    for (const Bytes& objects : {Bytes{}, Der(0x73, oid), Der(0x73, Der(0x30, Der(0x04, Bytes(80, 0x44))))}) {
      EXPECT_EQ(MustRead(listed(objects)).state, CardState::kUnreadable);
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing
