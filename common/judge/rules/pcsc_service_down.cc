#include <utility>

#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// PCSC_SERVICE_DOWN: nothing answers for cards (SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED).
class PcscServiceDown final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kPcscServiceDown; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (facts.c.snapshot.pcsc_running) return;
    Finding finding = NewFinding(code());
    finding.subject = Say(facts.language(), "smart card service", "tjänsten för smarta kort");
    const std::string detail = CleanText(facts.c.snapshot.pcsc_detail);
    finding.evidence =
        absl::Substitute(Say(facts.language(), "the service does not answer$0", "tjänsten svarar inte$0"),
                         detail.empty() ? "" : ": " + detail);
    finding.remedy = Say(
        facts.language(),
        "Start the service (Linux: systemctl start pcscd.socket; Windows: service SCardSvr) and see why it "
        "stopped; log in again after that.",
        "Starta tjänsten (Linux: systemctl start pcscd.socket; Windows: tjänsten SCardSvr) och ta reda på "
        "varför "
        "den stannade; logga sedan in igen.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& PcscServiceDownRule() {
  static const PcscServiceDown rule;
  return rule;
}

}  // namespace kortvakt
