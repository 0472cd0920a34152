// How much memory a piece of code holds at most.
#pragma once

#include <cstddef>

namespace kortvakt::testing {

// Counts what is taken from the heap and given back, by whichever library, in all threads,
// from construction on. One at a time.
class PeakMemory {
 public:
  PeakMemory();
  // Most bytes held at once so far, above those at construction.
  size_t bytes() const;

 private:
  ptrdiff_t before_;
};

}  // namespace kortvakt::testing
