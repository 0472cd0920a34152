// The facts of many kinds of certificate, against what `openssl x509` says.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/time.h"
#include "common/certs/certificate_facts.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using testing::Issue;
using testing::Issued;
using testing::StringType;

// Lines of `openssl x509 -text` and its other outputs that are compared.
struct OpensslSays {
  std::string serial, subject, issuer, not_before, not_after, fingerprint, key_ids, usages, signature, bits;
};

OpensslSays Ask(const std::string& file) {
  OpensslSays says;
  std::istringstream output(
      testing::Output(absl::StrCat("openssl x509 -inform DER -in ", file,
                                   " -noout -serial -subject -issuer -dates -fingerprint -sha256 -nameopt "
                                   "RFC2253,-esc_msb -dateopt iso_8601 "
                                   "-text")));
  std::string line;
  std::string heading;
  while (std::getline(output, line)) {
    const std::string text(absl::StripAsciiWhitespace(line));
    const std::string value = testing::AfterEquals(line);
    if (absl::StartsWith(line, "serial=")) says.serial = value;
    if (absl::StartsWith(line, "subject=")) says.subject = value;
    if (absl::StartsWith(line, "issuer=")) says.issuer = value;
    if (absl::StartsWith(line, "notBefore=")) says.not_before = value;
    if (absl::StartsWith(line, "notAfter=")) says.not_after = value;
    if (absl::StartsWith(line, "sha256 Fingerprint=")) says.fingerprint = value;
    if (absl::StartsWith(text, "Signature Algorithm: ")) says.signature = text.substr(21);
    if (absl::StartsWith(text, "Public-Key: (")) says.bits = text.substr(13, text.find(' ', 13) - 13);
    if (absl::StartsWith(heading, "X509v3 Key Usage")) says.usages = text;
    if (absl::StartsWith(heading, "X509v3 Subject Key Identifier")) says.key_ids = text;
    heading = text;
  }
  return says;
}

std::string UsageWords(const CertificateFacts& facts) {
  static const std::map<std::string, std::string> kWords = {{"digitalSignature", "Digital Signature"},
                                                            {"nonRepudiation", "Non Repudiation"},
                                                            {"keyEncipherment", "Key Encipherment"},
                                                            {"dataEncipherment", "Data Encipherment"},
                                                            {"keyAgreement", "Key Agreement"},
                                                            {"keyCertSign", "Certificate Sign"},
                                                            {"cRLSign", "CRL Sign"},
                                                            {"encipherOnly", "Encipher Only"},
                                                            {"decipherOnly", "Decipher Only"}};
  std::string words;
  for (const std::string& usage : facts.key_usages) {
    absl::StrAppend(&words, words.empty() ? "" : ", ", kWords.at(usage));
  }
  return words;
}

std::string WithoutColons(const std::string& text) { return absl::StrReplaceAll(text, {{":", ""}}); }

std::string IsoTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

std::vector<CertificateSpec> Specs() {
  const std::vector<testing::Name> names = {
      {{"C", "SE", StringType::kPrintable}, {"O", "Inera AB"}, {"CN", "Exempel Root CA v2"}},
      {{"CN", "Åäö, \"citat\" + plus; <vinklar> = #"}, {"O", " blanksteg "}},
      {{"O", "flera"}, {"OU", "a"}, {"OU", "b", StringType::kUtf8, true}, {"DC", "test", StringType::kIa5}},
      {{"ST", "Län"}, {"street", "Gatan 1"}, {"2.5.4.97", "VATSE556559423001"}, {"1.2.3.4", "okänd"}},
      {{"CN", "caf\xE9", StringType::kT61}, {"O", std::string("\x00\xC5\x00\xE4", 4), StringType::kBmp}},
      {{"CN", "#börjar med staket"}, {"businessCategory", "x\\y"}},
      {},
  };
  const std::vector<Bytes> serials = {
      {0}, {1}, {0x7F}, {0x80}, {0xFF, 0xFF}, Bytes(15, 0x01), Bytes(16, 0xAB), Bytes(20, 0x7F), {}};
  const std::vector<const char*> dates = {
      "1950-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2038-01-19T03:14:08Z",
      "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "2100-02-28T12:00:00Z", "9999-12-31T23:59:59Z"};
  const std::vector<std::vector<std::string>> usages = {
      {},
      {"keyCertSign", "cRLSign"},
      {"digitalSignature", "keyEncipherment"},
      {"nonRepudiation"},
      {"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
       "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}};
  using Type = testing::KeySpec::Type;
  const std::vector<testing::KeySpec> keys = {{Type::kEc, 256, 0, ""},
                                              {Type::kEc, 384, 0, ""},
                                              {Type::kRsa, 1024, 3, ""},
                                              {Type::kRsa, 2048, 65537, ""},
                                              {Type::kEd25519, 0, 0, ""}};
  const std::vector<const char*> digests = {"SHA1", "SHA256", "SHA384", "SHA512"};
  std::vector<CertificateSpec> specs;
  for (size_t i = 0; i < 140; ++i) {
    CertificateSpec spec;
    spec.subject = names[i % names.size()];
    spec.serial = serials[i % serials.size()];
    spec.negative_serial = i % 5 == 3;
    spec.not_before = *ParseTime(dates[(i / 2) % dates.size()]);
    spec.not_after = *ParseTime(dates[(i * 3 + 1) % dates.size()]);
    spec.key_usages = usages[(i / 3) % usages.size()];
    spec.key = keys[(i / 7) % keys.size()];
    spec.digest = digests[i % digests.size()];
    spec.ca = true;
    spec.subject_key_id = i % 4 != 2;
    specs.push_back(spec);
  }
  return specs;
}

TEST(DifferentialTest, AgreesWithOpensslX509OnEveryFact) {
  const testing::TemporaryFolder folder;
  int compared = 0;
  for (const CertificateSpec& spec : Specs()) {
    const Issued issued = Issue(spec);
    const OpensslSays says = Ask(folder.Write("certificate.der", AsString(issued.der)));
    const auto facts = ReadCertificate(issued.der, {});
    ASSERT_TRUE(facts.ok()) << facts.status();
    SCOPED_TRACE(issued.pem);
    EXPECT_EQ(facts->serial_number, says.serial);
    EXPECT_EQ(facts->subject, says.subject);
    EXPECT_EQ(facts->issuer, says.issuer);
    EXPECT_EQ(IsoTime(facts->not_before), says.not_before);
    EXPECT_EQ(IsoTime(facts->not_after), says.not_after);
    EXPECT_EQ(facts->sha256, absl::AsciiStrToLower(WithoutColons(says.fingerprint)));
    EXPECT_EQ(facts->subject_key_id, WithoutColons(says.key_ids));
    EXPECT_EQ(UsageWords(*facts), says.usages);
    EXPECT_EQ(facts->signature_algorithm, says.signature);
    if (!says.bits.empty()) {  // of Ed25519 it prints none
      EXPECT_EQ(absl::StrCat(facts->key_bits), says.bits);
    }
    ++compared;
  }
  EXPECT_GE(compared, 100);
}

TEST(DifferentialTest, AgreesWithOpensslOnThePublicKeysDigest) {
  const testing::TemporaryFolder folder;
  CertificateSpec spec;
  spec.subject = {{"CN", "x"}};
  const Issued issued = Issue(spec);
  const std::string file = folder.Write("certificate.pem", issued.pem);
  const std::string digest =
      testing::Output("openssl x509 -in " + file +
                      " -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r");
  EXPECT_EQ(ReadCertificate(issued.der, {})->public_key_sha256, digest.substr(0, 64));
}

}  // namespace
}  // namespace kortvakt
