// Which commands tell that a PKCS#15 card is unchanged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

// An identifier as the SHA-1 digest of a key has it: 20 bytes.
Bytes KeyDigest(uint8_t seed) {
  Bytes digest = Sha256(Bytes{seed});
  digest.resize(20);
  return digest;
}

// What looks like a certificate of the key `digest`: it has the extension subjectKeyIdentifier.
Bytes CertificateOf(const Bytes& digest, uint32_t seed) {
  Bytes body = {0x06, 0x03, 0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14};
  body.insert(body.end(), digest.begin(), digest.end());
  const Bytes rest = FakeCertificate(1600, seed);
  body.insert(body.end(), rest.begin(), rest.end());
  return Der(0x30, body);
}

// A card that names its keys by their digests; an entry of its EF(CDF) has `label` bytes more than about 50.
CardImage CardOfKeys(size_t certificates, size_t label) {
  CardImage image;
  image.pkcs15.emplace();
  for (uint8_t i = 0; i < certificates; ++i) {
    Pkcs15Certificate certificate;
    certificate.id = KeyDigest(i);
    certificate.der = CertificateOf(certificate.id, i);
    certificate.label = std::string(label, 'L');
    image.pkcs15->certificates.push_back(certificate);
  }
  return image;
}

CardContents MustRead(const CardImage& image) {
  DirectSession session(image);
  absl::StatusOr<CardContents> contents = ReadCard(session);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.value_or(CardContents{});
}

// Commands of RefreshCard where the card is `now` and was `before`.
size_t Refreshed(const CardContents& before, const CardImage& now) {
  DirectSession session(now);
  const absl::StatusOr<CardContents> contents = RefreshCard(session, Known(before));
  EXPECT_TRUE(contents.ok()) << contents.status();
  const size_t commands = session.commands();
  EXPECT_EQ(Ders(*contents), Ders(MustRead(now))) << "what it was taken for is not what it is";
  return commands;
}

struct Layout {
  std::string name;
  std::function<void(CardImage&)> change;
  size_t certificates;
  size_t label;
};

const Layout kLargeDirectories[] = {
    {"short", [](CardImage&) {}, 5, 4},
    {"more than 512 bytes", [](CardImage&) {}, 6, 50},
    {"almost 1024 bytes", [](CardImage&) {}, 10, 30},
    {"512 bytes and a full last answer",
     [](CardImage& i) { i.pkcs15->file_size = 512, i.pkcs15->padding = 0xFF; }, 5, 4},
    {"padded to 2048", [](CardImage& i) { i.pkcs15->file_size = 2048; }, 10, 50},
    {"two directories",
     [](CardImage& i) {
       for (size_t k = 3; k < 6; ++k) {
         i.pkcs15->certificates[k].directory = Pkcs15Certificate::Directory::kUseful;
       }
     },
     6, 4},
    {"three directories, T=1 extended",
     [](CardImage& i) {
       i.t0 = false, i.extended_length = true;
       i.pkcs15->certificates[4].directory = Pkcs15Certificate::Directory::kTrusted;
       i.pkcs15->certificates[5].directory = Pkcs15Certificate::Directory::kUseful;
     },
     6, 50},
    {"T=1, almost 1280 bytes", [](CardImage& i) { i.t0 = false; }, 12, 36},
};

TEST(Pkcs15FreshnessTest, ACardThatNamesItsKeysByDigestCostsAtMostSixCommandsAlsoWithLargeDirectories) {
  for (const Layout& layout : kLargeDirectories) {
    SCOPED_TRACE(layout.name);
    CardImage image = CardOfKeys(layout.certificates, layout.label);
    layout.change(image);
    const CardContents before = MustRead(image);
    ASSERT_EQ(before.certificates.size(), layout.certificates);
    EXPECT_LE(Refreshed(before, image), 6u);

    // Each of these is noticed.
    CardImage other = image;
    for (Pkcs15Certificate& certificate : other.pkcs15->certificates) {
      certificate.id.back() ^= 1;
      certificate.der = CertificateOf(certificate.id, 9);
    }
    Refreshed(before, other);
    CardImage renewed = image;
    renewed.pkcs15->certificates.back().id = KeyDigest(100);
    renewed.pkcs15->certificates.back().der = CertificateOf(KeyDigest(100), 100);
    Refreshed(before, renewed);
    CardImage more = image;
    more.pkcs15->certificates.push_back(renewed.pkcs15->certificates.back());
    Refreshed(before, more);
    CardImage fewer = image;
    fewer.pkcs15->certificates.pop_back();
    Refreshed(before, fewer);
  }
}

TEST(Pkcs15FreshnessTest, DirectoriesThatDoNotNameTheCardAreReadWithItsSerialWhateverThatCosts) {
  const auto without = [](const std::function<void(Pkcs15Certificate&)>& change) {
    CardImage image = CardOfKeys(6, 70);
    for (Pkcs15Certificate& certificate : image.pkcs15->certificates) change(certificate);
    return image;
  };
  const CardImage images[] = {
      // Of the authority's key, or of no key that is on the card: the same on many cards.
      without([](Pkcs15Certificate& certificate) { certificate.key = false; }),
      // Identifiers that are no digest of a key.
      without([](Pkcs15Certificate& certificate) { certificate.der = FakeCertificate(1600, 5); }),
      without([](Pkcs15Certificate& certificate) { certificate.id.resize(1); }),
  };
  for (const CardImage& image : images) {
    const CardContents before = MustRead(image);
    EXPECT_EQ(Refreshed(before, image), 7u);
    CardImage other_chip = image;
    other_chip.pkcs15->serial.back() ^= 1;
    DirectSession session(other_chip);
    EXPECT_EQ(RefreshCard(session, Known(before))->serial, other_chip.pkcs15->serial);
  }
}

TEST(Pkcs15FreshnessTest, SixCommandsReachAsFarAsTheDocumentationSays) {
  struct Reach {
    bool t0, named;
    size_t bytes;  // docs/cards.md, "An unchanged card"
  };
  for (const Reach& reach :
       {Reach{true, true, 1023}, {true, false, 511}, {false, true, 1279}, {false, false, 767}}) {
    size_t within = 0;
    size_t beyond = 0;
    for (const size_t certificates : {4, 8, 12}) {
      for (size_t label = 1; label < 120; label += 5) {
        CardImage image = CardOfKeys(certificates, label);
        image.t0 = reach.t0;
        for (Pkcs15Certificate& certificate : image.pkcs15->certificates) certificate.key = reach.named;
        size_t size = 0;
        for (const CardFile& file : FilesOf(image)) {
          if (file.path == Bytes{0x50, 0x15, 0x44, 0x04}) size = file.contents.size();
        }
        if (!reach.t0 && size % 256 == 0) continue;
        ++(size <= reach.bytes ? within : beyond);
        const size_t commands = Refreshed(MustRead(image), image);
        EXPECT_EQ(commands <= 6, size <= reach.bytes)
            << "T=" << (reach.t0 ? 0 : 1) << ", EF(CDF) of " << size << " bytes: " << commands;
      }
    }
    EXPECT_GT(within, 10u);
    EXPECT_GT(beyond, 10u);
  }
}

TEST(Pkcs15FreshnessTest, WhatTheObjectDirectoryItselfTellsCountsToo) {
  // No directory of certificates yet, and a certificate in EF(ODF).
  CardFile odf;
  odf.path = {0x50, 0x15, 0x50, 0x31};
  CardImage image = CardOfKeys(0, 4);
  image.files.push_back(odf);
  const CardContents before = MustRead(image);
  EXPECT_EQ(before.state, CardState::kEmpty) << before.detail;
  EXPECT_LE(Refreshed(before, image), 6u);

  // CertificateObject (PKCS#15 v1.1, 6.6): common attributes, identifier, certificate.
  Bytes object = {0x30, 0x00, 0x30, 0x03, 0x04, 0x01, 0x45};
  const Bytes value = Der(0xA1, Der(0x30, Der(0xA0, FakeCertificate(300, 1))));
  object.insert(object.end(), value.begin(), value.end());
  image.files.back().contents = Der(0xA4, Der(0xA0, Der(0x30, object)));
  DirectSession session(image);
  const absl::StatusOr<CardContents> after = RefreshCard(session, Known(before));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->certificates.size(), 1u) << after->detail;
}

TEST(Pkcs15FreshnessTest, ACardThatRefusesToGiveMoreThanIsLeftCostsAtMostSixCommands) {
  for (const bool t0 : {true, false}) {
    for (const PastEnd past_end : {PastEnd::kWrongLength, PastEnd::kWrongOffset}) {
      // The last has a directory of three answers, nearly.
      for (const auto& [certificates, label] : {std::pair<size_t, size_t>{1, 0}, {2, 0}, {4, 0}, {8, 30}}) {
        SCOPED_TRACE(::testing::Message() << "T=" << (t0 ? 0 : 1) << ", " << certificates);
        const auto card = [&, label = label](size_t many) {
          CardImage image = CardOfKeys(many, label);
          image.t0 = t0;
          image.past_end = past_end;
          return image;
        };
        const CardContents before = MustRead(card(certificates));
        EXPECT_LE(Refreshed(before, card(certificates)), 6u);
        // An entry more after all that was there, and one fewer.
        for (const size_t now : {certificates + 1, certificates - 1}) {
          EXPECT_GT(Refreshed(before, card(now)), 6u);
        }
        CardImage other = card(certificates);
        other.pkcs15->certificates.back().id[19] ^= 1;
        EXPECT_GT(Refreshed(before, other), 6u);
      }
    }
  }
}

}  // namespace
}  // namespace kortvakt::testing
