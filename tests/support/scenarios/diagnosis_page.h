// docs/diagnosis.md: the scenario table as a page.
#pragma once

#include <string>

namespace kortvakt::testing {

// The page as Markdown; made of Scenarios() and nothing else.
std::string DiagnosisPage();

}  // namespace kortvakt::testing
