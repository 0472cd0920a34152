// Waiting longer after each failure.
#pragma once

#include <functional>

#include "absl/time/time.h"
#include "common/base/random.h"

namespace kortvakt {

// Exponential back-off with full jitter: after the n-th failure in a row a wait
// drawn evenly from [floor, min(ceiling, first * 2^(n-1))]. The jitter keeps a
// fleet that lost its collector from coming back all at once. Not thread-safe.
class Backoff {
 public:
  struct Limits {
    absl::Duration floor = absl::Milliseconds(100);
    absl::Duration first = absl::Seconds(1);
    absl::Duration ceiling = absl::Minutes(5);
  };
  // `random` returns a number in [0, 1).
  explicit Backoff(Limits limits, std::function<double()> random = RandomFraction);

  // The wait before the next try; each call counts one more failure.
  absl::Duration Next();
  // It worked: the next failure is the first again.
  void Reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Limits limits_;
  std::function<double()> random_;
  int failures_ = 0;
};

}  // namespace kortvakt
