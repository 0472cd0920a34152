// Cards drawn by chance from all that a card image can say: whatever the layout and however the card
// answers, everything on it is read, it is known again, and nothing else is ever taken for it.
//
// KORTVAKT_RANDOM_CARDS is how many are drawn; each is made from its number alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

using ::testing::UnorderedElementsAreArray;

class Chance {
 public:
  explicit Chance(uint32_t seed) : engine_(seed) {}
  size_t Below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(engine_); }
  bool OneIn(size_t many) { return Below(many) == 0; }
  template <typename T>
  T Of(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(choices.size()));
  }
  uint32_t Seed() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

Bytes SomeBytes(Chance& chance, size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(chance.Below(256));
  return bytes;
}

std::vector<Bytes> SomeCertificates(Chance& chance) {
  std::vector<Bytes> certificates(chance.Below(7));
  for (Bytes& certificate : certificates) {
    certificate = FakeCertificate(
        chance.Of<size_t>({200, 254, 256, 258, 512, 900, 1024, 1690, 2048, 3000}) + chance.Below(5),
        chance.Seed());
  }
  return certificates;
}

Pkcs15Image SomePkcs15(Chance& chance) {
  using Certificate = Pkcs15Certificate;
  Pkcs15Image image;
  image.serial = SomeBytes(chance, chance.Of<size_t>({4, 8, 10, 16}));
  image.label.assign(chance.Of<size_t>({0, 1, 11, 60, 130}), 'l');
  image.manufacturer.assign(chance.Of<size_t>({0, 16, 60}), 'm');
  image.ef_dir =
      chance.Of({Pkcs15Image::EfDir::kTransparent, Pkcs15Image::EfDir::kRecord, Pkcs15Image::EfDir::kAbsent});
  image.select_by_aid = !chance.OneIn(4);
  image.df = chance.OneIn(4) && (image.select_by_aid || image.ef_dir != Pkcs15Image::EfDir::kAbsent)
                 ? Bytes{0x51, 0x00}
                 : Bytes{0x50, 0x15};
  image.absolute_paths = !chance.OneIn(4);
  image.token_info = !chance.OneIn(8);
  image.names_pin = !chance.OneIn(4);
  image.padding = chance.Of<uint8_t>({0x00, 0xFF});
  image.file_size = chance.Of<size_t>({0, 0, 256, 512, 1024, 2048});
  size_t number = 0;
  for (const Bytes& der : SomeCertificates(chance)) {
    Certificate& certificate = image.certificates.emplace_back();
    certificate.der = der;
    certificate.label.assign(chance.Of<size_t>({0, 1, 11, 60, 120}), 'L');
    certificate.id = SomeBytes(chance, chance.Of<size_t>({1, 2, 20}));
    certificate.id.back() = static_cast<uint8_t>(number++);
    certificate.directory =
        chance.Of({Certificate::Directory::kCertificates, Certificate::Directory::kCertificates,
                   Certificate::Directory::kTrusted, Certificate::Directory::kUseful});
    certificate.form = chance.Of({Certificate::Form::kFile, Certificate::Form::kFile,
                                  Certificate::Form::kWindow, Certificate::Form::kDirect});
    certificate.key = !chance.OneIn(3);
  }
  return image;
}

IdPrimeImage SomeIdPrime(Chance& chance) {
  using Form = IdPrimeCertificate::Form;
  IdPrimeImage image;
  image.card_id = SomeBytes(chance, 16);
  image.cardcf = SomeBytes(chance, 6);
  image.label.assign(chance.Of<size_t>({0, 1, 11, 32}), 'l');
  image.container_map = !chance.OneIn(4);
  size_t number = 0;
  for (const Bytes& der : SomeCertificates(chance)) {
    IdPrimeCertificate& certificate = image.certificates.emplace_back();
    certificate.der = der;
    certificate.name = absl::StrFormat("%s%02x", chance.Of({"kxc", "ksc"}), number++);
    certificate.form = chance.Of({Form::kPlain, Form::kZlib, Form::kGzip});
    certificate.key = !chance.OneIn(3);
  }
  return image;
}

CardImage SomeCard(Chance& chance) {
  CardImage image;
  const bool idprime = chance.OneIn(2);
  // A hint that may lead astray.
  if (idprime != chance.OneIn(6)) image.atr.assign(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr));
  image.t0 = chance.OneIn(2);
  image.extended_length = !image.t0 && chance.OneIn(2);
  image.largest_answer = chance.Of<size_t>({256, 256, 255, 254, 240, 200, 128, 100, 64});
  image.past_end = chance.Of({PastEnd::kByProtocol, PastEnd::kWrongLe, PastEnd::kShortOk, PastEnd::kWarning,
                              PastEnd::kWrongLength, PastEnd::kWrongOffset});
  image.refuses_p2_0c = chance.OneIn(4);
  if (idprime) {
    image.idprime = SomeIdPrime(chance);
  } else {
    image.pkcs15 = SomePkcs15(chance);
  }
  return image;
}

std::vector<Bytes> CertificatesOf(const CardImage& image) {
  std::vector<Bytes> certificates;
  if (image.pkcs15) {
    for (const Pkcs15Certificate& each : image.pkcs15->certificates) certificates.push_back(each.der);
  }
  if (image.idprime) {
    for (const IdPrimeCertificate& each : image.idprime->certificates) certificates.push_back(each.der);
  }
  return certificates;
}

// What the card shows of the key of its certificate `der`.
KeyPresence KeyOf(const CardImage& image, const Bytes& der) {
  bool key = false;
  bool keys = false;
  const auto look = [&](const auto& certificates) {
    for (const auto& each : certificates) {
      key = key || (each.der == der && each.key);
      keys = keys || each.key;
    }
  };
  if (image.pkcs15) look(image.pkcs15->certificates);
  if (image.idprime) {
    look(image.idprime->certificates);
    // A map without any key is one that is not kept.
    if (!image.idprime->container_map || !keys) return KeyPresence::kUnknown;
  }
  return key ? KeyPresence::kPresent : KeyPresence::kAbsent;
}

std::string Describe(const CardImage& image) {
  std::string text = absl::StrCat("T=", image.t0 ? 0 : 1, image.extended_length ? " extended" : "", ", ",
                                  image.largest_answer, " bytes, past end ", static_cast<int>(image.past_end),
                                  image.refuses_p2_0c ? ", refuses P2=0C" : "");
  if (image.pkcs15) {
    const Pkcs15Image& p = *image.pkcs15;
    absl::StrAppend(&text, ", PKCS#15", p.select_by_aid ? "" : " not by AID", ", EF.DIR ",
                    static_cast<int>(p.ef_dir), p.absolute_paths ? "" : ", relative",
                    p.token_info ? "" : ", no TokenInfo", ", files of ", p.file_size, " filled with ",
                    p.padding, ", DF ", UpperHex(p.df), ":");
    for (const Pkcs15Certificate& c : p.certificates) {
      absl::StrAppend(&text, " [", c.der.size(), " label ", c.label.size(), " id ", UpperHex(c.id), " dir ",
                      static_cast<int>(c.directory), " form ", static_cast<int>(c.form), c.key ? " key" : "",
                      "]");
    }
  }
  if (image.idprime) {
    absl::StrAppend(&text, ", IDPrime", image.idprime->container_map ? "" : " without map", ":");
    for (const IdPrimeCertificate& c : image.idprime->certificates) {
      absl::StrAppend(&text, " [", c.der.size(), " ", c.name, " form ", static_cast<int>(c.form),
                      c.key ? " key" : "", "]");
    }
  }
  return text;
}

// Gives what is on the card, and how many commands it took.
std::pair<CardContents, size_t> MustRead(const CardImage& image) {
  DirectSession session(image);
  absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return {contents.value_or(CardContents{}), session.commands()};
}

// `read` has all that is on the card, and nothing else.
void ExpectWhole(const CardImage& image, const CardContents& read) {
  const std::vector<Bytes> certificates = CertificatesOf(image);
  EXPECT_EQ(read.state, certificates.empty() ? CardState::kEmpty : CardState::kRead) << read.detail;
  EXPECT_EQ(read.unreadable_certificates, 0u) << read.detail;
  EXPECT_THAT(Ders(read), UnorderedElementsAreArray(certificates));
  if (image.pkcs15 && image.pkcs15->token_info) {
    EXPECT_EQ(read.serial, image.pkcs15->serial);
  }
  if (image.idprime) {
    EXPECT_EQ(read.serial, image.idprime->card_id);
  }
  for (const CardCertificate& certificate : read.certificates) {
    EXPECT_EQ(certificate.key_presence, KeyOf(image, certificate.der)) << certificate.source;
  }
}

// Somewhere the card answers something else, for a while or from then on.
void ExpectNothingMadeUp(const CardImage& image, Chance& chance, size_t commands) {
  const std::vector<Bytes> certificates = CertificatesOf(image);
  for (int i = 0; i < 4; ++i) {
    const auto answer =
        chance.Of<uint16_t>({0x9000, 0x0000, 0x6282, 0x6700, 0x6982, 0x6A82, 0x6B00, 0x6C00, 0x6F00, 0x6100});
    const size_t begin = chance.Below(commands);
    const size_t end = begin + chance.Of<size_t>({1, 2, 10'000});
    SCOPED_TRACE(::testing::Message()
                 << absl::StrFormat("answer %04X", answer) << " at commands " << begin << " to " << end);
    CardImage faulty = image;
    faulty.hook = [=](size_t index, ByteView command) -> std::optional<Bytes> {
      // A card that calls a file selected which it does not select can make up anything.
      const bool lie = command[1] == 0xA4 && (answer == 0x9000 || answer == 0x6282);
      if (index < begin || index >= end || lie) return std::nullopt;
      return Bytes{static_cast<uint8_t>(answer >> 8), static_cast<uint8_t>(answer)};
    };
    DirectSession session(faulty);
    const absl::StatusOr<CardContents> contents = ReadCard(session);
    EXPECT_LE(session.commands(), 600u);
    if (!contents.ok()) continue;
    EXPECT_TRUE(contents->state == CardState::kRead || !contents->detail.empty());
    for (const Bytes& der : Ders(*contents)) {
      EXPECT_NE(std::find(certificates.begin(), certificates.end(), der), certificates.end());
    }
  }
}

size_t CardsToDraw() {
  size_t cards = 300;
  const char* text = std::getenv("KORTVAKT_RANDOM_CARDS");
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &cards)) << text;
  }
  return cards;
}

TEST(RandomCardsTest, AreReadWholeAndKnownAgainAndNeverTakenForAnother) {
  std::vector<std::pair<CardImage, CardContents>> others;
  const size_t cards = CardsToDraw();
  for (uint32_t number = 0; number < cards; ++number) {
    Chance chance(number);
    const CardImage image = SomeCard(chance);
    SCOPED_TRACE(::testing::Message() << "card " << number << ": " << Describe(image));
    const auto [read, commands] = MustRead(image);
    ExpectWhole(image, read);

    // In again, among others.
    KnownCards known = Known(read);
    for (const auto& [_, contents] : others) known.push_back(std::make_shared<const CardContents>(contents));
    DirectSession again(image);
    const absl::StatusOr<CardContents> same = RefreshCard(again, known);
    ASSERT_TRUE(same.ok()) << same.status();
    ExpectWhole(image, *same);
    // Another card, with this one known.
    for (const auto& [other, contents] : others) {
      DirectSession session(other);
      const absl::StatusOr<CardContents> found = RefreshCard(session, Known(read));
      ASSERT_TRUE(found.ok()) << found.status();
      ExpectWhole(other, *found);
    }
    ExpectNothingMadeUp(image, chance, commands);

    if (others.size() == 4) others.erase(others.begin());
    others.emplace_back(image, read);
    if (HasFailure()) return;  // one is enough to look at
  }
}

}  // namespace
}  // namespace kortvakt::testing
