// The facts of many kinds of certificate, against what `openssl x509` says.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/files.h"
#include "common/base/time.h"
#include "common/certs/certificate_facts.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"
#include "tests/unit/common/certs/varied_certificates.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using testing::Issue;
using testing::Issued;
using testing::StringType;

constexpr int kCertificates = 520;

// Lines of `openssl x509 -text` and its other outputs that are compared.
struct OpensslSays {
  std::string serial, subject, issuer, not_before, not_after, fingerprint, subject_key_id, authority_key_id,
      usages, extended_usages, policies, signature, key, bits;
  bool is_ca = false;
  std::vector<std::string> ca_issuers_urls, ocsp_urls, crl_urls;
};

// What follows the heading `line` on the next: the values of an extension.
void TakeExtension(absl::string_view heading, const std::string& text, OpensslSays& says) {
  const auto is = [heading](const char* name) {
    return absl::StartsWith(heading, absl::StrCat("X509v3 ", name));
  };
  if (is("Key Usage")) says.usages = text;
  if (is("Extended Key Usage")) says.extended_usages = text;
  if (is("Subject Key Identifier")) says.subject_key_id = text;
  if (is("Authority Key Identifier")) says.authority_key_id = text;
}

OpensslSays Parse(const std::string& output) {
  OpensslSays says;
  std::istringstream lines(output);
  std::string line;
  std::string heading;
  while (std::getline(lines, line)) {
    const std::string text(absl::StripAsciiWhitespace(line));
    const std::string value = testing::AfterEquals(line);
    if (absl::StartsWith(line, "serial=")) says.serial = value;
    if (absl::StartsWith(line, "subject=")) says.subject = value;
    if (absl::StartsWith(line, "issuer=")) says.issuer = value;
    if (absl::StartsWith(line, "notBefore=")) says.not_before = value;
    if (absl::StartsWith(line, "notAfter=")) says.not_after = value;
    if (absl::StartsWith(line, "sha256 Fingerprint=")) says.fingerprint = value;
    if (absl::StartsWith(text, "Signature Algorithm: ")) says.signature = text.substr(21);
    if (absl::StartsWith(text, "Public Key Algorithm: ")) says.key = text.substr(22);
    if (absl::StartsWith(text, "Public-Key: (")) says.bits = text.substr(13, text.find(' ', 13) - 13);
    if (absl::StartsWith(text, "Policy: ")) absl::StrAppend(&says.policies, text.substr(8), " ");
    if (absl::StartsWith(text, "CA:TRUE")) says.is_ca = true;
    if (absl::StartsWith(text, "CA Issuers - URI:")) says.ca_issuers_urls.push_back(text.substr(17));
    if (absl::StartsWith(text, "OCSP - URI:")) says.ocsp_urls.push_back(text.substr(11));
    // No other extension of these certificates has a name of that kind on a line of its own.
    if (absl::StartsWith(text, "URI:")) says.crl_urls.push_back(text.substr(4));
    TakeExtension(heading, text, says);
    heading = text;
  }
  return says;
}

// Asks about all at once: a process costs 40 ms.
std::vector<OpensslSays> Ask(const std::vector<Issued>& certificates) {
  const testing::TemporaryFolder folder;
  std::string files;
  for (size_t i = 0; i < certificates.size(); ++i) {
    absl::StrAppend(&files, folder.Write(absl::StrCat(i), AsString(certificates[i].der)), "\n");
  }
  testing::Output("OPENSSL_CONF=/dev/null xargs -a " + folder.Write("files", files) +
                  " -P 2 -I {} openssl x509 -inform DER -in {} -out {}.txt -noout -serial -subject -issuer "
                  "-dates -fingerprint -sha256 -nameopt RFC2253,-esc_msb -dateopt iso_8601 -text");
  std::vector<OpensslSays> all;
  for (size_t i = 0; i < certificates.size(); ++i) {
    const auto text = ReadFile(absl::StrCat(folder.path(), "/", i, ".txt"), 1 << 20);
    EXPECT_TRUE(text.ok()) << text.status();
    all.push_back(Parse(text.ok() ? *text : ""));
  }
  return all;
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

std::string ExtendedUsageWords(const CertificateFacts& facts) {
  static const std::map<std::string, std::string> kWords = {
      {"1.3.6.1.5.5.7.3.1", "TLS Web Server Authentication"},
      {"1.3.6.1.5.5.7.3.2", "TLS Web Client Authentication"},
      {"1.3.6.1.4.1.311.20.2.2", "Microsoft Smartcard Login"},
      {"2.5.29.37.0", "Any Extended Key Usage"}};
  std::vector<std::string> words;
  for (const std::string& usage : facts.extended_key_usages) {
    const auto word = kWords.find(usage);
    words.push_back(word == kWords.end() ? usage : word->second);
  }
  return absl::StrJoin(words, ", ");
}

std::string PolicyWords(const CertificateFacts& facts) {
  std::string words;
  for (const std::string& oid : facts.policy_oids) {
    absl::StrAppend(&words, oid == "2.5.29.32.0" ? "X509v3 Any Policy" : oid, " ");
  }
  return words;
}

std::string KeyWord(const CertificateFacts& facts) {
  if (facts.key_type == "RSA") return "rsaEncryption";
  return facts.key_type == "EC" ? "id-ecPublicKey" : facts.key_type;
}

std::string WithoutColons(const std::string& text) { return absl::StrReplaceAll(text, {{":", ""}}); }

std::string IsoTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

// What is kept of the name of one that is no CA.
const testing::Name kPersonsName = {
    {"C", "SE", StringType::kPrintable}, {"O", "Åäö & Söner"}, {"OU", "enhet"}};

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
  const std::vector<testing::KeySpec> keys = {{Type::kEc, 256, 0, ""},       {Type::kEc, 384, 0, ""},
                                              {Type::kEc, 521, 0, ""},       {Type::kRsa, 1024, 3, ""},
                                              {Type::kRsa, 2048, 65537, ""}, {Type::kEd25519, 0, 0, ""}};
  const std::vector<const char*> digests = {"SHA1", "SHA256", "SHA384", "SHA512", "MD5"};
  const std::vector<std::vector<std::string>> extended = {{},
                                                          {"clientAuth"},
                                                          {"clientAuth", "msSmartcardLogin"},
                                                          {"serverAuth", "1.2.3.4"},
                                                          {"anyExtendedKeyUsage"}};
  const std::vector<std::vector<std::string>> policies = {
      {}, {"1.2.752.74.8.512"}, {"2.5.29.32.0"}, {"1.2.752.74.8.512", "2.999.1.2.3"}};
  const std::vector<std::optional<bool>> constraints = {true, false, true, std::nullopt};
  const std::vector<std::vector<std::string>> addresses = {
      {},
      {"http://a.exempel.test/ca.cer"},
      {"https://a.exempel.test:8443/%C3%A5?x=1&y=2", "http://b.exempel.test"},
      {"HTTP://EXEMPEL.TEST/A,B;C", "http://[2001:db8::1]/a", "http://a.exempel.test/ca.cer"}};
  std::vector<CertificateSpec> specs;
  for (size_t i = 0; i < kCertificates; ++i) {
    CertificateSpec spec;
    spec.ca = constraints[(i / 13) % constraints.size()];
    spec.subject = spec.ca.value_or(false) ? names[i % names.size()] : kPersonsName;
    spec.ca_issuers_urls = addresses[(i / 2) % addresses.size()];
    spec.ocsp_urls = addresses[(i / 5) % addresses.size()];
    spec.crl_urls = addresses[(i / 3) % addresses.size()];
    spec.serial = serials[i % serials.size()];
    spec.negative_serial = i % 5 == 3;
    spec.not_before = *ParseTime(dates[(i / 2) % dates.size()]);
    spec.not_after = *ParseTime(dates[(i * 3 + 1) % dates.size()]);
    spec.key_usages = usages[(i / 3) % usages.size()];
    spec.key = keys[(i / 7) % keys.size()];
    spec.digest = digests[i % digests.size()];
    if (spec.digest == "MD5" && spec.key.type != Type::kRsa) spec.digest = "SHA224";  // it has no name there
    spec.subject_key_id = i % 4 != 2;
    spec.extended_key_usages = extended[(i / 5) % extended.size()];
    spec.policies = policies[(i / 11) % policies.size()];
    specs.push_back(spec);
  }
  return specs;
}

// With signatures and versions that a specification cannot ask for.
Issued Make(const CertificateSpec& spec, size_t number) {
  if (number % 17 == 3) {
    CertificateSpec old;
    old.subject = kPersonsName;  // a certificate of version 1 is not told to be a CA's
    old.serial = spec.serial;
    old.not_before = spec.not_before;
    old.not_after = spec.not_after;
    old.key = spec.key;
    old.subject_key_id = old.authority_key_id = false;
    return AsVersion1(Issue(old), nullptr, number % 2 == 0);
  }
  const Issued issued = Issue(spec);
  const bool pss = spec.key.type == testing::KeySpec::Type::kRsa && number % 3 == 1;
  return pss ? Resign(issued, nullptr, {"SHA256", true}) : issued;
}

TEST(DifferentialTest, AgreesWithOpensslX509OnEveryFact) {
  std::vector<Issued> certificates;
  for (const CertificateSpec& spec : Specs()) certificates.push_back(Make(spec, certificates.size()));
  // Names of issuers that are not their own.
  for (size_t i = 0; i + 1 < certificates.size(); i += 7) {
    CertificateSpec spec;
    spec.subject = {{"O", "issued by another"}};
    spec.ca = true;
    certificates[i] = Issue(spec, &certificates[i + 1]);
  }
  const std::vector<OpensslSays> answers = Ask(certificates);
  std::set<std::string> signatures;
  std::map<bool, int> cas;
  std::map<size_t, int> addresses;  // by how many of all kinds
  for (size_t i = 0; i < certificates.size(); ++i) {
    const OpensslSays& says = answers[i];
    SCOPED_TRACE(certificates[i].pem);
    const auto facts = ReadCertificate(certificates[i].der, {});
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->serial_number, says.serial);
    EXPECT_EQ(facts->subject, says.subject);
    EXPECT_EQ(facts->issuer, says.issuer);
    EXPECT_EQ(IsoTime(facts->not_before), says.not_before);
    EXPECT_EQ(IsoTime(facts->not_after), says.not_after);
    EXPECT_EQ(facts->sha256, absl::AsciiStrToLower(WithoutColons(says.fingerprint)));
    EXPECT_EQ(facts->subject_key_id, WithoutColons(says.subject_key_id));
    EXPECT_EQ(facts->authority_key_id, WithoutColons(says.authority_key_id));
    EXPECT_EQ(UsageWords(*facts), says.usages);
    EXPECT_EQ(ExtendedUsageWords(*facts), says.extended_usages);
    EXPECT_EQ(PolicyWords(*facts), says.policies);
    EXPECT_EQ(facts->signature_algorithm, says.signature);
    EXPECT_EQ(KeyWord(*facts), says.key);
    if (!says.bits.empty()) {  // of Ed25519 it prints none
      EXPECT_EQ(absl::StrCat(facts->key_bits), says.bits);
    }
    EXPECT_EQ(facts->is_ca, says.is_ca);
    EXPECT_EQ(facts->ca_issuers_urls, says.ca_issuers_urls);
    EXPECT_EQ(facts->ocsp_urls, says.ocsp_urls);
    EXPECT_EQ(facts->crl_urls, says.crl_urls);
    signatures.insert(facts->signature_algorithm);
    ++cas[says.is_ca];
    ++addresses[says.ca_issuers_urls.size() + says.ocsp_urls.size() + says.crl_urls.size()];
  }
  EXPECT_GE(certificates.size(), 500u);
  EXPECT_GE(signatures.size(), 12u) << absl::StrJoin(signatures, " ");
  EXPECT_GE(cas[true], 200);
  EXPECT_GE(cas[false], 200);
  EXPECT_EQ(addresses.size(), 10u) << "none, up to three of each kind";
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
