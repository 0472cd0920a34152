// Keeps what others cause from filling the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/time.h"

namespace kortvakt {

// One line an hour about each subject. Thread-safe. Knows 10,000 subjects at a
// time; those beyond share one line an hour.
class LogLimit {
 public:
  // `clock` must outlive it.
  explicit LogLimit(const Clock& clock) : clock_(clock) {}

  // Whether a line about `subject` is to be written now: how many were left out
  // since the last one, or absent when this one is left out too.
  std::optional<uint64_t> Admit(const std::string& subject);

 private:
  struct Line {
    absl::Duration written;  // on the steady clock
    uint64_t left_out = 0;
  };
  void DropOld(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Line> lines_ ABSL_GUARDED_BY(mutex_);
  absl::Duration dropped_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace kortvakt
