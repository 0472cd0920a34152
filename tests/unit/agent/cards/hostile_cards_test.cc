// Cards that lie, break off, or never end: what becomes of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

const Bytes kCdf = {0x50, 0x15, 0x44, 0x04};
const Bytes kOdf = {0x50, 0x15, 0x50, 0x31};
const Bytes kSecond = {0x50, 0x15, 0x46, 0x02};   // the second certificate, PKCS#15
const Bytes kApplet2 = {0x1D, 0x00, 0x02, 0x07};  // the same, IDPrime
const Bytes kIndex = {0x1D, 0x00, 0x01, 0x01};

struct HostileCase {
  std::string name;
  CardImage image;
  CardState state = CardState::kUnreadable;
  std::string evidence;
  size_t good = 0;  // certificates that are kept
};

void SetFile(CardImage& image, const Bytes& path, Bytes contents) {
  CardFile file;
  file.path = path;
  file.contents = std::move(contents);
  image.files.push_back(file);
}

void RefuseFile(CardImage& image, const Bytes& path, uint16_t select, uint16_t read) {
  CardFile file;
  file.path = path;
  file.contents = Bytes(100, 0x30);
  file.select_status = select;
  file.read_status = read;
  image.files.push_back(file);
}

Bytes Entry(const Bytes& path, const Bytes& extra = {}) {
  Bytes inner = Der(0x04, path);
  inner.insert(inner.end(), extra.begin(), extra.end());
  Bytes object = Der(0x30, Bytes{});
  for (const Bytes& part : {Der(0x30, Der(0x04, Bytes{0x45})), Der(0xA1, Der(0x30, Der(0x30, inner)))}) {
    object.insert(object.end(), part.begin(), part.end());
  }
  return Der(0x30, object);
}

std::vector<HostileCase> Cases() {
  const std::vector<Bytes> five = FiveCertificates();
  std::vector<HostileCase> cases;
  const auto add = [&](std::string name, CardImage image, CardState state, std::string evidence,
                       size_t good) {
    cases.push_back({std::move(name), std::move(image), state, std::move(evidence), good});
  };
  const auto always = [](Bytes answer) {
    CardImage image;
    image.faults.push_back({0, 0, std::move(answer)});
    return image;
  };
  add("EverythingNotFound", always({0x6A, 0x82}), CardState::kUnsupported, "3B7D96", 0);
  add("EverythingUnknown", always({0x6D, 0x00}), CardState::kUnsupported, "ATR", 0);
  add("EveryClassUnknown", always({0x6E, 0x00}), CardState::kUnsupported, "ATR", 0);
  add("EverythingFineAndEmpty", always({0x90, 0x00}), CardState::kUnreadable, "file is empty", 0);
  add("OneByteAnswers", always({0x90}), CardState::kUnreadable, "without a status word", 0);
  add("EndlessMoreData", always({0x61, 0x10}), CardState::kUnreadable, "more data without end", 0);
  add("EndlessWrongLe", always({0x6C, 0x10}), CardState::kUnreadable, "refuses the length", 0);
  add("AnswersLongerThanAsked", always(Bytes(700, 0x90)), CardState::kUnreadable, "longer than asked", 0);
  add("EveryByteIsSequence", always({0x30, 0x90, 0x00}), CardState::kUnreadable, "reading", 0);

  const auto pkcs15 = [&](std::string name, const std::function<void(CardImage&)>& change, CardState state,
                          std::string evidence, size_t good) {
    CardImage image = Pkcs15Card(five);
    change(image);
    add("Pkcs15" + std::move(name), image, state, std::move(evidence), good);
  };
  const CardState bad = CardState::kUnreadable;
  pkcs15(
      "CertificateRefused", [](CardImage& i) { RefuseFile(i, kSecond, 0x9000, 0x6982); }, bad,
      "EF 50154602: status word 6982", 4);
  pkcs15(
      "CertificateMissing", [](CardImage& i) { RefuseFile(i, kSecond, 0x6A82, 0x9000); }, bad,
      "EF 50154602: status word 6A82", 4);
  pkcs15(
      "CertificateEmpty", [](CardImage& i) { SetFile(i, kSecond, {}); }, bad, "the file is empty", 4);
  pkcs15(
      "CertificatePaddingOnly", [](CardImage& i) { SetFile(i, kSecond, Bytes(1024, 0xFF)); }, bad,
      "only padding", 4);
  pkcs15(
      "CertificateOneByte", [](CardImage& i) { SetFile(i, kSecond, {0x30}); }, bad, "not a certificate", 4);
  pkcs15(
      "CertificateCut",
      [&](CardImage& i) { SetFile(i, kSecond, Bytes(five[1].begin(), five[1].begin() + 900)); }, bad,
      "the file ends after 900", 4);
  pkcs15(
      "Certificate4GiB",
      [](CardImage& i) {
        SetFile(i, kSecond, {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3});
      },
      bad, "4294967301 bytes", 4);
  pkcs15(
      "Certificate2GiB",
      [](CardImage& i) {
        SetFile(i, kSecond, {0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF});
      },
      bad, "the limit is 65536", 4);
  pkcs15(
      "CertificateIndefinite",
      [](CardImage& i) {
        SetFile(i, kSecond, {0x30, 0x80, 0x30, 0x80, 0, 0});
      },
      bad, "not a certificate", 4);
  pkcs15(
      "CertificateIsAFolder",
      [](CardImage& i) {
        CardFile folder;
        folder.path = kSecond;
        folder.folder = true;
        i.files.push_back(folder);
      },
      bad, "EF 50154602: status word 6986", 4);
  pkcs15(
      "DirectoryMissing", [](CardImage& i) { RefuseFile(i, kCdf, 0x6A82, 0x9000); }, bad,
      "EF.CDF 50154404: status word 6A82", 0);
  pkcs15(
      "DirectoryRefused", [](CardImage& i) { RefuseFile(i, kCdf, 0x9000, 0x6982); }, bad,
      "EF.CDF 50154404: status word 6982", 0);
  pkcs15(
      "ObjectDirectoryRefused", [](CardImage& i) { RefuseFile(i, kOdf, 0x9000, 0x6982); }, bad,
      "EF.ODF 50155031: status word 6982", 0);
  pkcs15(
      "ObjectDirectoryGarbage", [](CardImage& i) { SetFile(i, kOdf, Bytes(300, 0xA4)); }, bad, "entry 1", 0);
  pkcs15(
      "DirectoryLengthBomb",
      [](CardImage& i) {
        SetFile(i, kCdf, {0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0x30});
      },
      bad, "entry 1", 0);
  pkcs15(
      "DirectoryDeepNesting",
      [](CardImage& i) {
        Bytes nested;
        for (int depth = 0; depth < 2000; ++depth) nested = Der(0x30, nested);
        SetFile(i, kCdf, nested);
      },
      bad, "entry 1", 0);
  pkcs15(
      "LastEntryCut",
      [](CardImage& i) {
        Bytes cdf = Entry({0x3F, 0x00, 0x50, 0x15, 0x46, 0x01});
        cdf.insert(cdf.end(), {0x30, 0x40, 0x30});
        SetFile(i, kCdf, cdf);
      },
      bad, "entry 2", 1);
  pkcs15(
      "EmptyPath", [](CardImage& i) { SetFile(i, kCdf, Entry({})); }, bad, "a path of 0 bytes", 0);
  pkcs15(
      "OddPath", [](CardImage& i) { SetFile(i, kCdf, Entry({0x50})); }, bad, "a path of 1 bytes", 0);
  pkcs15(
      "PathOf80Bytes", [](CardImage& i) { SetFile(i, kCdf, Entry(Bytes(80, 0x50))); }, bad,
      "a path of 80 bytes", 0);
  pkcs15(
      "IndexOf2GiB",
      [](CardImage& i) {
        SetFile(i, kCdf, Entry({0x46, 0x01}, Der(0x02, Bytes{0x7F, 0xFF, 0xFF, 0xFF})));
      },
      bad, "offset 2147483647", 0);
  pkcs15(
      "NegativeIndex",
      [](CardImage& i) {
        SetFile(i, kCdf, Entry({0x46, 0x01}, Der(0x02, Bytes{0xFF})));
      },
      bad, "out of range", 0);
  pkcs15(
      "ThousandEntriesForOneFile",
      [](CardImage& i) {
        Bytes cdf;
        for (int n = 0; n < 1000; ++n) {
          const Bytes entry = Entry({0x3F, 0x00, 0x50, 0x15, 0x46, 0x01});
          cdf.insert(cdf.end(), entry.begin(), entry.end());
        }
        SetFile(i, kCdf, cdf);
      },
      CardState::kRead, "", 1);
  pkcs15(
      "SameCertificateInTwoFiles", [&](CardImage& i) { SetFile(i, kSecond, five[0]); }, CardState::kRead, "",
      4);
  pkcs15(
      "LyingWindowLength",
      [](CardImage& i) {
        Bytes extra = Der(0x02, Bytes{0});
        const Bytes length = Der(0x80, Bytes{0x7F, 0xFF, 0xFF, 0xFF});
        extra.insert(extra.end(), length.begin(), length.end());
        SetFile(i, kCdf, Entry({0x3F, 0x00, 0x50, 0x15, 0x46, 0x01}, extra));
      },
      CardState::kRead, "", 1);
  pkcs15(
      "TokenInfoGarbage",
      [](CardImage& i) {
        SetFile(i, {0x50, 0x15, 0x50, 0x32}, Bytes(90, 0x41));
      },
      CardState::kRead, "", 5);
  pkcs15(
      "KeyDirectoryGarbage",
      [](CardImage& i) {
        SetFile(i, {0x50, 0x15, 0x44, 0x02}, Bytes(90, 0x41));
      },
      CardState::kRead, "", 5);
  {
    std::vector<Bytes> many;
    for (uint32_t n = 0; n < 300; ++n) many.push_back(FakeCertificate(300, n));
    add("Pkcs15ThreeHundredCertificates", Pkcs15Card(many), bad, "more than 256", 256);
  }

  const auto idprime = [&](std::string name, const std::function<void(CardImage&)>& change, CardState state,
                           std::string evidence, size_t good) {
    CardImage image = IdPrimeCard(five);
    change(image);
    add("IdPrime" + std::move(name), image, state, std::move(evidence), good);
  };
  idprime(
      "IndexRefused", [](CardImage& i) { RefuseFile(i, kIndex, 0x9000, 0x6982); }, bad,
      "index 0101: status word 6982", 0);
  idprime(
      "IndexEmpty", [](CardImage& i) { SetFile(i, kIndex, {}); }, bad, "the file is empty", 0);
  idprime(
      "IndexCountTooHigh",
      [](CardImage& i) {
        Bytes index = FilesOf(i).at(0).contents;
        for (const CardFile& file : FilesOf(i)) {
          if (file.path == kIndex) index = file.contents;
        }
        index[0] = 255;
        SetFile(i, kIndex, index);
      },
      CardState::kRead, "", 5);
  idprime(
      "CertificateRefused", [](CardImage& i) { RefuseFile(i, kApplet2, 0x9000, 0x6982); }, bad,
      "kxc01 0207: status word 6982", 4);
  idprime(
      "CertificateNotCompressed", [](CardImage& i) { SetFile(i, kApplet2, Bytes(1702, 0x01)); }, bad,
      "kxc01 0207: not a certificate", 4);
  idprime(
      "StreamDamaged",
      [](CardImage& i) {
        Bytes file(1702, 0x55);
        file[0] = 0x01, file[1] = 0x00;
        SetFile(i, kApplet2, file);
      },
      bad, "damaged", 4);
  const auto compressed = [](CardImage& i, const std::function<void(Bytes&)>& change) {
    i.idprime->certificates[1].form = IdPrimeCertificate::Form::kZlib;
    for (const CardFile& file : FilesOf(i)) {
      if (file.path != kApplet2) continue;
      Bytes contents = file.contents;
      change(contents);
      SetFile(i, kApplet2, contents);
      return;
    }
  };
  idprime(
      "StreamCut", [&](CardImage& i) { compressed(i, [](Bytes& b) { b.resize(b.size() - 20); }); }, bad,
      "cut off", 4);
  idprime(
      "WrongPlainLength", [&](CardImage& i) { compressed(i, [](Bytes& b) { b[2] ^= 1; }); }, bad,
      "bytes it says", 4);
  idprime(
      "ZlibBomb",
      [](CardImage& i) {
        // 60,000 zeros behind a header that says 16 bytes.
        i.idprime->certificates[1].der = Bytes(60000, 0x00);
        i.idprime->certificates[1].form = IdPrimeCertificate::Form::kZlib;
        for (const CardFile& file : FilesOf(i)) {
          if (file.path != kApplet2) continue;
          Bytes contents = file.contents;
          contents[2] = 16, contents[3] = 0;
          SetFile(i, kApplet2, contents);
          return;
        }
      },
      bad, "not of the 16 bytes", 4);
  return cases;
}

TEST(HostileCardsTest, EachEndsInAStateWithEvidenceAndKeepsWhatIsGood) {
  for (const HostileCase& test : Cases()) {
    for (const bool t0 : {true, false}) {
      SCOPED_TRACE(test.name + (t0 ? " T=0" : " T=1"));
      CardImage image = test.image;
      image.t0 = t0;
      DirectSession session(image);
      const absl::StatusOr<CardContents> contents = ReadCard(session);
      ASSERT_TRUE(contents.ok()) << contents.status();
      EXPECT_EQ(contents->state, test.state) << contents->detail;
      EXPECT_THAT(contents->detail, HasSubstr(test.evidence));
      EXPECT_EQ(contents->certificates.size(), test.good);
      EXPECT_LT(contents->detail.size(), 1000u);
      EXPECT_LT(session.commands(), 4096u);
      for (const Bytes& command : session.card().commands())
        ASSERT_TRUE(OnlyReads(command)) << UpperHex(command);
    }
  }
}

TEST(HostileCardsTest, ACardThatVanishesAtAnyCommandIsAnErrorAndNeverAPartOfACard) {
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

TEST(HostileCardsTest, AFaultAtAnyCommandNeverGivesAWrongCertificate) {
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

TEST(HostileCardsTest, ACardThatNeverAnswersOrUsesUpTheBudgetIsAnError) {
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
