#include <algorithm>

#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool AsksForACard(const CaCatalogue& catalogue, const ProbeFacts& probe) {
  return std::any_of(probe.ca_names.begin(), probe.ca_names.end(),
                     [&](const std::string& name) { return catalogue.FindBySubject(name) != nullptr; });
}

// TLS_INTERCEPTED: the server's chain ends at a root that was added on this workstation
// and that neither the system's publisher nor the catalogue knows. That is how an
// inspecting proxy or antivirus looks, and through one no client certificate can pass;
// an organisation's own CA looks the same, hence a warning. What inspects traffic asks for
// no client certificate by the CAs of cards: where that is asked for, information only.
class Intercepted final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsIntercepted; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const auto local = std::find_if(probe.trust.begin(), probe.trust.end(), [&](const ProbeTrust& trust) {
        return trust.verdict == ProbeVerdict::kTrusted && trust.root_origin == RootOrigin::kLocal &&
               facts.c.catalogue.FindByFingerprint(trust.root_sha256) == nullptr;
      });
      const bool known_elsewhere =
          std::any_of(probe.trust.begin(), probe.trust.end(),
                      [](const ProbeTrust& trust) { return trust.root_origin == RootOrigin::kPublic; });
      if (local == probe.trust.end() || known_elsewhere) continue;
      Finding finding = NewFinding(code(), probe);
      finding.evidence = absl::Substitute(
          Say(language, "its chain ends at '$0' ($1), which is trusted only because it was added here, in $2",
              "dess kedja slutar vid '$0' ($1), som är betrodd bara för att den lagts till här, i $2"),
          CommonName(local->root_subject), ShortId(local->root_sha256), CleanText(local->store, 200));
      if (probe.client_certificate == ClientCertificateRequest::kNotAsked) {
        AddEvidence(finding, Say(language, "no client certificate is asked for",
                                 "inget klientcertifikat efterfrågas"));
      } else if (AsksForACard(facts.c.catalogue, probe)) {
        Lower(Severity::kInfo,
              Say(language,
                  "it asks for certificates by a CA of cards, which nothing that inspects traffic does",
                  "den frågar efter certifikat från en CA för kort, vilket inget som granskar trafik gör"),
              finding);
      }
      finding.remedy =
          Say(language,
              "If that root belongs to a proxy or an antivirus that inspects traffic, exempt this server "
              "from inspection: a card's certificate cannot pass. If it is the organisation's own CA, add "
              "it to the catalogue, and this is not told again.",
              "Hör roten till en proxy eller ett antivirus som granskar trafiken, undanta servern från "
              "granskning: ett korts certifikat kan inte passera. Är det organisationens egen CA, lägg "
              "till den i katalogen, så sägs detta inte igen.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsInterceptedRule() {
  static const Intercepted rule;
  return rule;
}

}  // namespace kortvakt
