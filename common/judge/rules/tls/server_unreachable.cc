#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"
#include "common/snapshot/probe_details.h"

namespace kortvakt {
namespace {

constexpr uint32_t kProxyAuthenticationRequired = 407;  // RFC 9110, 15.5.8

bool EndedBeforeTls(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kNameUnknown:
    case ProbeOutcome::kUnreachable:
    case ProbeOutcome::kProxyRefused:
    case ProbeOutcome::kClosedAtHello:
    case ProbeOutcome::kTimedOut:
      return true;
    default:
      return false;
  }
}

std::string Addresses(const ProbeFacts& probe, Language language) {
  std::vector<std::string> texts;
  for (const ProbeAddress& address : probe.addresses) {
    texts.push_back(
        absl::StrCat(CleanText(address.address, 64), " (", DetailText(address.error, language), ")"));
  }
  return ListText(texts, 4, language);
}

// Whether it is the proxy that cannot be reached.
bool EndedBeforeProxy(const ProbeFacts& probe) {
  return !probe.proxy.empty() &&
         (probe.outcome == ProbeOutcome::kNameUnknown || probe.outcome == ProbeOutcome::kUnreachable);
}

std::string EvidenceOfProxy(const ProbeFacts& probe, Language language) {
  const std::string proxy = CleanText(probe.proxy, 128);
  return probe.outcome == ProbeOutcome::kNameUnknown
             ? absl::Substitute(Say(language, "the name of the proxy $0 has no address here ($1)",
                                    "namnet på proxyn $0 har ingen adress här ($1)"),
                                proxy, DetailText(probe.detail, language))
             : absl::Substitute(Say(language, "the proxy $0 takes no connection: $1",
                                    "proxyn $0 tar inte emot någon anslutning: $1"),
                                proxy, Addresses(probe, language));
}

std::string Evidence(const ProbeFacts& probe, Language language) {
  if (EndedBeforeProxy(probe)) return EvidenceOfProxy(probe, language);
  const std::string detail = DetailText(probe.detail, language);
  switch (probe.outcome) {
    case ProbeOutcome::kNameUnknown:
      return absl::Substitute(
          Say(language, "the name has no address here ($0)", "namnet har ingen adress här ($0)"), detail);
    case ProbeOutcome::kUnreachable:
      return absl::Substitute(
          Say(language, "no address takes a connection: $0", "ingen adress tar emot en anslutning: $0"),
          Addresses(probe, language));
    case ProbeOutcome::kProxyRefused:
      return probe.proxy_status > 0
                 ? absl::Substitute(
                       Say(language, "the proxy $0 answers with status $1", "proxyn $0 svarar med status $1"),
                       CleanText(probe.proxy, 128), probe.proxy_status)
                 : absl::Substitute(Say(language, "the proxy $0 does not let the connection through ($1)",
                                        "proxyn $0 släpper inte igenom anslutningen ($1)"),
                                    CleanText(probe.proxy, 128), detail);
    case ProbeOutcome::kClosedAtHello:
      return absl::StrCat(Say(language, "the connection is closed on the first TLS message",
                              "anslutningen stängs vid det första TLS-meddelandet"),
                          " (", detail, ")",
                          probe.answers_without_name
                              ? Say(language, "; without the server's name in it, it is answered",
                                    "; utan serverns namn i det kommer ett svar")
                              : "");
    case ProbeOutcome::kTimedOut:
      if (probe.detail.empty() || probe.detail == probe_detail::kNoAnswer) {
        return Say(language, "a connection is taken, but nothing answers in time",
                   "anslutningen tas emot, men inget svar kommer i tid");
      }
      return absl::StrCat(Say(language, "a connection is taken, but ", "anslutningen tas emot, men "),
                          detail);
    case ProbeOutcome::kHandshakeFailed:
      return absl::StrCat(Say(language, "the TLS handshake fails: ", "TLS-handskakningen misslyckas: "),
                          detail);
    default:
      return absl::StrCat(Say(language, "after the TLS handshake: ", "efter TLS-handskakningen: "), detail);
  }
}

std::string Remedy(const ProbeFacts& probe, Language language) {
  if (EndedBeforeProxy(probe)) {
    return Say(language,
               "Check that the agent is given the right proxy (its configuration, else https_proxy where it "
               "runs), and that the proxy is up and can be reached from here.",
               "Kontrollera att agenten har fått rätt proxy (dess konfiguration, annars https_proxy där den "
               "körs), att proxyn är igång och att den nås härifrån.");
  }
  switch (probe.outcome) {
    case ProbeOutcome::kNameUnknown:
      return Say(language,
                 "Check the spelling of the name, and that this network's DNS knows it (Sjunet names may be "
                 "known on Sjunet only).",
                 "Kontrollera att namnet är rätt stavat och att nätets DNS känner till det (namn på Sjunet "
                 "är kanske bara kända där).");
    case ProbeOutcome::kProxyRefused:
      return probe.proxy_status == kProxyAuthenticationRequired
                 ? Say(language,
                       "Let the proxy pass this server without logging in, or give the agent a proxy that "
                       "does.",
                       "Låt proxyn släppa igenom den här servern utan inloggning, eller ge agenten en proxy "
                       "som gör det.")
                 : Say(language, "Let the proxy pass this server, or exempt it (no_proxy).",
                       "Låt proxyn släppa igenom den här servern, eller undanta den (no_proxy).");
    case ProbeOutcome::kClosedAtHello:
      return Say(language,
                 "Look for a firewall or filter between here and the server that cuts TLS connections to it, "
                 "and let it pass.",
                 "Sök en brandvägg eller ett filter mellan datorn och servern som bryter TLS-anslutningar "
                 "dit, och släpp igenom dem.");
    case ProbeOutcome::kHandshakeFailed:
      return Say(language, "Ask the service's owner why the server breaks off the TLS handshake.",
                 "Fråga tjänstens ägare varför servern avbryter TLS-handskakningen.");
    case ProbeOutcome::kRefused:
    case ProbeOutcome::kSilent:
      return Say(language,
                 "Ask the service's owner why the server closes or keeps silent after the handshake.",
                 "Fråga tjänstens ägare varför servern stänger eller är tyst efter handskakningen.");
    default:
      return Say(language, "Check the network: cable or Wi-Fi, VPN, firewall, and whether the server is up.",
                 "Kontrollera nätet: kabel eller wifi, VPN, brandvägg, och att servern är igång.");
  }
}

// Without a proxy of ours, a network that lets browsers out through one shows itself so.
std::string RemedyWithProxy(const ProbeFacts& probe, Language language) {
  std::string remedy = Remedy(probe, language);
  if (EndedBeforeTls(probe.outcome) && probe.proxy.empty()) {
    absl::StrAppend(&remedy, Say(language, " If browsers here use a proxy, name it in [probe] proxy.",
                                 " Använder webbläsarna här en proxy, ange den i [probe] proxy."));
  }
  return remedy;
}

// TLS_SERVER_UNREACHABLE: nothing at the server's address takes the conversation as far
// as TLS; a warning where it ends in or after the handshake without a word about
// certificates or versions.
class ServerUnreachable final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsServerUnreachable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const bool late = probe.outcome == ProbeOutcome::kSilent ||
                        (probe.outcome == ProbeOutcome::kRefused &&
                         probe.client_certificate == ClientCertificateRequest::kNotAsked) ||
                        HandshakeFailureOf(probe) == HandshakeFailure::kOther;
      if (!late && !EndedBeforeTls(probe.outcome)) continue;
      Finding finding = NewFinding(code(), probe);
      if (late) {
        finding.severity = Severity::kWarning;
        finding.fixed_by = FixedBy::kServiceOwner;
      }
      finding.evidence = Evidence(probe, facts.language());
      if (probe.proxy_status == kProxyAuthenticationRequired) {
        Lower(Severity::kWarning,
              Say(facts.language(), "browsers may log in to the proxy by themselves, the probe cannot",
                  "webbläsare kan logga in på proxyn av sig själva, men inte den här prövningen"),
              finding);
      }
      finding.remedy = RemedyWithProxy(probe, facts.language());
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsServerUnreachableRule() {
  static const ServerUnreachable rule;
  return rule;
}

}  // namespace kortvakt
