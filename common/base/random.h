// Chance, to spread in time what a whole fleet would do at once.
#pragma once

namespace kortvakt {

// Drawn evenly from [0, 1). Thread-safe. What draws takes a std::function<double()> with
// this as its default, for which tests give their own.
double RandomFraction();

}  // namespace kortvakt
