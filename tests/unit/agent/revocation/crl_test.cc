#include "agent/revocation/crl.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

using testing::Issued;
using testing::Now;
using testing::RevocationKit;

constexpr char kSerial[] = "00E16ABA6D5D708A279471A6200B593B";
constexpr char kListed[] = "E16ABA6D5D708A279471A6200B593B";  // as certificates print it

class CrlTest : public ::testing::Test {
 protected:
  RevocationAnswer Read(const std::string& crl, absl::Time now = Now()) const {
    return ReadCrl(crl, kit_.Name(kListed), now);
  }
  RevocationKit kit_;
};

TEST_F(CrlTest, TellsGoodWhereTheNumberIsNotListed) {
  kit_.WriteIndex({RevocationKit::Revoked("0102")});
  const RevocationAnswer answer = Read(kit_.Crl());
  EXPECT_EQ(answer.status, RevocationStatus::kGood);
  ASSERT_TRUE(answer.this_update && answer.next_update);
  EXPECT_EQ(*answer.next_update - *answer.this_update, absl::Hours(24));
}

TEST_F(CrlTest, TellsGoodByAListWithoutEntries) {
  kit_.WriteIndex({});
  EXPECT_EQ(Read(kit_.Crl()).status, RevocationStatus::kGood);
}

TEST_F(CrlTest, TellsRevokedWithDateAndReason) {
  kit_.WriteIndex({RevocationKit::Revoked("0102"), RevocationKit::Revoked(kSerial, "superseded"),
                   RevocationKit::Revoked("0304", "keyCompromise")});
  const RevocationAnswer answer = Read(kit_.Crl());
  EXPECT_EQ(answer.status, RevocationStatus::kRevoked);
  EXPECT_EQ(answer.reason, RevocationReason::kSuperseded);
  EXPECT_EQ(answer.revoked_at, absl::FromCivil(absl::CivilSecond(2020, 1, 2, 3, 4, 5), absl::UTCTimeZone()));
}

TEST_F(CrlTest, TellsHoldApart) {
  kit_.WriteIndex({RevocationKit::Revoked(kSerial, "certificateHold")});
  EXPECT_EQ(Read(kit_.Crl()).reason, RevocationReason::kCertificateHold);
}

TEST_F(CrlTest, TakesNoListOfAnotherSigner) {
  kit_.WriteIndex({RevocationKit::Revoked(kSerial)});
  EXPECT_EQ(Read(kit_.Crl("", "-crldays 1", &kit_.pki().root())).problem, RevocationProblem::kWrongSigner);
  const testing::SithsLikePki look_alike;
  EXPECT_EQ(Read(kit_.Crl("", "-crldays 1", &look_alike.ca(testing::PersonCa::kHsaId3))).problem,
            RevocationProblem::kWrongSigner);
  std::string crl = kit_.Crl();
  crl.back() = static_cast<char>(crl.back() ^ 1);
  EXPECT_EQ(Read(crl).problem, RevocationProblem::kWrongSigner);
}

// RFC 5280, 6.3.3 (f).
TEST_F(CrlTest, TakesNoListOfACaThatMaySignNone) {
  testing::CertificateSpec spec;
  spec.subject = {{"CN", "Kortvakt Demo CA without lists"}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  const Issued ca = testing::Issue(spec);
  kit_.WriteIndex({});
  EXPECT_EQ(ReadCrl(kit_.Crl("", "-crldays 1", &ca), {ca.der, kListed}, Now()).problem,
            RevocationProblem::kWrongSigner);
}

TEST_F(CrlTest, CountsOnlyInItsTime) {
  kit_.WriteIndex({});
  const std::string crl = kit_.Crl();
  const absl::Time begin = *Read(crl).this_update;
  EXPECT_EQ(Read(crl, begin + absl::Hours(24) + absl::Minutes(5)).status, RevocationStatus::kGood);
  EXPECT_EQ(Read(crl, begin + absl::Hours(24) + absl::Seconds(301)).problem, RevocationProblem::kNotCurrent);
  EXPECT_EQ(Read(crl, begin - absl::Seconds(301)).problem, RevocationProblem::kNotCurrent);
}

TEST_F(CrlTest, AListThatIsAPartOrARiddleTellsNothing) {
  kit_.WriteIndex({});
  for (const char* extensions :
       {"issuingDistributionPoint=critical,@p\n[p]\nfullname=URI:http://crl.test/1.crl",
        "issuingDistributionPoint=critical,@p\n[p]\nonlyuser=TRUE",
        "issuingDistributionPoint=critical,@p\n[p]\nindirectCRL=TRUE",
        "issuingDistributionPoint=@p\n[p]\nonlysomereasons=keyCompromise",
        "2.5.29.27=critical,DER:02:01:01",  // deltaCRLIndicator
        "2.999.1=critical,DER:05:00"}) {
    const RevocationAnswer answer = Read(kit_.Crl(extensions));
    EXPECT_EQ(answer.status, RevocationStatus::kUnknown) << extensions;
    EXPECT_EQ(answer.problem, RevocationProblem::kNotUnderstood) << extensions;
  }
  EXPECT_EQ(Read(kit_.Crl("2.999.1=DER:05:00\nauthorityKeyIdentifier=keyid")).status,
            RevocationStatus::kGood);
}

TEST_F(CrlTest, TakesNothingElseForAList) {
  kit_.WriteIndex({RevocationKit::Revoked("0102", "keyCompromise")});
  const std::string good = kit_.Crl();
  ASSERT_EQ(Read(good).status, RevocationStatus::kGood);
  EXPECT_EQ(Read("").problem, RevocationProblem::kMalformed);
  EXPECT_EQ(Read("-----BEGIN X509 CRL-----").problem, RevocationProblem::kMalformed);
  EXPECT_EQ(Read(good + "x").problem, RevocationProblem::kMalformed);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Read(good.substr(0, size)).status, RevocationStatus::kUnknown) << size;
  }
}

TEST_F(CrlTest, FindsOneNumberAmongManyThousands) {
  std::vector<std::string> lines;
  for (int i = 0; i < 20'000; ++i)
    lines.push_back(RevocationKit::Revoked(absl::StrFormat("%08X", 0x10000000 + i)));
  lines.insert(lines.begin() + 12'345, RevocationKit::Revoked(kSerial, "cessationOfOperation"));
  kit_.WriteIndex(lines);
  const std::string crl = kit_.Crl();
  ASSERT_GT(crl.size(), 400'000u);
  EXPECT_EQ(Read(crl).reason, RevocationReason::kCessationOfOperation);
  EXPECT_EQ(ReadCrl(crl, kit_.Name("10000003"), Now()).status, RevocationStatus::kRevoked);
  EXPECT_EQ(ReadCrl(crl, kit_.Name("20000003"), Now()).status, RevocationStatus::kGood);
}

}  // namespace
}  // namespace kortvakt
