// Which scenarios show that a rule does not fire, does not apply, and could not tell.
#pragma once

#include <span>

#include "common/judge/finding.h"

namespace kortvakt::testing {

// Names of scenarios; one that begins with "-" is the reason why there can be none. (That a
// rule fires is shown by the scenarios that expect its code.)
struct ScenarioCoverage {
  FindingCode code;
  const char* clear;           // it looked, and all is well
  const char* not_applicable;  // there is nothing that it could look at, or another rule tells it
  const char* cannot_tell;     // it says nothing, or lowers the finding to information
};

// One row a code that the agent can judge, in the order of the codes.
std::span<const ScenarioCoverage> AllCoverage();

}  // namespace kortvakt::testing
