#include "agent/revocation/round.h"

#include <algorithm>
#include <utility>

#include "agent/revocation/crl.h"
#include "agent/revocation/ocsp.h"
#include "common/base/host_list.h"
#include "common/base/status.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxCaCertificate = 64u << 10;  // as certificates are read (certificate_facts.h)
constexpr absl::Duration kTooLittle = absl::Milliseconds(100);

// Whether `fetched` says nothing about a server: told to stop, no time left, or a failure of
// our own.
bool IsNoAnswer(const absl::Status& fetched) {
  return absl::IsCancelled(fetched) || absl::IsDeadlineExceeded(fetched) || absl::IsInternal(fetched);
}

RevocationCheck Problem(RevocationCheck check, RevocationProblem problem, std::string detail) {
  check.problem = problem;
  check.detail = std::move(detail);
  return check;
}

// What `der` is of the CA that was asked for.
CaDownloadOutcome Compare(const CaQuestion& question, ByteView der, const std::string& sha256) {
  const absl::StatusOr<CertificateFacts> facts =
      ReadCertificate(der, {.keep_hsa_id = false, .keep_card_number = false});
  if (!facts.ok()) return CaDownloadOutcome::kNoCertificate;
  if (!question.ca.sha256.empty()) {
    return question.ca.sha256 == sha256 ? CaDownloadOutcome::kMatches : CaDownloadOutcome::kOther;
  }
  if (!facts->is_ca || facts->subject != question.ca.subject) return CaDownloadOutcome::kOther;
  if (question.issuer.empty()) return CaDownloadOutcome::kByName;
  CertificatePool root;
  return root.Add(question.issuer).ok() && !root.FindIssuer(der).empty() ? CaDownloadOutcome::kMatches
                                                                         : CaDownloadOutcome::kOther;
}

}  // namespace

RevocationRound::RevocationRound(Fetcher& fetcher, const Clock& clock, Options options)
    : fetcher_(fetcher), clock_(clock), options_(std::move(options)) {}

bool RevocationRound::TimeIsUp() const { return options_.limit.Left() < kTooLittle; }

absl::StatusOr<std::string> RevocationRound::Fetch(const std::string& url, const std::string& ocsp_request,
                                                   size_t max_bytes) {
  const absl::StatusOr<FetchAddress> address = ParseFetchAddress(url);
  if (!address.ok() || !AllowsHost(options_.hosts, address->server.host, address->server.port)) {
    return absl::PermissionDeniedError("");
  }
  const std::string server = FormatServerAddress(address->server);
  if (const auto silent = silent_.find(server); silent != silent_.end()) {
    return absl::UnavailableError(silent->second);
  }
  options_.progress(url);
  ProbeLimit limit = ProbeLimit::After(options_.each, options_.limit.stop);
  const bool cut = options_.limit.end < limit.end;
  if (cut) limit.end = options_.limit.end;
  absl::StatusOr<std::string> body = fetcher_.Fetch({*address, ocsp_request, max_bytes}, limit);
  if (absl::IsDeadlineExceeded(body.status())) {
    // It had less time than a server is given: nothing is known of it.
    if (cut) return body;
    body = absl::UnavailableError(body.status().message());
  }
  // A server that takes its time would take it for every certificate. One that answers may
  // have another answer at another path.
  if (absl::IsUnavailable(body.status())) silent_[server] = std::string(body.status().message());
  return body;
}

absl::StatusOr<RevocationCheck> RevocationRound::AskOne(const RevocationQuestion& question,
                                                        RevocationSource source, const std::string& url) {
  RevocationCheck check;
  check.certificate_sha256 = question.certificate_sha256;
  check.source = source;
  check.url = url;
  const CertificateName name{question.issuer, question.serial_number};
  const bool ocsp = source == RevocationSource::kOcsp;
  std::string request;
  if (ocsp) {
    absl::StatusOr<std::string> made = MakeOcspRequest(name);
    if (!made.ok())
      return Problem(check, RevocationProblem::kNotUnderstood, std::string(made.status().message()));
    request = *std::move(made);
  }
  absl::StatusOr<std::string> fetched;
  if (ocsp || list_url_ != url) {
    fetched = Fetch(url, request, ocsp ? kMaxOcspResponse : kMaxFetchBytes);
    check.checked_at = clock_.Now();
    if (IsNoAnswer(fetched.status())) return fetched.status();
    if (absl::IsPermissionDenied(fetched.status())) return Problem(check, RevocationProblem::kNotAllowed, "");
    if (!fetched.ok()) {
      return Problem(check, RevocationProblem::kUnreachable, std::string(fetched.status().message()));
    }
  }
  check.checked_at = clock_.Now();
  if (!ocsp && list_url_ != url) {
    list_url_ = url;
    list_ = *std::move(fetched);
  }
  RevocationAnswer answer =
      ocsp ? ReadOcspResponse(*fetched, name, check.checked_at) : ReadCrl(list_, name, check.checked_at);
  check.status = answer.status;
  check.problem = answer.problem;
  check.detail = std::move(answer.detail);
  check.this_update = answer.this_update;
  check.next_update = answer.next_update;
  check.revoked_at = answer.revoked_at;
  check.reason = answer.reason;
  return check;
}

absl::StatusOr<std::vector<RevocationCheck>> RevocationRound::Ask(const RevocationQuestion& question) {
  std::vector<RevocationCheck> checks;
  const std::pair<RevocationSource, const std::vector<std::string>&> sources[] = {
      {RevocationSource::kOcsp, question.ocsp_urls}, {RevocationSource::kCrl, question.crl_urls}};
  for (const auto& [source, urls] : sources) {
    for (const std::string& url : urls) {
      if (TimeIsUp()) return checks;
      absl::StatusOr<RevocationCheck> check = AskOne(question, source, url);
      if (absl::IsDeadlineExceeded(check.status())) return checks;
      RETURN_IF_ERROR(check.status());
      const bool told = check->status != RevocationStatus::kUnknown;
      checks.push_back(*std::move(check));
      if (told) return checks;
    }
  }
  return checks;
}

absl::StatusOr<std::vector<CaDownload>> RevocationRound::Ask(const CaQuestion& question) {
  std::vector<CaDownload> downloads;
  if (TimeIsUp()) return downloads;
  CaDownload download;
  download.ca = question.ca.id;
  download.url = question.ca.ca_issuers_url;
  const absl::StatusOr<std::string> body = Fetch(download.url, "", kMaxCaCertificate);
  if (absl::IsDeadlineExceeded(body.status())) return downloads;
  if (IsNoAnswer(body.status())) return body.status();
  download.checked_at = clock_.Now();
  if (body.ok()) {
    download.sha256 = Sha256Hex(AsBytes(*body));
    download.outcome = Compare(question, AsBytes(*body), download.sha256);
  } else if (absl::IsPermissionDenied(body.status())) {
    download.outcome = CaDownloadOutcome::kNotAllowed;
  } else {
    download.detail = std::string(body.status().message());
  }
  downloads.push_back(std::move(download));
  return downloads;
}

}  // namespace kortvakt
