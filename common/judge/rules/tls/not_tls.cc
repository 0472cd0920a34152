#include "common/judge/rules/rules.h"
#include "common/judge/rules/tls/probe_view.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// TLS_NOT_TLS: something answers at the server's port that does not speak TLS.
class NotTls final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTlsNotTls; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    for (const ProbeFacts& probe : facts.c.snapshot.probes) {
      if (probe.outcome != ProbeOutcome::kNotTls) continue;
      Finding finding = NewFinding(code(), probe);
      finding.evidence = probe.plain_http
                             ? Say(facts.language(), "it answers in plain HTTP", "den svarar med vanlig HTTP")
                             : Say(facts.language(), "what answers is neither TLS nor HTTP",
                                   "det som svarar är varken TLS eller HTTP");
      finding.remedy =
          Say(facts.language(),
              "Check the address and its port; if they are right, turn TLS on at the server, or let "
              "the proxy or login page in between pass the connection.",
              "Kontrollera adress och port; är de rätt, slå på TLS på servern, eller låt den proxy "
              "eller inloggningssida som ligger emellan släppa igenom anslutningen.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& TlsNotTlsRule() {
  static const NotTls rule;
  return rule;
}

}  // namespace kortvakt
