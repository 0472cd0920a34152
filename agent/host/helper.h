// Starting the agent's helper programs, which have rights and libraries that the agent
// itself has no business with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/descriptor.h"

namespace kortvakt {

// The helper `name`: beside this program, or where it is installed (../libexec/kortvakt).
std::string HelperProgram(const std::string& name);

// A helper under way. Whoever has it waits for the process (waitpid(2)).
struct StartedHelper {
  int pid = -1;
  Descriptor output;  // its standard output; does not block
};

// Starts `program` with these arguments, an empty environment, `input` as its standard
// input, standard error nowhere, no other file open, and signals as usual. Does not wait
// for it, whether it reads its input or not.
absl::StatusOr<StartedHelper> StartHelper(const std::string& program,
                                          const std::vector<std::string>& arguments, std::string_view input);

}  // namespace kortvakt
