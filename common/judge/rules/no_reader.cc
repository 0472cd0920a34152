#include <utility>

#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// NO_READER: the service runs and lists no reader (SCARD_E_NO_READERS_AVAILABLE).
// Without the service nothing can be said of readers.
class NoReader final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kNoReader; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (!facts.c.snapshot.pcsc_running || !facts.c.snapshot.readers.empty()) return;
    Finding finding = NewFinding(code());
    finding.subject = Say(facts.language(), "card readers", "kortläsare");
    finding.evidence = Say(facts.language(), "the smart card service lists no reader",
                           "tjänsten för smarta kort känner ingen läsare");
    finding.remedy =
        Say(facts.language(),
            "Connect the reader, or try another USB port; if it is connected, install its driver and turn "
            "off USB power saving for it.",
            "Anslut läsaren, eller prova en annan USB-port; om den är ansluten, installera dess drivrutin "
            "och stäng av USB-energisparläget för den.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& NoReaderRule() {
  static const NoReader rule;
  return rule;
}

}  // namespace kortvakt
