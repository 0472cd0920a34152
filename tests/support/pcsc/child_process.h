// A program started by a test: ends with its parent, and is waited for.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt::testing {

// Not thread-safe. Start it on a thread that lives as long as the child: the
// kernel ends the child when that thread does (PR_SET_PDEATHSIG, prctl(2)).
class ChildProcess {
 public:
  struct Options {
    std::string output;  // file that takes standard output and error; empty: inherited
    int death_signal = 9;
    std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  };
  // Starts `command` (a path, then its arguments). kNotFound and others: it
  // could not be started.
  static absl::StatusOr<ChildProcess> Start(const std::vector<std::string>& command, const Options& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // Ends it: SIGTERM, and SIGKILL when it is still there 3 s later.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Readable when it has ended, for poll(2).
  int descriptor() const { return descriptor_; }
  bool Running() const;
  void Signal(int number) const;
  // Waits at most `limit` for its end; its exit status (128 + N for signal N) or kDeadlineExceeded.
  absl::StatusOr<int> Wait(absl::Duration limit);
  // SIGTERM, SIGKILL when it is still there after `patience`, and waits. Harmless when it has ended.
  void Stop(absl::Duration patience = absl::Seconds(3));

 private:
  ChildProcess(pid_t pid, int descriptor) : pid_(pid), descriptor_(descriptor) {}
  pid_t pid_ = -1;
  int descriptor_ = -1;  // pidfd_open(2); -1: ended and waited for
  int exit_status_ = 0;
};

}  // namespace kortvakt::testing
