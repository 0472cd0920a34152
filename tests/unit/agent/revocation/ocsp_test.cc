#include "agent/revocation/ocsp.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

using testing::Issued;
using testing::Now;
using testing::RevocationKit;
using testing::SithsLikePki;

constexpr char kSerial[] = "016ABA6D5D708A279471A6200B593B";

class OcspTest : public ::testing::Test {
 protected:
  RevocationAnswer Read(const std::string& response, absl::Time now = Now()) const {
    return ReadOcspResponse(response, kit_.Name(kSerial), now);
  }
  RevocationKit kit_;
};

TEST_F(OcspTest, AsksAsOpensslDoes) {
  const std::string ours = kit_.folder().Write("ours.der", *MakeOcspRequest(kit_.Name(kSerial)));
  const std::string theirs = kit_.folder().path() + "/theirs.der";
  testing::Output("openssl ocsp -issuer " + kit_.folder().path() + "/ca.pem -serial 0x" + kSerial +
                  " -no_nonce -reqout " + theirs);
  EXPECT_EQ(testing::Output("sha256sum < " + ours), testing::Output("sha256sum < " + theirs));
  EXPECT_FALSE(MakeOcspRequest({kit_.issuer().der, "no number"}).ok());
  EXPECT_FALSE(MakeOcspRequest({AsBytes("no certificate"), kSerial}).ok());
}

TEST_F(OcspTest, TellsGood) {
  kit_.WriteIndex({RevocationKit::Good(kSerial)});
  const RevocationAnswer answer = Read(kit_.Ocsp(kSerial));
  EXPECT_EQ(answer.status, RevocationStatus::kGood);
  EXPECT_EQ(answer.problem, RevocationProblem::kNone);
  ASSERT_TRUE(answer.this_update && answer.next_update);
  EXPECT_EQ(*answer.next_update - *answer.this_update, absl::Hours(24));
  EXPECT_FALSE(answer.revoked_at.has_value());
}

TEST_F(OcspTest, TellsRevokedWithDateAndReason) {
  kit_.WriteIndex({RevocationKit::Revoked(kSerial, "keyCompromise")});
  const RevocationAnswer answer = Read(kit_.Ocsp(kSerial));
  EXPECT_EQ(answer.status, RevocationStatus::kRevoked);
  EXPECT_EQ(answer.reason, RevocationReason::kKeyCompromise);
  EXPECT_EQ(answer.revoked_at, absl::FromCivil(absl::CivilSecond(2020, 1, 2, 3, 4, 5), absl::UTCTimeZone()));
}

TEST_F(OcspTest, TellsHoldApart) {
  kit_.WriteIndex({RevocationKit::Revoked(kSerial, "certificateHold")});
  EXPECT_EQ(Read(kit_.Ocsp(kSerial)).reason, RevocationReason::kCertificateHold);
}

TEST_F(OcspTest, TakesADelegatedResponderOfTheIssuer) {
  kit_.WriteIndex({RevocationKit::Good(kSerial)});
  const Issued responder = kit_.Responder(kit_.issuer());
  EXPECT_EQ(Read(kit_.Ocsp(kSerial, &responder)).status, RevocationStatus::kGood);
}

// RFC 6960, 4.2.2.2: each of these may sign something, but not this.
TEST_F(OcspTest, TakesNoOtherSigner) {
  kit_.WriteIndex({RevocationKit::Good(kSerial)});
  const Issued by_root = kit_.Responder(kit_.pki().root());
  const SithsLikePki look_alike;
  const Issued by_look_alike = kit_.Responder(look_alike.ca(testing::PersonCa::kHsaId3));
  const Issued without_usage =
      kit_.Responder(kit_.issuer(), [](auto& spec) { spec.extended_key_usages = {"clientAuth"}; });
  const Issued for_anything =
      kit_.Responder(kit_.issuer(), [](auto& spec) { spec.extended_key_usages = {}; });
  const Issued ended =
      kit_.Responder(kit_.issuer(), [](auto& spec) { spec.not_after = testing::LongAgo() + absl::Hours(1); });
  const Issued without_signature =
      kit_.Responder(kit_.issuer(), [](auto& spec) { spec.key_usages = {"keyEncipherment"}; });
  const Issued with_riddle = kit_.Responder(kit_.issuer(), [](auto& spec) {
    spec.extensions = {{"2.999.1", true, {0x05, 0x00}}};
  });
  const Issued& name_sake = look_alike.ca(testing::PersonCa::kHsaId3);
  for (const Issued* signer : {&by_root, &by_look_alike, &without_usage, &for_anything, &ended,
                               &without_signature, &with_riddle, &name_sake}) {
    const RevocationAnswer answer = Read(kit_.Ocsp(kSerial, signer));
    EXPECT_EQ(answer.status, RevocationStatus::kUnknown);
    EXPECT_EQ(answer.problem, RevocationProblem::kWrongSigner);
  }
}

TEST_F(OcspTest, TakesNoResponseWhoseSignatureDoesNotHold) {
  kit_.WriteIndex({RevocationKit::Good(kSerial)});
  std::string response = kit_.Ocsp(kSerial, nullptr, "-ndays 1 -resp_no_certs");
  response.back() = static_cast<char>(response.back() ^ 1);
  EXPECT_EQ(Read(response).problem, RevocationProblem::kWrongSigner);
}

TEST_F(OcspTest, SoftAnswersStayUnknown) {
  kit_.WriteIndex({});
  EXPECT_EQ(Read(kit_.Ocsp(kSerial)).problem, RevocationProblem::kNotKnown);
  // OCSPResponse of an OCSPResponseStatus alone (RFC 6960, 4.2.1).
  const auto error = [](char status) { return std::string{0x30, 0x03, 0x0A, 0x01, status}; };
  EXPECT_EQ(Read(error(1)).problem, RevocationProblem::kRefused);    // malformedRequest
  EXPECT_EQ(Read(error(2)).problem, RevocationProblem::kTryLater);   // internalError
  EXPECT_EQ(Read(error(3)).problem, RevocationProblem::kTryLater);   // tryLater
  EXPECT_EQ(Read(error(5)).problem, RevocationProblem::kRefused);    // sigRequired
  EXPECT_EQ(Read(error(6)).problem, RevocationProblem::kRefused);    // unauthorized
  EXPECT_EQ(Read(error(9)).problem, RevocationProblem::kMalformed);  // none
  for (const char status : {1, 2, 3, 5, 6, 9})
    EXPECT_EQ(Read(error(status)).status, RevocationStatus::kUnknown);
}

TEST_F(OcspTest, TakesNoAnswerAboutAnotherCertificate) {
  kit_.WriteIndex({RevocationKit::Good("0102"), RevocationKit::Good(kSerial)});
  const RevocationAnswer answer = Read(kit_.Ocsp("0102"));
  EXPECT_EQ(answer.status, RevocationStatus::kUnknown);
  EXPECT_EQ(answer.problem, RevocationProblem::kNotKnown);
}

TEST_F(OcspTest, CountsOnlyInItsTime) {
  kit_.WriteIndex({RevocationKit::Revoked(kSerial)});
  const std::string a_day = kit_.Ocsp(kSerial);
  const std::string no_end = kit_.Ocsp(kSerial, nullptr, "");
  const absl::Time begin = *Read(a_day).this_update;
  EXPECT_EQ(Read(a_day, begin + absl::Hours(24) + absl::Minutes(5)).status, RevocationStatus::kRevoked);
  EXPECT_EQ(Read(a_day, begin + absl::Hours(24) + absl::Seconds(301)).problem,
            RevocationProblem::kNotCurrent);
  EXPECT_EQ(Read(a_day, begin - absl::Minutes(5)).status, RevocationStatus::kRevoked);
  EXPECT_EQ(Read(a_day, begin - absl::Seconds(301)).problem, RevocationProblem::kNotCurrent);
  const absl::Time no_end_begin = *Read(no_end).this_update;
  EXPECT_EQ(Read(no_end, no_end_begin + absl::Hours(24)).status, RevocationStatus::kRevoked);
  EXPECT_EQ(Read(no_end, no_end_begin + absl::Hours(25)).problem, RevocationProblem::kNotCurrent);
}

TEST_F(OcspTest, TakesNothingElseForAResponse) {
  kit_.WriteIndex({RevocationKit::Good(kSerial)});
  const std::string good = kit_.Ocsp(kSerial);
  ASSERT_EQ(Read(good).status, RevocationStatus::kGood);
  EXPECT_EQ(Read("").problem, RevocationProblem::kMalformed);
  EXPECT_EQ(Read("<html>Log in to the network</html>").problem, RevocationProblem::kMalformed);
  EXPECT_EQ(Read(good + "x").problem, RevocationProblem::kMalformed);
  EXPECT_EQ(Read(std::string(kMaxOcspResponse + 1, '0')).problem, RevocationProblem::kMalformed);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Read(good.substr(0, size)).status, RevocationStatus::kUnknown) << size;
  }
}

}  // namespace
}  // namespace kortvakt
