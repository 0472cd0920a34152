#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/detail_text.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// READER_ERROR: the service reports an error for a reader. A warning where another
// reader works: there a login is possible.
class ReaderError final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kReaderError; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    bool another_works = false;
    for (const ReaderFacts& reader : facts.c.snapshot.readers)
      another_works |= reader.state == ReaderState::kOk;
    for (const ReaderFacts& reader : facts.c.snapshot.readers) {
      if (reader.state == ReaderState::kOk) continue;
      Finding finding = NewFinding(code());
      finding.subject = ReaderName(reader, facts.language());
      const std::string detail = DetailText(reader.detail, facts.language());
      finding.evidence =
          absl::Substitute(Say(facts.language(), "the smart card service reports an error for it$0",
                               "tjänsten för smarta kort anger ett fel för den$0"),
                           detail.empty() ? "" : ": " + detail);
      if (another_works) {
        finding.severity = Severity::kWarning;
        finding.evidence += Say(facts.language(), "; another reader works", "; en annan läsare fungerar");
      }
      finding.remedy =
          Say(facts.language(),
              "Take the reader out and connect it again, on another USB port if that does not help; "
              "then update its driver, or replace it.",
              "Dra ur läsaren och anslut den igen, i en annan USB-port om det inte hjälper; uppdatera "
              "sedan dess drivrutin, eller byt läsare.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& ReaderErrorRule() {
  static const ReaderError rule;
  return rule;
}

}  // namespace kortvakt
