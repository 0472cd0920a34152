// Running the trust reader (reader_main.cc), so that nothing it does, or is made to
// do, can hold up the agent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/time.h"

namespace kortvakt {

// How long a reader may take. A home on a slow disk answers in a few milliseconds.
inline constexpr absl::Duration kReaderTime = absl::Seconds(5);

// The program: beside this one, or where it is installed (../libexec/kortvakt).
std::string DefaultReaderProgram();

// One reader at a time, for one user. A process that cannot be ended (it hangs in a
// dead file system, or is stopped by its user, whom we may not signal) is left to
// itself; until it ends there is no other, and after one that used up its time no
// other for 15 minutes. Not thread-safe.
class ReaderProcess {
 public:
  // `max_answer`: bytes; more is no answer. `clock` must outlive it.
  ReaderProcess(std::string program, size_t max_answer, const Clock& clock);
  ~ReaderProcess();
  ReaderProcess(const ReaderProcess&) = delete;
  ReaderProcess& operator=(const ReaderProcess&) = delete;

  // Starts the program with these arguments, an empty environment and `input` on standard
  // input.
  void Start(const std::vector<std::string>& arguments, const std::string& input);

  // Waits for all of `readers`, which were started, at the same time; at most
  // kReaderTime and a little.
  static void Wait(const std::vector<ReaderProcess*>& readers);

  // After Wait: what the program wrote. kUnavailable: it
  // could not be started, was ended, said too much or too little, or too late.
  absl::StatusOr<std::string> TakeAnswer();

 private:
  struct Child;
  bool Reap();
  void Fail(const std::string& why);
  void ReadSome();

  const std::string program_;
  const size_t max_answer_;
  const Clock& clock_;
  std::unique_ptr<Child> child_;
  absl::StatusOr<std::string> answer_;
  absl::Duration not_before_ = -absl::InfiniteDuration();  // by the monotonic clock
};

}  // namespace kortvakt
