#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// TLS_NAME_MISMATCH: the server's certificate is for other names (RFC 9525, 6), or the
// server does not know the name (RFC 6066, 3).
class NameMismatch final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsNameMismatch; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      const bool unknown = probe.alert == "unrecognized_name";
      if (!unknown && (probe.chain.empty() || probe.name_matches)) continue;
      Finding finding = NewFinding(code(), probe);
      std::vector<std::string> names;
      for (const std::string& name : probe.server_names) names.push_back(CleanText(name, 128));
      if (unknown) {
        finding.evidence = Say(language, "the server says that it does not know this name",
                               "servern säger att den inte känner till namnet");
      } else if (names.empty()) {
        finding.evidence =
            Say(language, "its certificate has no alternative name, and browsers look at no other",
                "dess certifikat har inget alternativt namn, och webbläsare ser inte till något annat");
      } else {
        finding.evidence =
            absl::Substitute(Say(language, "its certificate is for: $0", "dess certifikat gäller: $0"),
                             ListText(names, 6, language));
      }
      finding.remedy =
          Say(language,
              "Use the address that the certificate has, or give the server a certificate for this name.",
              "Använd den adress som certifikatet har, eller ge servern ett certifikat för namnet.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsNameMismatchRule() {
  static const NameMismatch rule;
  return rule;
}

}  // namespace kortvakt
