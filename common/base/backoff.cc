#include "common/base/backoff.h"

#include <algorithm>
#include <utility>

namespace kortvakt {

Backoff::Backoff(Limits limits, std::function<double()> random)
    : limits_(limits), random_(std::move(random)) {}

absl::Duration Backoff::Next() {
  const int doublings = std::min(failures_, 30);
  ++failures_;
  const absl::Duration top = std::min(limits_.ceiling, limits_.first * (int64_t{1} << doublings));
  if (top <= limits_.floor) return limits_.floor;
  return limits_.floor + (top - limits_.floor) * random_();
}

}  // namespace kortvakt
