#include "common/base/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

namespace kortvakt {

Backoff::Backoff(Limits limits, std::function<double()> random)
    : limits_(limits), random_(std::move(random)) {
  if (!random_) {
    random_ = [engine = std::mt19937_64(std::random_device{}())]() mutable {
      return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
  }
}

absl::Duration Backoff::Next() {
  const int doublings = std::min(failures_, 30);
  ++failures_;
  const absl::Duration top = std::min(limits_.ceiling, limits_.first * (int64_t{1} << doublings));
  if (top <= limits_.floor) return limits_.floor;
  return limits_.floor + (top - limits_.floor) * random_();
}

}  // namespace kortvakt
