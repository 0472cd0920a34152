// A wall clock for programs that a test starts, moved while they run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace kortvakt::testing {

// What Environment() is given to sees the machine's wall clock, moved by as much as was told;
// the monotonic clock stays. Needs the test to have KORTVAKT_CLOCK_LIBRARY in its environment, the path
// of moved_clock_preload.cc's library. Not thread-safe.
class MovedClock {
 public:
  // `file` is made, and is not to be removed while programs with this clock run.
  explicit MovedClock(const std::string& file);

  std::vector<std::pair<std::string, std::string>> Environment() const;

  // As if somebody set the clock: whoever waits for a time of the wall clock is not woken.
  void MoveAhead(absl::Duration by);

 private:
  void Write() const;

  const std::string file_;
  absl::Duration moved_;
};

}  // namespace kortvakt::testing
