#include "tests/support/scenarios/diagnosis_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/scenarios/scenarios.h"

namespace kortvakt::testing {

std::string DiagnosisPage() {
  std::string page =
      "# Diagnosis\n\n"
      "What is found in which situation, most likely cause first. This table is the specification: each row "
      "is a\n"
      "test (`JudgeTest.FindsWhatTheScenarioTableSaysInItsOrder`), and the page is made from it by\n"
      "`print_diagnosis`. What each code means and what to do is in [findings.md](findings.md).\n\n"
      "| | Situation | Findings |\n|---|---|---|\n";
  int number = 0;
  for (const Scenario& scenario : Scenarios()) {
    std::string findings;
    for (const Expected& expected : scenario.expected) {
      absl::StrAppend(&findings, findings.empty() ? "" : ", ", InfoOf(expected.code).word, " (",
                      SeverityWord(expected.severity), ")");
    }
    absl::StrAppend(&page, "| ", ++number, " | ", absl::StrReplaceAll(scenario.name, {{"|", "\\|"}}), " | ",
                    findings.empty() ? "none" : findings, " |\n");
  }
  return page;
}

}  // namespace kortvakt::testing
