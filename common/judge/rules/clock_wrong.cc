#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

constexpr int64_t kDay = 86'400;

// CLOCK_WRONG: the workstation's clock differs from the collector's by 5 minutes or
// more. From a day on certificates and servers look expired: critical; below that
// only some logins (Kerberos, short-lived tickets) fail. Without a collector nothing
// can be said.
class ClockWrong final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kClockWrong; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (facts.clock_error == 0) return;
    const absl::Duration offset = *facts.c.snapshot.clock.offset_to_collector;
    Finding finding = NewFinding(code());
    finding.subject = Say(facts.language(), "the workstation's clock", "arbetsstationens klocka");
    finding.evidence = absl::Substitute(
        offset > absl::ZeroDuration()
            ? Say(facts.language(), "$0 ahead of the collector's clock", "$0 före insamlarens klocka")
            : Say(facts.language(), "$0 behind the collector's clock", "$0 efter insamlarens klocka"),
        DurationText(absl::Seconds(facts.clock_error), facts.language()));
    if (facts.clock_error < kDay) {
      finding.severity = Severity::kWarning;
      finding.evidence += Say(facts.language(), "; less than a day, so only some logins fail",
                              "; mindre än ett dygn, så bara vissa inloggningar misslyckas");
    }
    finding.remedy =
        Say(facts.language(),
            "Set the time and let the workstation follow a time server (NTP); then judge dates again.",
            "Ställ klockan och låt arbetsstationen följa en tidsserver (NTP); bedöm sedan datumen igen.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& ClockWrongRule() {
  static const ClockWrong rule;
  return rule;
}

}  // namespace kortvakt
