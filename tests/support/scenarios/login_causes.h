// Why logins with SITHS cards fail, and by which findings that shows.
#pragma once

#include <span>
#include <vector>

#include "common/judge/finding.h"

namespace kortvakt::testing {

// A cause as a support desk knows it.
struct LoginCause {
  const char* cause;
  std::vector<FindingCode> findings;  // that tell it; empty: the agent cannot see it
  const char* note;                   // why not, or how; may be empty
};

std::span<const LoginCause> LoginCauses();

}  // namespace kortvakt::testing
