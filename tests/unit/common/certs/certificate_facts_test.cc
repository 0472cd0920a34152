#include "common/certs/certificate_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issue;
using testing::Issued;
using testing::NameAttribute;
using ::testing::Not;
using testing::StringType;

// Every text of the facts in one string.
std::string AllText(const CertificateFacts& facts) {
  std::string all =
      absl::StrCat(facts.issuer, "|", facts.subject, "|", facts.organisation, "|", facts.hsa_id, "|",
                   facts.card_number, "|", facts.serial_number, "|", facts.signature_algorithm);
  for (const auto* list : {&facts.policy_oids, &facts.key_usages, &facts.extended_key_usages,
                           &facts.ca_issuers_urls, &facts.ocsp_urls, &facts.crl_urls}) {
    for (const std::string& text : *list) absl::StrAppend(&all, "|", text);
  }
  return all;
}

CertificateFacts Read(const Issued& issued, const PrivacyOptions& privacy = {}) {
  auto facts = ReadCertificate(issued.der, privacy);
  EXPECT_TRUE(facts.ok()) << facts.status();
  return facts.value_or(CertificateFacts());
}

const testing::SithsLikePki& Pki() {
  static const auto& pki = *new testing::SithsLikePki();
  return pki;
}

testing::Person SomePerson() {
  testing::Person person;
  person.given_name = "Åsa";
  person.surname = "Påhittsdotter";
  person.email = "asa.pahittsdotter@exempel.test";
  person.upn = "se2321000016-t35t@exempel.test";
  return person;
}

Issued PersonCertificate(testing::PersonCa ca) {
  return Pki().PersonCertificate(ca, testing::CardCertificateKind::kAuthentication, SomePerson(),
                                 testing::LongAgo(), testing::Forever(), "9752260000000000017");
}

TEST(CertificateFactsTest, KeepsWhatIsNotPersonalOfAPersonsCertificate) {
  const CertificateFacts facts = Read(PersonCertificate(testing::PersonCa::kHsaId3));
  EXPECT_EQ(facts.subject, "O=Region Exempel,L=Exempelstad,C=SE");
  EXPECT_EQ(facts.issuer, "CN=Kortvakt Demo Person HSA-id 3 CA v1,O=Kortvakt Demo AB,C=SE");
  EXPECT_EQ(facts.organisation, "Region Exempel");
  EXPECT_EQ(facts.hsa_id, "SE2321000016-T35T");
  EXPECT_EQ(facts.identity_kind, IdentityKind::kHsaId);
  EXPECT_EQ(facts.card_number, "9752260000000000017");
  EXPECT_THAT(facts.key_usages, ElementsAre("digitalSignature", "keyEncipherment"));
  EXPECT_THAT(facts.extended_key_usages, ElementsAre("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"));
  EXPECT_THAT(facts.policy_oids, ElementsAre("2.999.8.1"));
  EXPECT_THAT(facts.ocsp_urls, ElementsAre("http://ocsp.test"));
  EXPECT_THAT(facts.crl_urls, ElementsAre("http://crl.test/kortvaktdemopersonhsaid3cav1.crl"));
  EXPECT_FALSE(facts.is_ca);
}

TEST(CertificateFactsTest, HasNoNameMailUpnOrPersonalNumberInAnyField) {
  for (const auto ca : {testing::PersonCa::kHsaId3, testing::PersonCa::kPersonId3}) {
    const std::string all = absl::AsciiStrToLower(AllText(Read(PersonCertificate(ca))));
    for (const char* personal :
         {"påhittsdotter", "pahittsdotter", "åsa", "asa.", "@", "9912289809", "exempel.test"}) {
      EXPECT_THAT(all, Not(HasSubstr(personal)));
    }
  }
}

TEST(CertificateFactsTest, TellsTheKindOfAPersonalNumberWithoutKeepingIt) {
  const CertificateFacts facts = Read(PersonCertificate(testing::PersonCa::kPersonId3));
  EXPECT_EQ(facts.identity_kind, IdentityKind::kPersonnummer);
  EXPECT_EQ(facts.hsa_id, "");
}

TEST(CertificateFactsTest, LeavesOutHsaIdAndCardNumberWhenSwitchedOff) {
  const CertificateFacts facts = Read(PersonCertificate(testing::PersonCa::kHsaId3), {false, false});
  EXPECT_EQ(facts.identity_kind, IdentityKind::kHsaId);
  EXPECT_EQ(facts.hsa_id, "");
  EXPECT_EQ(facts.card_number, "");
}

TEST(CertificateFactsTest, MasksPersonalDataThatStandsInOtherPlaces) {
  CertificateSpec spec;
  spec.subject = {{"C", "SE"},
                  {"O", "Testa Testsson"},
                  {"OU", "Enhet 189912289809"},
                  {"L", "testa@exempel.test"},
                  {"CN", "Testa Testsson"},
                  {"SN", "Testsson"},
                  {"GN", "Testa"},
                  {"title", "läkare"},
                  {"serialNumber", "189912289809"},
                  {"emailAddress", "testa@exempel.test", StringType::kIa5}};
  spec.emails = {"testa@exempel.test"};
  spec.crl_urls = {"http://crl.test/189912289809.crl", "http://crl.test/1899%31%32289809.crl",
                   "http://crl.test/testa-testsson.crl", "http://crl.test/ok.crl"};
  spec.ca_issuers_urls = {"ldap://x", "http://aia.test/a b", "HTTPS://aia.test/c",
                          "http://aia.test/Testa%20Testsson"};
  const CertificateFacts facts = Read(Issue(spec));
  EXPECT_EQ(facts.subject, "L=***,OU=Enhet ***,O=***,C=SE");
  EXPECT_EQ(facts.issuer, facts.subject) << "self-signed: the issuer is the holder";
  EXPECT_EQ(facts.organisation, "***");
  EXPECT_THAT(facts.crl_urls, ElementsAre("http://crl.test/***.crl", "http://crl.test/ok.crl"));
  EXPECT_THAT(facts.ca_issuers_urls, ElementsAre("HTTPS://aia.test/c"));
}

TEST(CertificateFactsTest, DropsAHoldersNameEvenOfACertificateThatCallsItselfACa) {
  CertificateSpec spec;
  spec.ca = true;
  spec.subject = {{"CN", "Testa Testsson"}, {"SN", "Testsson"}, {"O", "Region Exempel"}};
  const CertificateFacts facts = Read(Issue(spec));
  EXPECT_TRUE(facts.is_ca);
  EXPECT_EQ(facts.subject, "O=Region Exempel");
  EXPECT_EQ(facts.issuer, "O=Region Exempel");
}

TEST(CertificateFactsTest, TakesOtherIdentitiesAsOtherAndKeepsNoneOfThem) {
  for (const char* number :
       {"AB991231012C", "992024123456", "19991231A01K", "PASSE-12345678", "AB-12345", "x"}) {
    CertificateSpec spec;
    spec.subject = {{"O", "Region Exempel"}, {"serialNumber", number}};
    const CertificateFacts facts = Read(Issue(spec));
    EXPECT_EQ(facts.identity_kind, IdentityKind::kOther) << number;
    EXPECT_THAT(AllText(facts), Not(HasSubstr(absl::StrCat("|", number)))) << number;
  }
}

TEST(CertificateFactsTest, TakesLenientHsaIdsOfTestIssuersOnly) {
  testing::SithsLikePki::Options options;
  options.prefix = "TEST Exempel";
  const testing::SithsLikePki test_pki(options);
  testing::Person person;
  person.hsa_id = "TSTNMT2321000156-1001";
  const auto issue = [&](const testing::SithsLikePki& pki) {
    return pki.PersonCertificate(testing::PersonCa::kHsaId3, testing::CardCertificateKind::kAuthentication,
                                 person, testing::LongAgo(), testing::Forever(), "");
  };
  EXPECT_EQ(Read(issue(test_pki)).hsa_id, "TSTNMT2321000156-1001");
  EXPECT_EQ(Read(issue(Pki())).identity_kind, IdentityKind::kOther);
}

TEST(CertificateFactsTest, HasValidTextsWhateverTheStringsAre) {
  CertificateSpec spec;
  spec.ca = true;
  spec.subject = {{"O", std::string("A\0b", 3)},
                  {"OU", std::string("\x00\xC5\x00\x07", 4), StringType::kBmp},
                  {"L", "caf\xE9", StringType::kT61},
                  {"CN", "tab\there \xC2\x85"}};
  const CertificateFacts facts = Read(Issue(spec));
  EXPECT_EQ(CleanText(facts.subject, 4096), facts.subject);
  EXPECT_THAT(facts.subject, HasSubstr("L=café"));
  EXPECT_THAT(facts.subject, HasSubstr("OU=Å"));
}

TEST(CertificateFactsTest, RefusesInvalidUtf8InANameAsOpensslDoes) {
  CertificateSpec spec;
  spec.subject = {{"O", "placeholder"}};
  Bytes der = Issue(spec).der;
  const std::string text = "placeholder";
  for (auto at = der.begin(); (at = std::search(at, der.end(), text.begin(), text.end())) != der.end();)
    *at = 0xFF;
  EXPECT_EQ(ReadCertificate(der, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(CertificateFactsTest, ReadsDatesOfEveryCentury) {
  for (const char* text :
       {"1950-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2024-02-29T12:00:00Z", "2038-01-19T03:14:08Z",
        "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    CertificateSpec spec;
    spec.subject = {{"O", "x"}};
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &spec.not_after, &error)) << error;
    spec.not_before = spec.not_after;
    const CertificateFacts facts = Read(Issue(spec));
    EXPECT_EQ(facts.not_after, spec.not_after) << text;
    EXPECT_EQ(facts.not_before, spec.not_before) << text;
  }
}

TEST(CertificateFactsTest, LeavesABrokenExtensionsFieldEmpty) {
  CertificateSpec spec;
  spec.subject = {{"O", "x"}};
  for (const char* oid : {"2.5.29.15", "2.5.29.32", "2.5.29.37", "2.5.29.31", "1.3.6.1.5.5.7.1.1",
                          "2.5.29.14", "2.5.29.35", "2.5.29.19", "2.5.29.17", "1.2.752.34.2.1"}) {
    spec.extensions.push_back({oid, false, {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}});
  }
  spec.subject_key_id = false;
  spec.authority_key_id = false;
  const CertificateFacts facts = Read(Issue(spec));
  EXPECT_THAT(facts.key_usages, IsEmpty());
  EXPECT_THAT(facts.policy_oids, IsEmpty());
  EXPECT_EQ(facts.subject_key_id, "");
  EXPECT_EQ(facts.card_number, "");
  EXPECT_EQ(facts.key_type, "EC");
}

TEST(CertificateFactsTest, KeepsNoCardNumberThatMayBeAPersonsNumber) {
  CertificateSpec spec;
  spec.subject = {{"O", "x"}};
  for (const char* number : {"189912289809", "97522600000000000a7", "975226000000000001712345678"}) {
    spec.card_number = number;
    EXPECT_EQ(Read(Issue(spec)).card_number, "") << number;
  }
}

TEST(CertificateFactsTest, BoundsWhatAHostileCertificateLists) {
  CertificateSpec spec;
  spec.subject = {{"O", std::string(20000, 'x')}};
  for (int i = 0; i < 500; ++i) spec.policies.push_back(absl::StrCat("1.2.3.", i));
  spec.crl_urls = std::vector<std::string>(200, "http://crl.test/" + std::string(40, 'y'));
  const CertificateFacts facts = Read(Issue(spec));
  EXPECT_LE(facts.policy_oids.size(), 32u);
  EXPECT_LE(facts.crl_urls.size(), 32u);
  EXPECT_LE(facts.subject.size(), 2048u);
  EXPECT_LE(facts.organisation.size(), 256u);
}

TEST(CertificateFactsTest, RefusesWhatIsNotExactlyOneCertificate) {
  const Issued issued = PersonCertificate(testing::PersonCa::kHsaId3);
  Bytes longer = issued.der;
  longer.push_back(0);
  for (const Bytes& der : {Bytes(), Bytes{0x30, 0x00}, longer,
                           Bytes(issued.der.begin(), issued.der.end() - 1), Bytes(70000, 0x30)}) {
    EXPECT_EQ(ReadCertificate(der, {}).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(CertificateFactsTest, SurvivesEveryByteBeingWrong) {
  const Issued issued = PersonCertificate(testing::PersonCa::kHsaId3);
  for (size_t i = 0; i < issued.der.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      Bytes der = issued.der;
      der[i] = static_cast<uint8_t>(der[i] ^ flip);
      const auto facts = ReadCertificate(der, {});
      if (!facts.ok()) continue;
      EXPECT_EQ(CleanText(facts->subject, 4096), facts->subject) << i;
    }
  }
}

TEST(MentionsHolderTest, FindsPartsOfTheNameNumberAndAddress) {
  const Issued issued = PersonCertificate(testing::PersonCa::kPersonId3);
  for (const char* text : {"PÅHITTSDOTTER, Åsa", "kort påhittsdotter", "Åsas kort", "189912289809",
                           "9912289809", "asa.pahittsdotter", "18991228-9809"}) {
    EXPECT_TRUE(MentionsHolder(issued.der, text)) << text;
  }
  for (const char* text : {"SITHS e-id kort (Legitimering)", "", "as", "975226"}) {
    EXPECT_FALSE(MentionsHolder(issued.der, text)) << text;
  }
  EXPECT_FALSE(MentionsHolder(Pki().root().der, "Kortvakt Demo Root CA v2")) << "a CA is no holder";
  EXPECT_FALSE(MentionsHolder(Bytes{1, 2, 3}, "Testa")) << "no certificate";
}

TEST(CertificateFactsTest, LeavesNoErrorBehindInOpenSslsQueue) {
  EXPECT_FALSE(ReadCertificate(Bytes{0x30, 0x03, 0x02, 0x01, 0x05}, {}).ok());
  // A status made now must not tell of the failure above.
  EXPECT_THAT(std::string(ReadCertificate(Bytes(), {}).status().message()), Not(HasSubstr("ASN")));
}

}  // namespace
}  // namespace kortvakt
