// Revoked certificates, servers that tell of revocation, and where missing CAs are fetched.
#include "common/snapshot/revocation_details.h"
#include "tests/support/scenarios/parts.h"

namespace kortvakt::testing {
namespace {

using enum FindingCode;
using enum Severity;

constexpr char kOcsp[] = "http://ocsp1.siths.se";
constexpr char kCrl[] = "http://crl1.siths.se/sithseidpersonhsaid3cav1.crl";

RevocationCheck CheckOf(const CertificateFacts& certificate,
                        RevocationSource source = RevocationSource::kOcsp) {
  RevocationCheck check;
  check.certificate_sha256 = certificate.sha256;
  check.source = source;
  check.url = source == RevocationSource::kOcsp ? kOcsp : kCrl;
  check.checked_at = In(-0.1);
  return check;
}

RevocationCheck Good(const CertificateFacts& certificate, RevocationSource source = RevocationSource::kOcsp) {
  RevocationCheck check = CheckOf(certificate, source);
  check.status = RevocationStatus::kGood;
  check.this_update = In(-0.2);
  check.next_update = In(1);
  return check;
}

RevocationCheck Revoked(const CertificateFacts& certificate,
                        RevocationReason reason = RevocationReason::kCessationOfOperation) {
  RevocationCheck check = Good(certificate);
  check.status = RevocationStatus::kRevoked;
  check.revoked_at = In(-3);
  check.reason = reason;
  return check;
}

RevocationCheck Untold(const CertificateFacts& certificate, RevocationProblem problem,
                       const std::string& detail = "", RevocationSource source = RevocationSource::kOcsp) {
  RevocationCheck check = CheckOf(certificate, source);
  check.problem = problem;
  check.detail = detail;
  return check;
}

// A card with these, and what was told of the first of its certificates.
Snapshot Told(std::vector<CertificateFacts> certificates,
              const std::function<std::vector<RevocationCheck>(const CertificateFacts&)>& checks) {
  Snapshot snapshot = Workstation(BareCardWith(std::move(certificates)));
  snapshot.revocations = checks(snapshot.readers[0].card->certificates[0]);
  return snapshot;
}

std::vector<CertificateFacts> LoginAndSignature(double days) {
  return {LoginCertificate(In(days)), SignatureCertificate(In(days))};
}

CaDownload Download(CaDownloadOutcome outcome, const std::string& detail = "") {
  CaDownload download;
  download.ca = kHsaId3;
  download.url = "http://aia.siths.se/sithseidpersonhsaid3cav1.cer";
  download.outcome = outcome;
  download.detail = detail;
  download.checked_at = In(-0.1);
  return download;
}

Snapshot WithoutHsaId3(CaDownload download) {
  Snapshot snapshot = GoodCard();
  snapshot.trust_stores = {BundleWith(Without({kHsaId3}))};
  snapshot.ca_downloads = {std::move(download)};
  return snapshot;
}

void AddRevoked(std::vector<Scenario>& table) {
  using Checks = std::vector<RevocationCheck>;
  table.push_back({"A certificate that is not revoked",
                   Told(LoginAndSignature(700), [](const auto& c) { return Checks{Good(c)}; }),
                   {},
                   {}});
  table.push_back({"A revoked login certificate",
                   Told(LoginAndSignature(700), [](const auto& c) { return Checks{Revoked(c)}; }),
                   {},
                   {{kCertRevoked, kCritical}}});
  table.push_back({"A suspended login certificate",
                   Told(LoginAndSignature(700),
                        [](const auto& c) { return Checks{Revoked(c, RevocationReason::kCertificateHold)}; }),
                   {},
                   {{kCertRevoked, kCritical}}});
  table.push_back({"A revoked login certificate that ends soon: the revocation first",
                   Told(LoginAndSignature(20), [](const auto& c) { return Checks{Revoked(c)}; }),
                   {},
                   {{kCertRevoked, kCritical}, {kCertExpiresSoon, kWarning}}});
  table.push_back({"A revoked certificate that has ended anyway",
                   Told(LoginAndSignature(-3), [](const auto& c) { return Checks{Revoked(c)}; }),
                   {},
                   {{kCertExpired, kCritical}}});
  table.push_back(
      {"One of two login certificates is revoked",
       Told({LoginCertificate(In(700)), NationalIdCertificate(In(700)), SignatureCertificate(In(700))},
            [](const auto& c) { return Checks{Revoked(c)}; }),
       {},
       {{kCertRevoked, kWarning}, kTwoLogins}});
  table.push_back(
      {"A revoked certificate that another has replaced",
       Told({LoginCertificate(In(300)), LoginCertificate(In(1500)), SignatureCertificate(In(1500))},
            [](const auto& c) { return Checks{Revoked(c, RevocationReason::kSuperseded)}; }),
       {},
       {kTwoLogins}});
  table.push_back({"A revoked signature certificate",
                   Told({SignatureCertificate(In(700)), LoginCertificate(In(700))},
                        [](const auto& c) { return Checks{Revoked(c)}; }),
                   {},
                   {{kCertRevoked, kWarning}}});
  table.push_back({"OCSP says nothing of use, the list says revoked",
                   Told(LoginAndSignature(700),
                        [](const auto& c) {
                          RevocationCheck listed = Revoked(c);
                          listed.source = RevocationSource::kCrl;
                          listed.url = kCrl;
                          return Checks{Untold(c, RevocationProblem::kNotKnown), listed};
                        }),
                   {},
                   {{kCertRevoked, kCritical}}});
  // One that is not told is neither revoked nor good.
  table.push_back({"Whether it is revoked cannot be told: the responder does not know the certificate",
                   Told(LoginAndSignature(700),
                        [](const auto& c) { return Checks{Untold(c, RevocationProblem::kNotKnown)}; }),
                   {},
                   {}});
  table.push_back({"Whether it is revoked cannot be told: the answer is signed by somebody else",
                   Told(LoginAndSignature(700),
                        [](const auto& c) { return Checks{Untold(c, RevocationProblem::kWrongSigner)}; }),
                   {},
                   {}});
}

void AddServers(std::vector<Scenario>& table) {
  using Checks = std::vector<RevocationCheck>;
  table.push_back({"No revocation server can be reached",
                   Told(LoginAndSignature(700),
                        [](const auto& c) {
                          return Checks{
                              Untold(c, RevocationProblem::kUnreachable, download_detail::kNoConnection),
                              Untold(c, RevocationProblem::kUnreachable, download_detail::kNoAddress,
                                     RevocationSource::kCrl)};
                        }),
                   {},
                   {{kRevocationUnreachable, kWarning}}});
  table.push_back({"OCSP cannot be reached, the list tells",
                   Told(LoginAndSignature(700),
                        [](const auto& c) {
                          return Checks{
                              Untold(c, RevocationProblem::kUnreachable, download_detail::kNoAnswer),
                              Good(c, RevocationSource::kCrl)};
                        }),
                   {},
                   {{kRevocationUnreachable, kInfo}}});
  table.push_back({"A page of the network answers for the revocation server",
                   Told(LoginAndSignature(700),
                        [](const auto& c) { return Checks{Untold(c, RevocationProblem::kMalformed)}; }),
                   {},
                   {{kRevocationUnreachable, kWarning}}});
  table.push_back({"A list that is out of date",
                   Told(LoginAndSignature(700),
                        [](const auto& c) {
                          return Checks{Untold(c, RevocationProblem::kNotCurrent, "2026-11-20T08:00:00Z",
                                               RevocationSource::kCrl)};
                        }),
                   {},
                   {{kRevocationUnreachable, kWarning}}});
  table.push_back({"A list that looks out of date by a clock a year ahead: that cannot be told",
                   With(Told(LoginAndSignature(700),
                             [](const auto& c) {
                               return Checks{Untold(c, RevocationProblem::kNotCurrent, "2026-11-20T08:00:00Z",
                                                    RevocationSource::kCrl)};
                             }),
                        [](Snapshot& s) { s.clock.offset_to_collector = Days(365); }),
                   {},
                   {{kClockWrong, kCritical}}});
  table.push_back({"A revocation server that may not be asked",
                   Told(LoginAndSignature(700),
                        [](const auto& c) { return Checks{Untold(c, RevocationProblem::kNotAllowed)}; }),
                   {},
                   {}});
}

void AddDownloads(std::vector<Scenario>& table) {
  table.push_back({"A missing CA whose address gives it",
                   WithoutHsaId3(Download(CaDownloadOutcome::kMatches)),
                   {},
                   {{kIntermediateMissing, kCritical}}});
  table.push_back({"A missing CA that cannot be fetched either",
                   WithoutHsaId3(Download(CaDownloadOutcome::kUnreachable, "HTTP status 404")),
                   {},
                   {{kIntermediateMissing, kCritical}, {kAiaUnreachable, kWarning}}});
  table.push_back({"A missing CA whose address gives another certificate",
                   WithoutHsaId3(Download(CaDownloadOutcome::kOther)),
                   {},
                   {{kIntermediateMissing, kCritical}, {kAiaUnreachable, kWarning}}});
  table.push_back({"A missing CA whose address may not be asked: whether it comes cannot be told",
                   WithoutHsaId3(Download(CaDownloadOutcome::kNotAllowed)),
                   {},
                   {{kIntermediateMissing, kCritical}}});
  table.push_back({"A CA that could not be fetched and is here by now",
                   With(GoodCard(),
                        [](Snapshot& s) {
                          s.ca_downloads = {
                              Download(CaDownloadOutcome::kUnreachable, download_detail::kNoAnswer)};
                        }),
                   {},
                   {}});
}

}  // namespace

std::vector<Scenario> RevocationScenarios() { return TableOf({AddRevoked, AddServers, AddDownloads}); }

}  // namespace kortvakt::testing
