// How much memory a piece of code holds at most.
#pragma once

#include <cstddef>

namespace kortvakt::testing {

// Counts what operator new gives and operator delete takes back, in all threads, from
// construction on. What C libraries take by malloc is not counted. One at a time.
class PeakMemory {
 public:
  PeakMemory();
  // Most bytes held at once so far, above those at construction.
  size_t bytes() const;

 private:
  size_t before_;
};

}  // namespace kortvakt::testing
