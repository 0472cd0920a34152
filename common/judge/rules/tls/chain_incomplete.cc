#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool HelpsItself(const ProbeTrust& trust) { return trust.with_local_intermediate; }

// TLS_CHAIN_INCOMPLETE: the server leaves an intermediate out (RFC 8446, 4.4.2, wants it
// sent). A warning where it works here all the same: where the intermediate is installed,
// or can be fetched by the browsers that do.
class ChainIncomplete final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsChainIncomplete; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (probe.chain.empty()) continue;
      const auto is_incomplete = [&](const ProbeTrust& trust) {
        return VerdictOf(facts, probe, trust) == ProbeVerdict::kChainIncomplete;
      };
      if (!AnyThatCounts(probe, is_incomplete) && !AnyThatCounts(probe, HelpsItself)) continue;
      const CertificateFacts& top = *SentPath(probe).back();
      Finding finding = NewFinding(code(), probe);
      finding.evidence = absl::Substitute(Say(language, "it sends $0 certificate(s); '$1' is missing",
                                              "den skickar $0 certifikat; '$1' saknas"),
                                          probe.chain_length, CommonName(top.issuer));
      if (const std::string failing = StoresFor(probe, is_incomplete, language); !failing.empty()) {
        AddEvidence(finding, absl::Substitute(Say(language, "not by: $0", "inte enligt: $0"), failing));
      }
      if (const std::string helped = StoresFor(probe, HelpsItself, language); !helped.empty()) {
        AddEvidence(finding, absl::Substitute(Say(language, "there is a copy in: $0", "en kopia finns i: $0"),
                                              helped));
      }
      if (!AllThatCount(probe, is_incomplete)) {
        Lower(Severity::kWarning,
              Say(language, "other workstations may lack it", "andra arbetsstationer kan sakna det"),
              finding);
      } else if (!top.ca_issuers_urls.empty()) {
        const std::string reason = absl::Substitute(
            Say(language, "Chromium and Edge work where they can fetch it from $0, Firefox does not",
                "Chromium och Edge fungerar där de kan hämta det från $0, Firefox inte"),
            CleanText(top.ca_issuers_urls.front(), 200));
        Lower(Severity::kWarning, reason.c_str(), finding);
      }
      finding.remedy =
          Say(language,
              "Configure the server to send its intermediate certificates too. If there is none, because a "
              "root issued its certificate directly, install that root in the browsers' stores.",
              "Ställ in servern så att den skickar även sina mellanliggande certifikat. Finns inget, "
              "eftersom en rot utfärdat dess certifikat direkt, installera den roten i webbläsarnas lager.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsChainIncompleteRule() {
  static const ChainIncomplete rule;
  return rule;
}

}  // namespace kortvakt
