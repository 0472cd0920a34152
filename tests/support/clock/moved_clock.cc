#include "tests/support/clock/moved_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "common/base/descriptor.h"

namespace kortvakt::testing {

MovedClock::MovedClock(const std::string& file) : file_(file) { Write(); }

std::vector<std::pair<std::string, std::string>> MovedClock::Environment() const {
  const char* library = std::getenv("KORTVAKT_CLOCK_LIBRARY");
  if (library == nullptr) {
    std::fprintf(stderr, "KORTVAKT_CLOCK_LIBRARY is not set\n");
    std::abort();
  }
  return {{"LD_PRELOAD", library}, {"KORTVAKT_MOVED_CLOCK", file_}};
}

void MovedClock::MoveAhead(absl::Duration by) {
  moved_ += by;
  Write();
}

// In place: the programs have the file mapped.
void MovedClock::Write() const {
  const Descriptor file(open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(moved_);
  if (pwrite(file.get(), &nanoseconds, sizeof nanoseconds, 0) != sizeof nanoseconds) {
    std::perror(file_.c_str());
    std::abort();
  }
}

}  // namespace kortvakt::testing
