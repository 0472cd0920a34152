#include "absl/strings/substitute.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool IsUnknown(const ProbeTrust& trust) { return trust.verdict == ProbeVerdict::kRootUnknown; }
bool IsDistrusted(const ProbeTrust& trust) { return trust.verdict == ProbeVerdict::kDistrusted; }
bool Fails(const ProbeTrust& trust) { return IsUnknown(trust) || IsDistrusted(trust); }
bool IsTrusted(const ProbeTrust& trust) { return trust.verdict == ProbeVerdict::kTrusted; }

// TLS_ROOT_UNTRUSTED: the root of the server's chain is not trusted here: by no browser,
// or, a warning, by some of them. What the system's bundle trusts helps no browser on
// Linux.
class RootUntrusted final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsRootUntrusted; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (probe.chain.empty() || !AnyThatCounts(probe, Fails)) continue;
      const CertificateFacts& top = *SentPath(probe).back();
      Finding finding = NewFinding(code(), probe);
      finding.evidence = absl::Substitute(
          Say(language, "its chain ends at '$0'", "dess kedja slutar vid '$0'"), CommonName(top.issuer));
      if (const std::string stores = StoresFor(probe, IsUnknown, language); !stores.empty()) {
        AddEvidence(finding,
                    absl::Substitute(Say(language, "not trusted by: $0", "ej betrott enligt: $0"), stores));
      }
      if (const std::string stores = StoresFor(probe, IsDistrusted, language); !stores.empty()) {
        AddEvidence(finding, absl::Substitute(Say(language, "marked as distrusted by: $0",
                                                  "markerat som ej betrott enligt: $0"),
                                              stores));
      }
      if (const std::string stores = StoresFor(probe, IsTrusted, language); !stores.empty()) {
        AddEvidence(finding, absl::Substitute(Say(language, "trusted by: $0", "betrott enligt: $0"), stores));
      }
      if (AnyThatCounts(probe, IsTrusted)) {
        Lower(Severity::kWarning, Say(language, "it works in some places", "det fungerar på vissa ställen"),
              finding);
      }
      if (const CataloguedCa* ca = facts.c.catalogue.FindBySubject(top.issuer)) finding.ca = ca->id;
      finding.remedy =
          Say(language,
              "If the root is one that this organisation trusts, install it in the stores of the browsers "
              "used here (on Linux the system's bundle alone helps no browser); if not, ask the service's "
              "owner why its certificate is from there.",
              "Är roten en som organisationen litar på, installera den i de webbläsares lager som används "
              "här (på Linux hjälper enbart systemets certifikatfil ingen webbläsare); annars, fråga "
              "tjänstens ägare varför certifikatet kommer därifrån.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsRootUntrustedRule() {
  static const RootUntrusted rule;
  return rule;
}

}  // namespace kortvakt
