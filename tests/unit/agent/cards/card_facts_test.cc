#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pki/test_pki.h"
#include "tests/unit/agent/cards/card_samples.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

class CardFactsTest : public ::testing::Test {
 protected:
  Bytes Certificate(PersonCa ca, CardCertificateKind kind = CardCertificateKind::kAuthentication) const {
    return pki_.PersonCertificate(ca, kind, person_, absl::UnixEpoch(), Forever(), "9752269012345678901").der;
  }
  CardContents Contents() const {
    CardContents contents;
    contents.family = CardFamily::kPkcs15;
    contents.state = CardState::kRead;
    contents.serial = {1, 2, 3};
    contents.label = "SITHS e-id";
    contents.certificates.push_back({Certificate(PersonCa::kPersonId3), KeyPresence::kPresent, "EF 4601"});
    contents.certificates.push_back({Certificate(PersonCa::kHsaId3), KeyPresence::kAbsent, "EF 4602"});
    return contents;
  }
  SithsLikePki pki_;
  Person person_;
};

TEST_F(CardFactsTest, KeepsWhatTheCardSaysAndTheHolderOfItsLoginCertificate) {
  const CardFacts facts = MakeCardFacts(Bytes{0x3B, 0x00}, Contents(), PrivacyOptions{}, absl::UnixEpoch());
  EXPECT_EQ(facts.atr, "3B00");
  EXPECT_EQ(facts.state, CardState::kRead);
  EXPECT_EQ(facts.label, "SITHS e-id");
  EXPECT_EQ(facts.holder_hsa_id, person_.hsa_id);
  EXPECT_EQ(facts.card_number, "9752269012345678901");
  ASSERT_EQ(facts.certificates.size(), 2u);
  EXPECT_EQ(facts.certificates[0].key_presence, KeyPresence::kPresent);
  EXPECT_EQ(facts.certificates[1].key_presence, KeyPresence::kAbsent);
}

TEST_F(CardFactsTest, LeavesIdentifiersOutWhenTheyAreSwitchedOff) {
  const CardFacts facts =
      MakeCardFacts({}, Contents(), {.keep_hsa_id = false, .keep_card_number = false}, absl::UnixEpoch());
  EXPECT_EQ(facts.holder_hsa_id, "");
  EXPECT_EQ(facts.card_number, "");
}

TEST_F(CardFactsTest, DropsALabelThatNamesTheHolder) {
  for (const char* label : {"Kort Testsson", "TESTA", "189912289809", "id 189912289809"}) {
    CardContents contents = Contents();
    contents.label = label;
    EXPECT_EQ(MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch()).label, "") << label;
  }
}

TEST_F(CardFactsTest, DropsALabelThatNoCertificateOfTheHolderCanDeny) {
  CardContents contents = Contents();
  contents.certificates.clear();
  EXPECT_EQ(MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch()).label, "");
  contents.certificates.push_back({FakeCertificate(300, 1), KeyPresence::kPresent, "EF 4601"});
  EXPECT_EQ(MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch()).label, "");
  contents.certificates.push_back({pki_.root().der, KeyPresence::kAbsent, "EF 4602"});
  EXPECT_EQ(MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch()).label, "");
  contents.certificates.push_back({Certificate(PersonCa::kPersonId3), KeyPresence::kPresent, "EF 4603"});
  EXPECT_EQ(MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch()).label, "SITHS e-id");
}

TEST_F(CardFactsTest, CountsACertificateThatCannotBeDecodedAndNamesItsFile) {
  CardContents contents = Contents();
  contents.certificates[0].der = FakeCertificate(300, 1);
  const CardFacts facts = MakeCardFacts({}, contents, PrivacyOptions{}, absl::UnixEpoch());
  EXPECT_EQ(facts.state, CardState::kUnreadable);
  EXPECT_EQ(facts.unreadable_certificates, 1u);
  EXPECT_EQ(facts.certificates.size(), 1u);
  EXPECT_THAT(facts.detail, HasSubstr("EF 4601"));
}

TEST(CardIdTest, IsTheDigestOfFamilyAndSerial) {
  // printf 'pkcs15\0\001\002\003' | sha256sum
  EXPECT_EQ(CardId(CardFamily::kPkcs15, Bytes{1, 2, 3}),
            Sha256Hex(AsBytes(std::string("pkcs15\0\1\2\3", 10))));
  EXPECT_NE(CardId(CardFamily::kPkcs15, Bytes{1, 2, 3}), CardId(CardFamily::kIdPrime, Bytes{1, 2, 3}));
  EXPECT_EQ(CardId(CardFamily::kPkcs15, {}), "");
}

}  // namespace
}  // namespace kortvakt::testing
