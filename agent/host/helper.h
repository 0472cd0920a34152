// Starting the agent's helper programs, which have rights and libraries that the agent
// itself has no business with.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/descriptor.h"

namespace kortvakt {

// The helper `name`: beside this program, or where it is installed (../libexec/kortvakt).
std::string HelperProgram(const std::string& name);

struct Pipe {
  Descriptor read;
  Descriptor write;
};

// Closed in programs that are started.
absl::StatusOr<Pipe> MakePipe();

// Starts `program` with these arguments, an empty environment, its standard input and
// output at these descriptors, standard error nowhere, no other file open, and signals
// as usual. Returns the process's id, which the caller waits for.
absl::StatusOr<int> StartHelper(const std::string& program, const std::vector<std::string>& arguments,
                                int input, int output);

}  // namespace kortvakt
