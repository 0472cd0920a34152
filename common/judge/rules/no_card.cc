#include <utility>

#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// NO_CARD: readers work, and none holds a card. Normal when nobody is logging in, so
// for information only. Readers in error are READER_ERROR's business.
class NoCard final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kNoCard; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (!facts.c.snapshot.pcsc_running || !facts.cards.empty()) return;
    std::vector<std::string> names;
    for (const ReaderFacts& reader : facts.c.snapshot.readers) {
      if (reader.state == ReaderState::kOk) names.push_back(ReaderName(reader, facts.language()));
    }
    if (names.empty()) return;
    Finding finding = NewFinding(code());
    finding.subject = ListText(names, 4, facts.language());
    finding.evidence = Say(facts.language(), "no card is inserted", "inget kort sitter i");
    finding.remedy =
        Say(facts.language(), "To log in, insert the card fully, with the chip first and upwards.",
            "För att logga in, sätt i kortet helt, med chippet först och uppåt.");
    findings.push_back(std::move(finding));
  }
};

}  // namespace

const Rule& NoCardRule() {
  static const NoCard rule;
  return rule;
}

}  // namespace kortvakt
