#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/card_logins.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// How a login certificate fares with a server's question, the best first.
enum class Fit {
  kOffered,              // a browser here offers it
  kAnyIssuer,            // the server names no CA, and the whole chain is here
  kAnyIssuerNotHere,     // the server names no CA, and a certificate of the chain is not here
  kIntermediateNotHere,  // a named CA issued it, but a certificate in between is not here
  kNotNamed,             // none of its issuers is named
};

bool AnyNamed(const ProbeFacts& probe, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return HoldsName(probe.ca_names, name); });
}

Fit FitOf(const ProbeFacts& probe, const CardLogin& login) {
  if (probe.ca_name_count == 0) return login.chain_complete ? Fit::kAnyIssuer : Fit::kAnyIssuerNotHere;
  if (AnyNamed(probe, login.names)) return Fit::kOffered;
  if (AnyNamed(probe, login.names_beyond)) return Fit::kIntermediateNotHere;
  return Fit::kNotNamed;
}

std::string Asked(const ProbeFacts& probe, Language language) {
  if (probe.client_certificate == ClientCertificateRequest::kNotAsked) {
    return Say(language, "it wants a client certificate, but never asks for one",
               "den vill ha ett klientcertifikat, men frågar aldrig efter något");
  }
  std::vector<std::string> names;
  for (const std::string& name : probe.ca_names) names.push_back(CommonName(name));
  if (probe.ca_name_count == 0) {
    return Say(language, "it asks for a client certificate and names no CA",
               "den frågar efter ett klientcertifikat och anger ingen CA");
  }
  return absl::Substitute(
      Say(language, "it takes client certificates of: $0", "den tar klientcertifikat från: $0"),
      ListText(names, 5, language));
}

std::string NotHere(const Facts& facts, const std::string& missing) {
  const Language language = facts.language();
  return absl::Substitute(
      facts.c.snapshot.browsers.empty()
          ? Say(language, "'$0' is not on this workstation", "'$0' finns inte på arbetsstationen")
          : Say(language, "no browser here has '$0' in its stores",
                "ingen webbläsare här har '$0' i sina lager"),
      missing);
}

// What the server did with nobody's certificate.
std::string Refusal(const ProbeFacts& probe, Language language) {
  if (!probe.alert.empty()) {
    return absl::Substitute(
        Say(language, "without one it ends with the TLS alert $0", "utan ett slutar den med TLS-larmet $0"),
        CleanText(probe.alert, 64));
  }
  if (probe.http_refusal != HttpRefusal::kNone) {
    return absl::Substitute(
        Say(language, "without one it answers with HTTP status $0", "utan ett svarar den med HTTP-status $0"),
        probe.http_status);
  }
  return "";
}

// Whether all CAs of persons that the server names issue for LoA 3.
bool NamesOnlyLoa3(const Facts& facts, const ProbeFacts& probe) {
  bool one = false;
  for (const std::string& name : probe.ca_names) {
    const CataloguedCa* ca = facts.c.catalogue.FindBySubject(name);
    if (ca == nullptr || ca->loa != Loa::k3) return false;
    one = true;
  }
  return one && probe.ca_names.size() == probe.ca_name_count;
}

// Whether a card may have a login certificate that is not known here.
bool MoreMayBeHere(const Facts& facts) {
  return std::any_of(facts.cards.begin(), facts.cards.end(), [](const CardView& view) {
    return view.card->state == CardState::kUnreadable || view.card->state == CardState::kUnsupported ||
           view.card->unreadable_certificates > 0;
  });
}

bool MayBeInAnUnreadableStore(const Snapshot& snapshot) {
  return std::any_of(snapshot.trust_stores.begin(), snapshot.trust_stores.end(),
                     [](const TrustStoreFacts& store) {
                       return store.owner != "machine" && store.state == TrustStoreState::kUnreadable;
                     });
}

// Whether Firefox is the only browser known here.
bool OnlyFirefox(const Snapshot& snapshot) {
  return !snapshot.browsers.empty() &&
         std::all_of(snapshot.browsers.begin(), snapshot.browsers.end(),
                     [](const BrowserFacts& browser) { return browser.name == "Firefox"; });
}

// TLS_CLIENT_CERT_NOT_ACCEPTED: no login certificate of the cards here comes through:
// a browser offers those only whose issuer the server names, as far as it can follow
// the issuers with the certificates on this workstation.
class ClientCertNotAccepted final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsClientCertNotAccepted; }

  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const std::vector<CardLogin> logins = CardLogins(facts);
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const bool asked = probe.client_certificate != ClientCertificateRequest::kNotAsked;
      if (!asked && probe.http_refusal == HttpRefusal::kNone) continue;
      const Language language = facts.language();
      Finding finding = NewFinding(code(), probe);
      finding.evidence = Asked(probe, language);
      if (!asked) {
        TellNotAsked(probe, language, finding);
      } else if (AskedTooLate(probe)) {
        TellTooLate(language, finding);
      } else if (logins.empty()) {
        NoCertificate(probe, language, finding);
      } else if (!Weigh(facts, probe, logins, finding)) {
        continue;
      } else if (MoreMayBeHere(facts)) {
        Lower(Severity::kWarning,
              Say(language, "a card here could not be read in full, and may have another certificate",
                  "ett kort här kunde inte läsas helt, och kan ha ett annat certifikat"),
              finding);
      }
      findings.push_back(std::move(finding));
    }
  }

  absl::Time NextChange(const Facts& facts) const override {
    Moments moments(facts);
    if (!facts.c.snapshot.probes.empty()) moments.AddValidity(facts);
    return moments.Next();
  }

 private:
  static void TellNotAsked(const ProbeFacts& probe, Language language, Finding& finding) {
    finding.fixed_by = FixedBy::kServiceOwner;
    AddEvidence(finding, Refusal(probe, language));
    finding.remedy = Say(
        language,
        "Let what browsers meet at this address ask for the certificate: either something in front of the "
        "service ends TLS without asking (load balancer, inspecting proxy), or the name is served by "
        "another virtual host than the one that asks.",
        "Låt det som webbläsare möter på adressen fråga efter certifikatet: antingen avslutar något framför "
        "tjänsten TLS utan att fråga (lastbalanserare, granskande proxy), eller så betjänas namnet av en "
        "annan virtuell värd än den som frågar.");
  }

  static void TellTooLate(Language language, Finding& finding) {
    finding.fixed_by = FixedBy::kServiceOwner;
    AddEvidence(finding,
                Say(language, "it asks only after the request, which browsers do not answer in TLS 1.3",
                    "den frågar först efter begäran, vilket webbläsare inte besvarar i TLS 1.3"));
    finding.remedy =
        Say(language,
            "Ask for the certificate in the handshake (an address of its own for logins), or keep to TLS 1.2 "
            "there.",
            "Fråga efter certifikatet i handskakningen (en egen adress för inloggning), eller begränsa till "
            "TLS 1.2 där.");
  }

  static void NoCertificate(const ProbeFacts& probe, Language language, Finding& finding) {
    finding.fixed_by = FixedBy::kUser;
    AddEvidence(finding, Refusal(probe, language));
    Lower(Severity::kInfo,
          Say(language, "no valid login certificate is known of a card that is here",
              "inget giltigt inloggningscertifikat är känt på något kort som sitter i"),
          finding);
    finding.remedy = Say(language, "To log in there, insert a card with a valid login certificate.",
                         "För att logga in där, sätt i ett kort med giltigt inloggningscertifikat.");
  }

  // False: a certificate is offered, and nothing is to be told.
  static bool Weigh(const Facts& facts, const ProbeFacts& probe, const std::vector<CardLogin>& logins,
                    Finding& finding) {
    const Language language = facts.language();
    const auto best = std::min_element(
        logins.begin(), logins.end(),
        [&](const CardLogin& a, const CardLogin& b) { return FitOf(probe, a) < FitOf(probe, b); });
    const std::string missing = CommonName(best->missing);
    finding.card_id = best->view->card->id;
    finding.certificate_sha256 = best->certificate->sha256;
    AddEvidence(finding, absl::Substitute(Say(language, "the card's certificate is by '$0'",
                                              "kortets certifikat är från '$0'"),
                                          CommonName(best->certificate->issuer)));
    switch (FitOf(probe, *best)) {
      case Fit::kOffered:
        return false;
      case Fit::kAnyIssuer:
        Lower(
            Severity::kInfo,
            Say(language, "whether it takes this one cannot be told", "om den tar det här går inte att säga"),
            finding);
        if (!OnlyFirefox(facts.c.snapshot)) {
          AddEvidence(
              finding,
              Say(language,
                  "Chromium and Edge on Linux send it there without its intermediate, so it fails in "
                  "them where the server knows the root only; Firefox sends both",
                  "Chromium och Edge på Linux skickar det dit utan sitt mellanliggande certifikat, så "
                  "det misslyckas i dem där servern bara känner rotcertifikatet; Firefox skickar båda"));
        }
        finding.fixed_by = FixedBy::kServiceOwner;
        finding.remedy = Say(language,
                             "If logins fail there: let the server name the CAs that it takes, and know "
                             "their intermediates itself.",
                             "Om inloggning misslyckas där: låt servern ange vilka CA den tar, och själv ha "
                             "deras mellanliggande certifikat.");
        return true;
      case Fit::kAnyIssuerNotHere:
        Lower(Severity::kWarning,
              absl::StrCat(NotHere(facts, missing),
                           Say(language,
                               ", so the certificate is sent without it, and only a server that has it can "
                               "verify it",
                               ", så certifikatet skickas utan det, och bara en server som har det kan "
                               "verifiera kortets certifikat"))
                  .c_str(),
              finding);
        break;
      case Fit::kIntermediateNotHere:
        AddEvidence(finding,
                    absl::StrCat(NotHere(facts, missing),
                                 Say(language,
                                     ", so a browser does not see that a CA on the list issued it, and "
                                     "offers nothing",
                                     ", så en webbläsare ser inte att en CA på listan har utfärdat det, och "
                                     "erbjuder inget")));
        if (MayBeInAnUnreadableStore(facts.c.snapshot)) {
          Lower(Severity::kWarning,
                Say(language, "a user's store could not be read, and may have it",
                    "en användares lager gick inte att läsa, och kan ha det"),
                finding);
        }
        break;
      case Fit::kNotNamed:
        if (probe.ca_name_count > probe.ca_names.size()) {
          Lower(Severity::kWarning,
                Say(language, "the list is longer than what was kept of it",
                    "listan är längre än vad som sparats av den"),
                finding);
        }
        AddEvidence(finding, Say(language, "a browser offers nothing", "en webbläsare erbjuder inget"));
        if (best->certificate->loa == Loa::k2 && NamesOnlyLoa3(facts, probe)) {
          AddEvidence(finding, Say(language, "those issue for LoA 3, the card has LoA 2",
                                   "de utfärdar för LoA 3, kortet har LoA 2"));
          finding.fixed_by = FixedBy::kCardOffice;
          finding.remedy =
              Say(language, "Use a card with LoA 3 there: an ordinary card, or a reserve card with LoA 3.",
                  "Använd ett kort med LoA 3 där: ett ordinarie kort, eller ett reservkort med LoA 3.");
          return true;
        }
        finding.fixed_by = FixedBy::kServiceOwner;
        finding.remedy = Say(language,
                             "Check that this card is meant for this service (production or test); if it is, "
                             "the service's owner adds its issuer.",
                             "Kontrollera att kortet är avsett för tjänsten (produktion eller test); är det "
                             "så lägger tjänstens ägare till dess utfärdare.");
        return true;
    }
    finding.remedy =
        absl::Substitute(Say(language, "Install '$0' for the whole machine and in the browsers' stores.",
                             "Installera '$0' för hela datorn och i webbläsarnas lager."),
                         missing);
    return true;
  }
};

}  // namespace

const Rule& TlsClientCertNotAcceptedRule() {
  static const ClientCertNotAccepted rule;
  return rule;
}

}  // namespace kortvakt
