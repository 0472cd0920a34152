#include <algorithm>

#include "absl/strings/substitute.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool IsDistrusted(const ProbeTrust& trust) { return trust.verdict == ProbeVerdict::kDistrusted; }
bool IsTrusted(const ProbeTrust& trust) { return trust.verdict == ProbeVerdict::kTrusted; }

// Whether the root `name` is told of by a store or the catalogue: then it is none that
// only the browsers' makers know.
bool IsKnown(const Facts& facts, const ProbeFacts& probe, const std::string& name) {
  return std::any_of(probe.trust.begin(), probe.trust.end(),
                     [](const ProbeTrust& trust) { return IsTrusted(trust) || IsDistrusted(trust); }) ||
         std::any_of(facts.known_cas.cas().begin(), facts.known_cas.cas().end(),
                     [&](const CertificateFacts* ca) { return ca->subject == name; }) ||
         facts.c.catalogue.FindBySubject(name) != nullptr;
}

// Why what is told of the browsers may be wrong; null: nothing makes it doubtful.
const char* Doubt(const Facts& facts, const ProbeFacts& probe, const std::string& root) {
  const Language language = facts.language();
  const bool browsers_asked = std::any_of(probe.trust.begin(), probe.trust.end(),
                                          [](const ProbeTrust& trust) { return trust.browser; });
  if (browsers_asked) {
    return IsKnown(facts, probe, root)
               ? nullptr
               : Say(language, "browsers' built-in roots are taken from Debian's list, and may be more",
                     "webbläsarnas inbyggda rötter är tagna från Debians lista, och kan vara fler");
  }
  return facts.c.snapshot.browsers.empty() || AnyThatCounts(probe, IsDistrusted)
             ? nullptr
             : Say(language, "what the browsers here trust could not be told",
                   "vad webbläsarna här litar på gick inte att avgöra");
}

// Where the chain ends, as far as the server sent it.
std::string End(const ProbeFacts& probe, bool root, Language language) {
  const CertificateFacts& top = *SentPath(probe).back();
  if (IsSelfSigned(probe)) {
    return absl::Substitute(Say(language, "its certificate is self-signed (fingerprint $0)",
                                "dess certifikat är självsignerat (fingeravtryck $0)"),
                            top.sha256);
  }
  return absl::Substitute(root ? Say(language, "its chain ends at '$0'", "dess kedja slutar vid '$0'")
                               : Say(language, "'$0' is missing, an intermediate or the root of its chain",
                                     "'$0' saknas, ett mellanliggande certifikat eller roten i dess kedja"),
                          CommonName(top.issuer));
}

const char* Remedy(const ProbeFacts& probe, bool root, Language language) {
  if (IsSelfSigned(probe)) {
    return Say(
        language,
        "Give the server a certificate by a CA that the browsers here trust. Install its own only where "
        "its owner confirms the fingerprint.",
        "Ge servern ett certifikat från en CA som webbläsarna här litar på. Installera dess eget bara om "
        "dess ägare bekräftar fingeravtrycket.");
  }
  if (!root) {
    return Say(
        language,
        "Ask the service's owner what it is. If it is an intermediate, the server must send it too; do "
        "not install it as a root. If it is the root, and this organisation trusts it, install it in "
        "the stores of the browsers used here.",
        "Fråga tjänstens ägare vad det är. Är det ett mellanliggande certifikat måste servern skicka "
        "även det; installera det inte som rot. Är det roten, och organisationen litar på den, "
        "installera den i de webbläsares lager som används här.");
  }
  return Say(language,
             "If the root is one that this organisation trusts, install it in the stores of the browsers "
             "used here (on Linux the system's bundle alone helps no browser); if not, ask the service's "
             "owner why its certificate is from there.",
             "Är roten en som organisationen litar på, installera den i de webbläsares lager som används "
             "här (på Linux hjälper enbart systemets certifikatfil ingen webbläsare); annars, fråga "
             "tjänstens ägare varför certifikatet kommer därifrån.");
}

// TLS_ROOT_UNTRUSTED: the root of the server's chain is not trusted here: by no browser,
// or, a warning, not by all of them or only as far as can be told. What the system's
// bundle trusts helps no browser on Linux. Where nothing here tells whether what is missing
// is the root, both are said.
class RootUntrusted final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsRootUntrusted; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const auto is_unknown = [&](const ProbeTrust& trust) {
        const ProbeVerdict verdict = VerdictOf(facts, probe, trust);
        return verdict == ProbeVerdict::kRootUnknown || verdict == ProbeVerdict::kIssuerUnknown;
      };
      const auto may_be_no_root = [&](const ProbeTrust& trust) {
        return VerdictOf(facts, probe, trust) == ProbeVerdict::kIssuerUnknown;
      };
      const auto fails = [&](const ProbeTrust& trust) { return is_unknown(trust) || IsDistrusted(trust); };
      if (probe.chain.empty() || !AnyThatCounts(probe, fails)) continue;
      const CertificateFacts& top = *SentPath(probe).back();
      const bool root = !AnyThatCounts(probe, may_be_no_root);
      Finding finding = NewFinding(code(), probe);
      finding.evidence = End(probe, root, language);
      if (const std::string stores = StoresFor(probe, is_unknown, language); !stores.empty()) {
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
      } else if (const char* doubt = Doubt(facts, probe, top.issuer); doubt != nullptr) {
        Lower(Severity::kWarning, doubt, finding);
      }
      if (const CataloguedCa* ca = facts.c.catalogue.FindBySubject(top.issuer)) finding.ca = ca->id;
      finding.remedy = Remedy(probe, root, language);
      if (IsSelfSigned(probe)) finding.fixed_by = FixedBy::kServiceOwner;
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
