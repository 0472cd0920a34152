#include "common/judge/probe_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/judge/detail_text.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// So many of the CAs that a server names are told.
constexpr size_t kMaxCaNames = 4;

}  // namespace

std::string OutcomeText(const ProbeFacts& probe, Language language) {
  const auto with_detail = [&](const char* text) {
    const std::string detail = DetailText(probe.detail, language);
    return detail.empty() ? std::string(text) : absl::StrCat(text, " (", detail, ")");
  };
  switch (probe.outcome) {
    case ProbeOutcome::kNameUnknown:
      return Say(language, "the name has no address here", "namnet har ingen adress här");
    case ProbeOutcome::kUnreachable:
      return Say(language, "no connection", "ingen anslutning");
    case ProbeOutcome::kProxyRefused:
      return Say(language, "the proxy refuses", "proxyn vägrar");
    case ProbeOutcome::kClosedAtHello:
      return Say(language, "closed on the first TLS message", "stängd vid det första TLS-meddelandet");
    case ProbeOutcome::kNotTls:
      return Say(language, "not TLS", "inte TLS");
    case ProbeOutcome::kHandshakeFailed:
      return with_detail(Say(language, "the TLS handshake fails", "TLS-handskakningen misslyckas"));
    case ProbeOutcome::kRefused:
      return with_detail(Say(language, "ended after the TLS handshake", "avslutad efter TLS-handskakningen"));
    case ProbeOutcome::kSilent:
      return Say(language, "TLS works, but no HTTP answer came", "TLS fungerar, men inget HTTP-svar kom");
    case ProbeOutcome::kAnswered:
      return absl::StrCat("HTTP ", probe.http_status);
    case ProbeOutcome::kTimedOut:
      break;
  }
  return Say(language, "no answer in time", "inget svar i tid");
}

std::string AskedForText(const ProbeFacts& probe, Language language) {
  if (probe.client_certificate == ClientCertificateRequest::kNotAsked) return "";
  if (probe.ca_names.empty()) {
    return Say(language, "a client certificate, of no CA in particular",
               "ett klientcertifikat, utan att ange någon CA");
  }
  std::vector<std::string> names;
  for (const std::string& name : probe.ca_names) names.push_back(CommonName(name));
  return absl::StrCat(Say(language, "a client certificate by ", "ett klientcertifikat från "),
                      ListText(names, kMaxCaNames, language));
}

}  // namespace kortvakt
