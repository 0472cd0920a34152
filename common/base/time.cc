#include "common/base/time.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

timespec Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now;
}

class MachineClock final : public Clock {
 public:
  // Not absl::Now(), which goes on by the old time for up to two seconds after the clock was set.
  absl::Time Now() const override { return absl::TimeFromTimespec(Read(CLOCK_REALTIME)); }
  absl::Duration Monotonic() const override { return absl::DurationFromTimespec(Read(CLOCK_MONOTONIC)); }
  absl::Duration SinceBoot() const override { return absl::DurationFromTimespec(Read(CLOCK_BOOTTIME)); }
};

// RFC 3339 has four digits for the year.
absl::Time Displayable(absl::Time time) {
  static const absl::Time kFirst = absl::FromCivil(absl::CivilSecond(0, 1, 1, 0, 0, 0), absl::UTCTimeZone());
  static const absl::Time kLast =
      absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone());
  return std::clamp(time, kFirst, kLast);
}

}  // namespace

const Clock& SystemClock() {
  static const MachineClock* clock = new MachineClock;
  return *clock;
}

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%SZ", Displayable(time), absl::UTCTimeZone());
}

std::string FormatDate(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d", Displayable(time), absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> ParseTime(std::string_view text) {
  absl::Time time;
  std::string error;
  const std::string input(text);
  // absl takes other years too, and "infinite-future".
  static const absl::Time kFirst = absl::FromCivil(absl::CivilYear(1), absl::UTCTimeZone());
  static const absl::Time kEnd = absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone());
  const bool read = absl::ParseTime(absl::RFC3339_full, input, &time, &error) ||
                    absl::ParseTime("%Y-%m-%d", input, absl::UTCTimeZone(), &time, &error);
  if (read && time >= kFirst && time < kEnd) return time;
  return absl::InvalidArgumentError(
      absl::StrCat("'", input, "' is not a time; write it as 2026-11-22T09:00:00Z or 2026-11-22"));
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", std::string(text), "' is not a length of time; write it as 8w, 45d, 12h, 15m or 30s"));
  };
  absl::Duration sum;
  size_t i = 0;
  if (text.empty()) return bad();
  while (i < text.size()) {
    int64_t number = 0;
    const size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      if (number > 100'000'000) return bad();
      number = number * 10 + (text[i++] - '0');
    }
    if (i == start || i == text.size()) return bad();
    switch (text[i++]) {
      case 'w':
        sum += number * absl::Hours(24 * 7);
        break;
      case 'd':
        sum += number * absl::Hours(24);
        break;
      case 'h':
        sum += absl::Hours(number);
        break;
      case 'm':
        sum += absl::Minutes(number);
        break;
      case 's':
        sum += absl::Seconds(number);
        break;
      default:
        return bad();
    }
  }
  return sum;
}

std::string WriteDuration(absl::Duration duration) {
  constexpr std::array<std::pair<int64_t, char>, 5> kUnits = {
      {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  int64_t seconds = absl::ToInt64Seconds(duration);
  std::string text;
  for (const auto& [size, unit] : kUnits) {
    if (seconds >= size) absl::StrAppend(&text, seconds / size, std::string(1, unit));
    seconds %= size;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace kortvakt
