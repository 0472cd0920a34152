#include "common/judge/rules/tls/probe_view.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/judge/words.h"
#include "common/snapshot/probe_details.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxUrl = 200;
constexpr size_t kMaxStores = 6;
constexpr size_t kMaxDetail = 128;

struct Translated {
  const char* english;
  const char* swedish;
};

// The probe's own words, and those of the C library for what it meets most.
constexpr Translated kDetails[] = {
    {probe_detail::kNoAnswer, "inget svar i tid"},
    {probe_detail::kNoAddress, "ingen adress"},
    {probe_detail::kResolverSilent, "namnuppslagningen svarar inte i tid"},
    {probe_detail::kPeerClosed, "andra sidan stängde anslutningen"},
    {probe_detail::kLongHead, "ett HTTP-huvud på mer än 8 KiB"},
    {probe_detail::kProxyNotHttp, "den svarar inte med HTTP"},
    {probe_detail::kClosed, "den stängde anslutningen"},
    {probe_detail::kReset, "den bröt anslutningen"},
    {probe_detail::kBroke, "anslutningen bröts"},
    {probe_detail::kHandshakeFailed, "TLS-handskakningen misslyckades"},
    {probe_detail::kEndlessHandshake, "handskakningen tar inte slut"},
    {probe_detail::kPlainHttp, "den svarar med HTTP utan TLS"},
    {probe_detail::kNotTls, "det som svarar är inte TLS"},
    {probe_detail::kNotHttp, "den svarar med något annat än HTTP"},
    {probe_detail::kEndlessRenegotiation, "den omförhandlar utan slut"},
    {probe_detail::kEndlessSending, "den sänder utan slut"},
    {probe_detail::kNoHttpAnswer, "inget HTTP-svar i tid"},
    {"Name or service not known", "namnet är okänt"},
    {"No address associated with hostname", "namnet har ingen adress"},
    {"Temporary failure in name resolution", "namnuppslagningen fungerar inte just nu"},
    {"Connection refused", "anslutningen nekades"},
    {"Connection reset by peer", "andra sidan bröt anslutningen"},
    {"Connection timed out", "inget svar i tid"},
    {"No route to host", "ingen väg till datorn"},
    {"Network is unreachable", "nätet kan inte nås"},
};

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

ProbeVerdict VerdictOf(const ProbeFacts& probe, const ProbeTrust& trust) {
  if (trust.verdict != ProbeVerdict::kChainIncomplete) return trust.verdict;
  const bool root_issued_it =
      std::any_of(probe.trust.begin(), probe.trust.end(), [](const ProbeTrust& other) {
        return !other.browser && other.verdict == ProbeVerdict::kTrusted && !other.with_local_intermediate;
      });
  return root_issued_it ? ProbeVerdict::kRootUnknown : trust.verdict;
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

std::string DetailText(const std::string& detail, Language language) {
  if (language == Language::kSwedish) {
    for (const Translated& known : kDetails) {
      if (detail == known.english) return known.swedish;
    }
    if (absl::StartsWith(detail, probe_detail::kAlertPrefix)) {
      return CleanText(absl::StrCat("TLS-larm ", detail.substr(sizeof probe_detail::kAlertPrefix - 1)),
                       kMaxDetail);
    }
  }
  return CleanText(detail, kMaxDetail);
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
