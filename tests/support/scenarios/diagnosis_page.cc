#include "tests/support/scenarios/diagnosis_page.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/scenarios/login_causes.h"
#include "tests/support/scenarios/scenario_coverage.h"
#include "tests/support/scenarios/scenarios.h"

namespace kortvakt::testing {
namespace {

std::string Cell(std::string_view text) { return absl::StrReplaceAll(std::string(text), {{"|", "\\|"}}); }

// Numbers of the scenarios for which `holds`, at most `limit`: "3, 17".
std::string Numbers(const std::function<bool(const Scenario&)>& holds, size_t limit = 1000) {
  std::string numbers;
  size_t number = 0;
  size_t found = 0;
  for (const Scenario& scenario : Scenarios()) {
    ++number;
    if (found < limit && holds(scenario)) absl::StrAppend(&numbers, found++ == 0 ? "" : ", ", number);
  }
  return numbers;
}

bool Expects(const Scenario& scenario, FindingCode code) {
  for (const Expected& expected : scenario.expected) {
    if (expected.code == code) return true;
  }
  return false;
}

// A class of the coverage: the scenario's number, or why there is none.
std::string Shown(std::string_view name) {
  if (name.starts_with('-')) return absl::StrCat("– (", std::string(name.substr(1)), ")");
  return Numbers([&](const Scenario& scenario) { return scenario.name == name; });
}

void AddScenarios(std::string& page) {
  absl::StrAppend(&page, "| | Situation | Findings |\n|---|---|---|\n");
  int number = 0;
  for (const Scenario& scenario : Scenarios()) {
    std::string findings;
    for (const Expected& expected : scenario.expected) {
      absl::StrAppend(&findings, findings.empty() ? "" : ", ", InfoOf(expected.code).word, " (",
                      SeverityWord(expected.severity), ")");
    }
    absl::StrAppend(&page, "| ", ++number, " | ", Cell(scenario.name), " | ",
                    findings.empty() ? "none" : findings, " |\n");
  }
}

void AddCauses(std::string& page) {
  absl::StrAppend(&page,
                  "\n## Causes of a failed login\n\n"
                  "By which findings each shows. A cause without one cannot be seen by an agent, and why.\n\n"
                  "| Cause | Findings | |\n|---|---|---|\n");
  for (const LoginCause& cause : LoginCauses()) {
    std::string findings;
    for (const FindingCode code : cause.findings) {
      absl::StrAppend(&findings, findings.empty() ? "" : ", ", InfoOf(code).word);
    }
    absl::StrAppend(&page, "| ", Cell(cause.cause), " | ", findings.empty() ? "none" : findings, " | ",
                    Cell(cause.note), " |\n");
  }
}

void AddCoverage(std::string& page) {
  absl::StrAppend(
      &page,
      "\n## Where each rule speaks and is silent\n\n"
      "Numbers of the table above: where the rule finds something (up to five), where it looked and "
      "all is\nwell, where it does not apply, and where it cannot tell: then it says nothing, or for "
      "information only.\n\n"
      "| Rule | fires | clear | does not apply | cannot tell |\n|---|---|---|---|---|\n");
  for (const ScenarioCoverage& row : AllCoverage()) {
    const std::string fires =
        Numbers([&](const Scenario& scenario) { return Expects(scenario, row.code); }, 5);
    absl::StrAppend(&page, "| ", InfoOf(row.code).word, " | ", fires, " | ", Shown(row.clear), " | ",
                    Shown(row.not_applicable), " | ", Shown(row.cannot_tell), " |\n");
  }
}

}  // namespace

std::string DiagnosisPage() {
  std::string page =
      "# Diagnosis\n\n"
      "What is found in which situation, most likely cause first. This table is the specification: each row "
      "is a\n"
      "test (`JudgeTest.FindsWhatTheScenarioTableSaysInItsOrder`), and the page is made from it by\n"
      "`print_diagnosis`. What each code means and what to do is in [findings.md](findings.md).\n\n";
  AddScenarios(page);
  AddCauses(page);
  AddCoverage(page);
  return page;
}

}  // namespace kortvakt::testing
