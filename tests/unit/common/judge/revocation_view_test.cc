// What is known of a certificate's revocation, and how it is said.
#include "common/judge/revocation_view.h"

#include <gtest/gtest.h>

#include "common/base/time.h"

namespace kortvakt {
namespace {

RevocationCheck Check(RevocationStatus status, const std::string& host) {
  RevocationCheck check;
  check.certificate_sha256 = std::string(64, 'a');
  check.url = "http://" + host + "/path?query";
  check.status = status;
  check.checked_at = *ParseTime("2026-11-22T08:00:00Z");
  return check;
}

CertificateFacts Certificate() {
  CertificateFacts certificate;
  certificate.sha256 = std::string(64, 'a');
  return certificate;
}

TEST(RevocationViewTest, AnAnswerThatTellsCountsMoreThanALaterOneThatDoesNot) {
  Snapshot snapshot;
  EXPECT_EQ(RevocationOf(snapshot, Certificate()), nullptr);
  snapshot.revocations = {Check(RevocationStatus::kUnknown, "first"),
                          Check(RevocationStatus::kUnknown, "second")};
  EXPECT_EQ(RevocationOf(snapshot, Certificate())->url, "http://second/path?query") << "the last";
  snapshot.revocations.insert(snapshot.revocations.begin(), Check(RevocationStatus::kGood, "good"));
  EXPECT_EQ(RevocationOf(snapshot, Certificate())->status, RevocationStatus::kGood);
  snapshot.revocations.insert(snapshot.revocations.begin(), Check(RevocationStatus::kRevoked, "revoked"));
  EXPECT_EQ(RevocationOf(snapshot, Certificate())->status, RevocationStatus::kRevoked);
  CertificateFacts other;
  other.sha256 = std::string(64, 'b');
  EXPECT_EQ(RevocationOf(snapshot, other), nullptr);
}

TEST(RevocationViewTest, SaysWhoSaidItAndWhen) {
  RevocationCheck revoked = Check(RevocationStatus::kRevoked, "ocsp1.example.org");
  revoked.revoked_at = *ParseTime("2026-11-20T08:00:00Z");
  revoked.reason = RevocationReason::kKeyCompromise;
  EXPECT_EQ(RevocationText(revoked, Language::kEnglish),
            "revoked since 2026-11-20T08:00:00Z (its key is in wrong hands), by ocsp1.example.org");
  EXPECT_EQ(RevocationText(revoked, Language::kSwedish),
            "spärrat sedan 2026-11-20T08:00:00Z (nyckeln är i orätta händer), enligt ocsp1.example.org");
  revoked.reason = RevocationReason::kCertificateHold;
  EXPECT_EQ(RevocationText(revoked, Language::kEnglish),
            "suspended since 2026-11-20T08:00:00Z, by ocsp1.example.org");

  const RevocationCheck good = Check(RevocationStatus::kGood, "ocsp1.example.org:8080");
  EXPECT_EQ(RevocationText(good, Language::kEnglish),
            "not revoked, by ocsp1.example.org:8080 as of 2026-11-22T08:00:00Z");

  RevocationCheck unknown = Check(RevocationStatus::kUnknown, "ocsp1.example.org");
  unknown.problem = RevocationProblem::kNotAllowed;
  EXPECT_EQ(RevocationText(unknown, Language::kEnglish),
            "whether it is revoked could not be told: ocsp1.example.org: neither catalogue nor policy "
            "allows asking it");
}

TEST(RevocationViewTest, SaysWhyItCouldNotBeTold) {
  RevocationCheck check = Check(RevocationStatus::kUnknown, "ocsp1.example.org");
  check.problem = RevocationProblem::kUnreachable;
  EXPECT_EQ(ProblemText(check, Language::kEnglish), "no answer");
  check.detail = "HTTP status 503";
  EXPECT_EQ(ProblemText(check, Language::kEnglish), "HTTP status 503");
  check.problem = RevocationProblem::kTryLater;
  EXPECT_EQ(ProblemText(check, Language::kEnglish), "it asks to be asked later (HTTP status 503)");
}

TEST(RevocationViewTest, TakesTheHostOutOfAnyAddress) {
  EXPECT_EQ(HostOf("http://ocsp1.example.org/x"), "ocsp1.example.org");
  EXPECT_EQ(HostOf("http://ocsp1.example.org:81?x"), "ocsp1.example.org:81");
  EXPECT_EQ(HostOf("ocsp1.example.org"), "ocsp1.example.org");
  EXPECT_EQ(HostOf("http://evil\x1b[2J/"), HostOf("evil\x1b[2J"));
  EXPECT_EQ(HostOf("http://evil\x1b[2J/").find('\x1b'), std::string::npos);
  EXPECT_LE(HostOf("http://" + std::string(5000, 'x')).size(), 128u);
}

}  // namespace
}  // namespace kortvakt
