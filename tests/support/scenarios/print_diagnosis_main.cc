// Prints docs/diagnosis.md: print_diagnosis > docs/diagnosis.md
#include <iostream>

#include "tests/support/scenarios/diagnosis_page.h"

int main() {
  std::cout << kortvakt::testing::DiagnosisPage();
  return 0;
}
