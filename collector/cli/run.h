// The whole command: parse, ask, print.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "collector/cli/options.h"

namespace kortvakt {

// Returns the exit code. What was asked for goes to `out`; an error is one line
// "error: ..." on `error`. `arguments`: without the program's name.
int RunCommand(std::vector<std::string> arguments, const Environment& environment, std::ostream& out,
               std::ostream& error);

}  // namespace kortvakt
