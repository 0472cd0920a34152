// How long a test waits for what must come before it calls it missing.
#pragma once

#include "absl/time/time.h"

namespace kortvakt::testing {

// A guard against waiting for ever, and no promise of the product: a busy machine takes its time.
// What is promised of time is tested by what a busy machine does not change: counts, a card's log,
// a clock of the test's own, or another program that does the same in the same run.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace kortvakt::testing
