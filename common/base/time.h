// Time as text and as an argument.
//
// Every instant is an absl::Time in UTC. Nothing below main reads the machine's
// clock or sleeps by itself: it takes a Clock.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt {

// Where a program gets its time from.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time; may jump.
  virtual absl::Time Now() const = 0;
  // Time since an arbitrary start; never jumps back, for measuring and deadlines.
  virtual absl::Duration Monotonic() const = 0;
  // As Monotonic, and goes on while the machine sleeps. Monotonic itself for one that never does.
  virtual absl::Duration SinceBoot() const { return Monotonic(); }
};

// The machine's clocks. Thread-safe; lives for ever.
const Clock& SystemClock();

// "2026-11-22T09:00:00Z" (RFC 3339), always in UTC, whole seconds; years 0 to 9999,
// instants beyond are shown as the nearest of these.
std::string FormatUtc(absl::Time time);

// Reads RFC 3339 with any offset and optional fraction; also a date alone
// ("2026-11-22": its first second, UTC). kInvalidArgument says what is expected.
absl::StatusOr<absl::Time> ParseTime(std::string_view text);

// "2026-11-22", in UTC.
std::string FormatDate(absl::Time time);

// Reads "8w", "45d", "12h", "15m", "30s" or a sum such as "1h30m"; a plain number
// needs its unit. kInvalidArgument says what is expected.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// `duration`, whole seconds of it, as ParseDuration reads it: "8w", "1h30m", "0s".
std::string WriteDuration(absl::Duration duration);

}  // namespace kortvakt
