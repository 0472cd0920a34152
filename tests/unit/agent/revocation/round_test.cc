#include "agent/revocation/round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/time.h"
#include "common/snapshot/revocation_details.h"
#include "tests/unit/agent/revocation/revocation_kit.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using testing::FakeFetcher;
using ::testing::IsEmpty;
using testing::Issued;
using testing::RevocationKit;
using ::testing::SizeIs;

constexpr char kOcsp[] = "http://ocsp.test/";
constexpr char kCrl[] = "http://crl.test/a.crl";

class RoundTest : public ::testing::Test {
 protected:
  RoundTest() {
    kit_.WriteIndex({RevocationKit::Good("0A0B"), RevocationKit::Revoked("0C0D")});
    good_ = kit_.Ocsp("0A0B");
    crl_ = kit_.Crl();
  }

  RevocationQuestion Question(const std::string& serial = "0A0B") const {
    return {std::string(64, serial[1] == 'A' ? 'a' : 'c'), serial, kit_.issuer().der, {kOcsp}, {kCrl}};
  }
  RevocationRound Round(Fetcher& fetcher,
                        std::vector<std::string> hosts = {"ocsp.test", "crl.test", "aia.test"}) const {
    return RevocationRound(fetcher, SystemClock(),
                           {.hosts = std::move(hosts), .limit = ProbeLimit::After(absl::Minutes(1))});
  }
  // Answers OCSP with `ocsp`, a GET with the list.
  FakeFetcher::Answer Answer(absl::StatusOr<std::string> ocsp) const {
    return [this, ocsp](const FetchRequest& request) -> absl::StatusOr<std::string> {
      if (request.ocsp_request.empty()) return crl_;
      return ocsp;
    };
  }

  RevocationKit kit_;
  std::string good_;
  std::string crl_;
};

TEST_F(RoundTest, AsksOcspFirstAndThenNobody) {
  FakeFetcher fetcher(Answer(good_));
  const auto checks = *Round(fetcher).Ask(Question());
  ASSERT_THAT(checks, SizeIs(1));
  EXPECT_EQ(checks[0].status, RevocationStatus::kGood);
  EXPECT_EQ(checks[0].source, RevocationSource::kOcsp);
  EXPECT_EQ(checks[0].url, kOcsp);
  EXPECT_NE(checks[0].checked_at, absl::UnixEpoch());
  EXPECT_THAT(fetcher.asked(), ElementsAre(kOcsp));
}

TEST_F(RoundTest, TurnsToTheListWhereOcspDoesNotTell) {
  FakeFetcher fetcher(Answer(absl::UnavailableError(download_detail::kNoConnection)));
  const auto checks = *Round(fetcher).Ask(Question("0C0D"));
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_EQ(checks[0].problem, RevocationProblem::kUnreachable);
  EXPECT_EQ(checks[0].detail, "no connection");
  EXPECT_EQ(checks[1].source, RevocationSource::kCrl);
  EXPECT_EQ(checks[1].status, RevocationStatus::kRevoked);
}

TEST_F(RoundTest, AsksNoListWhereOcspSaysRevoked) {
  FakeFetcher fetcher(Answer(kit_.Ocsp("0C0D")));
  const auto checks = *Round(fetcher).Ask(Question("0C0D"));
  ASSERT_THAT(checks, SizeIs(1));
  EXPECT_EQ(checks[0].status, RevocationStatus::kRevoked);
  EXPECT_THAT(fetcher.asked(), ElementsAre(kOcsp));
}

// RFC 6960, 2.2.
TEST_F(RoundTest, TurnsToTheListWhereTheResponderDoesNotKnow) {
  FakeFetcher fetcher(Answer(kit_.Ocsp("0E0F")));
  const auto checks = *Round(fetcher).Ask(Question("0E0F"));
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_EQ(checks[0].problem, RevocationProblem::kNotKnown);
  EXPECT_EQ(checks[1].status, RevocationStatus::kGood);
}

TEST_F(RoundTest, FetchesAListOnceAndLeavesASilentServerAlone) {
  FakeFetcher fetcher(Answer(absl::DeadlineExceededError(download_detail::kNoAnswer)));
  RevocationRound round = Round(fetcher);
  EXPECT_EQ((*round.Ask(Question("0A0B")))[1].status, RevocationStatus::kGood);
  const auto second = *round.Ask(Question("0C0D"));
  EXPECT_EQ(second[0].detail, download_detail::kNoAnswer);
  EXPECT_EQ(second[1].status, RevocationStatus::kRevoked);
  EXPECT_THAT(fetcher.asked(), ElementsAre(kOcsp, kCrl));
}

TEST_F(RoundTest, AnAnswerAtOnePathSaysNothingAboutAnother) {
  FakeFetcher fetcher([this](const FetchRequest& request) -> absl::StatusOr<std::string> {
    if (request.address.path == "/old") return absl::NotFoundError("HTTP status 404");
    return good_;
  });
  RevocationQuestion question = Question();
  question.ocsp_urls = {"http://ocsp.test/old", kOcsp};
  const auto checks = *Round(fetcher).Ask(question);
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_EQ(checks[0].detail, "HTTP status 404");
  EXPECT_EQ(checks[1].status, RevocationStatus::kGood);
}

TEST_F(RoundTest, BlamesNoServerForTheRoundsOwnEnd) {
  FakeFetcher fetcher(Answer(absl::DeadlineExceededError(download_detail::kNoAnswer)));
  RevocationRound round(fetcher, SystemClock(),
                        {.hosts = {"ocsp.test", "crl.test"}, .limit = ProbeLimit::After(absl::Seconds(20))});
  EXPECT_THAT(*round.Ask(Question()), IsEmpty());
  EXPECT_THAT(*round.Ask(Question()), IsEmpty());
  EXPECT_THAT(fetcher.asked(), ElementsAre(kOcsp, kOcsp)) << "it does not count as silent";
}

TEST_F(RoundTest, AFailureOfOurOwnIsNoAnswer) {
  FakeFetcher fetcher(Answer(absl::InternalError("starting the helper")));
  EXPECT_TRUE(absl::IsInternal(Round(fetcher).Ask(Question()).status()));
  CaQuestion question;
  question.ca.ca_issuers_url = kOcsp;
  FakeFetcher for_ca([](const FetchRequest&) { return absl::InternalError("starting the helper"); });
  EXPECT_TRUE(absl::IsInternal(Round(for_ca).Ask(question).status()));
}

TEST_F(RoundTest, AsksNoHostThatIsNotAllowed) {
  FakeFetcher fetcher(Answer(good_));
  RevocationQuestion question = Question();
  question.ocsp_urls = {"http://ocsp.test:8080/",     "http://ocsp.test.evil.test/",
                        "http://evil.test/ocsp.test", "http://ocsp.test@evil.test/",
                        "http://127.0.0.1/",          "ftp://ocsp.test/"};
  question.crl_urls = {"http://169.254.169.254/latest"};
  const auto checks = *Round(fetcher).Ask(question);
  EXPECT_THAT(checks, SizeIs(7));
  for (const RevocationCheck& check : checks) {
    EXPECT_EQ(check.status, RevocationStatus::kUnknown) << check.url;
    EXPECT_EQ(check.problem, RevocationProblem::kNotAllowed) << check.url;
  }
  EXPECT_THAT(fetcher.asked(), IsEmpty());
  EXPECT_EQ((*Round(fetcher, {"ocsp.test:8080"}).Ask(question))[0].status, RevocationStatus::kGood);
}

TEST_F(RoundTest, SaysNothingWhereNoTimeIsLeft) {
  FakeFetcher fetcher(Answer(good_));
  RevocationRound round(fetcher, SystemClock(),
                        {.hosts = {"ocsp.test"}, .limit = ProbeLimit::After(absl::ZeroDuration())});
  EXPECT_THAT(*round.Ask(Question()), IsEmpty());
  EXPECT_THAT(fetcher.asked(), IsEmpty());
}

TEST_F(RoundTest, StopsWhenTold) {
  FakeFetcher fetcher(Answer(absl::CancelledError("interrupted")));
  EXPECT_TRUE(absl::IsCancelled(Round(fetcher).Ask(Question()).status()));
}

TEST_F(RoundTest, KnowsAFetchedCaAgain) {
  const auto ask = [this](const std::string& body, bool with_root, bool with_fingerprint) {
    FakeFetcher fetcher([&](const FetchRequest&) { return body; });
    CaQuestion question;
    question.ca.id = "demo";
    question.ca.subject = ReadCertificate(kit_.issuer().der, {})->subject;
    question.ca.ca_issuers_url = "http://aia.test/ca.cer";
    if (with_fingerprint) question.ca.sha256 = kit_.issuer().sha256;
    if (with_root) question.issuer = kit_.pki().root().der;
    return (*Round(fetcher).Ask(question))[0];
  };
  const std::string right = AsString(kit_.issuer().der);
  const testing::SithsLikePki look_alike;
  const std::string wrong = AsString(look_alike.ca(testing::PersonCa::kHsaId3).der);
  EXPECT_EQ(ask(right, true, true).outcome, CaDownloadOutcome::kMatches);
  EXPECT_EQ(ask(right, true, true).sha256, kit_.issuer().sha256);
  EXPECT_EQ(ask(right, true, false).outcome, CaDownloadOutcome::kMatches);
  EXPECT_EQ(ask(right, false, false).outcome, CaDownloadOutcome::kByName);
  EXPECT_EQ(ask(wrong, true, true).outcome, CaDownloadOutcome::kOther);
  EXPECT_EQ(ask(wrong, true, false).outcome, CaDownloadOutcome::kOther);
  EXPECT_EQ(ask(AsString(kit_.pki().root().der), true, false).outcome, CaDownloadOutcome::kOther);
  EXPECT_EQ(ask("<html>", true, true).outcome, CaDownloadOutcome::kNoCertificate);
  EXPECT_EQ(ask(kit_.issuer().pem, true, true).outcome, CaDownloadOutcome::kNoCertificate);
}

TEST_F(RoundTest, TellsACaThatDoesNotCome) {
  CaQuestion question;
  question.ca.id = "demo";
  question.ca.ca_issuers_url = "http://aia.test/ca.cer";
  FakeFetcher fetcher([](const FetchRequest&) { return absl::NotFoundError("HTTP status 404"); });
  const CaDownload download = (*Round(fetcher).Ask(question))[0];
  EXPECT_EQ(download.outcome, CaDownloadOutcome::kUnreachable);
  EXPECT_EQ(download.detail, "HTTP status 404");
  EXPECT_EQ((*Round(fetcher, {"ocsp.test"}).Ask(question))[0].outcome, CaDownloadOutcome::kNotAllowed);
  EXPECT_THAT(fetcher.asked(), SizeIs(1));
}

}  // namespace
}  // namespace kortvakt
