#include "common/judge/rules/tls/probe_view.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxUrl = 200;
constexpr size_t kMaxStores = 6;

}  // namespace

Finding NewFinding(FindingCode code, const ProbeFacts& probe) {
  Finding finding = NewFinding(code);
  finding.subject = CleanText(probe.url, kMaxUrl);
  return finding;
}

const CertificateFacts* ServerCertificate(const ProbeFacts& probe) {
  return probe.chain.empty() ? nullptr : &probe.chain.front();
}

std::vector<const CertificateFacts*> SentPath(const ProbeFacts& probe) {
  std::vector<const CertificateFacts*> path;
  const CertificateFacts* current = ServerCertificate(probe);
  while (current != nullptr && path.size() < probe.chain.size()) {
    path.push_back(current);
    const std::string& issuer = current->issuer;
    if (issuer == current->subject) break;
    const auto next = std::find_if(
        probe.chain.begin(), probe.chain.end(),
        [&](const CertificateFacts& candidate) { return candidate.subject == issuer && candidate.is_ca; });
    current = next == probe.chain.end() ? nullptr : &*next;
  }
  return path;
}

bool Counts(const ProbeFacts& probe, const ProbeTrust& trust) {
  return trust.browser || std::none_of(probe.trust.begin(), probe.trust.end(),
                                       [](const ProbeTrust& other) { return other.browser; });
}

bool AnyThatCounts(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds) {
  return std::any_of(probe.trust.begin(), probe.trust.end(),
                     [&](const ProbeTrust& trust) { return Counts(probe, trust) && holds(trust); });
}

bool AllThatCount(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds) {
  return std::all_of(probe.trust.begin(), probe.trust.end(),
                     [&](const ProbeTrust& trust) { return !Counts(probe, trust) || holds(trust); });
}

ProbeVerdict VerdictOf(const Facts& facts, const ProbeFacts& probe, const ProbeTrust& trust) {
  if (trust.verdict != ProbeVerdict::kIssuerUnknown || probe.chain.empty()) return trust.verdict;
  const std::string& name = SentPath(probe).back()->issuer;
  bool intermediate = false;
  for (const CertificateFacts* ca : facts.known_cas.cas()) {
    if (ca->subject != name) continue;
    if (ca->issuer == ca->subject) return ProbeVerdict::kRootUnknown;
    intermediate = true;
  }
  if (const CataloguedCa* ca = facts.c.catalogue.FindBySubject(name)) {
    if (ca->role == CaRole::kRoot) return ProbeVerdict::kRootUnknown;
    intermediate = true;
  }
  return intermediate ? ProbeVerdict::kChainIncomplete : trust.verdict;
}

bool IsSelfSigned(const ProbeFacts& probe) { return probe.path_length == 1 && probe.ends_self_signed; }

bool AskedTooLate(const ProbeFacts& probe) {
  return probe.client_certificate == ClientCertificateRequest::kOnPath && probe.version == "TLSv1.3";
}

HandshakeFailure HandshakeFailureOf(const ProbeFacts& probe) {
  if (probe.outcome != ProbeOutcome::kHandshakeFailed ||
      probe.client_certificate != ClientCertificateRequest::kNotAsked || probe.alert == "unrecognized_name") {
    return HandshakeFailure::kNone;
  }
  // RFC 8446, 6.2. Without an alert it may be that, as long as no certificate came.
  constexpr std::array kAlerts = {"protocol_version", "handshake_failure", "insufficient_security"};
  const bool says_so = std::find(kAlerts.begin(), kAlerts.end(), probe.alert) != kAlerts.end();
  return says_so || (probe.alert.empty() && probe.chain.empty()) ? HandshakeFailure::kNothingInCommon
                                                                 : HandshakeFailure::kOther;
}

std::string StoresFor(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds,
                      Language language) {
  std::vector<std::string> names;
  for (const ProbeTrust& trust : probe.trust) {
    if (holds(trust)) names.push_back(CleanText(trust.store, kMaxUrl));
  }
  return ListText(names, kMaxStores, language);
}

void AddEvidence(Finding& finding, const std::string& text) {
  if (text.empty()) return;
  absl::StrAppend(&finding.evidence, finding.evidence.empty() ? "" : "; ", text);
}

}  // namespace kortvakt
