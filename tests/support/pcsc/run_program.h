// Another program, run to its end.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace kortvakt::testing {

// What a program printed and how it ended (128 + N for signal N).
struct Outcome {
  int exit_code = -1;  // -1: it could not be started (`err` says why), or took too long
  std::string out;
  std::string err;
  absl::Duration took;  // from its start to its end
};

struct RunOptions {
  std::string folder;                                                 // a folder for "run.out" and "run.err"
  std::string input = "/dev/null";                                    // a file
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  absl::Duration limit = absl::Seconds(60);
};

// Runs `command` (a path, then arguments). Use from one thread at a time for each folder.
Outcome RunProgram(const std::vector<std::string>& command, const RunOptions& options);

}  // namespace kortvakt::testing
