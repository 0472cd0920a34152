#include "common/base/random.h"

#include <sys/random.h>

#include <cstdint>

namespace kortvakt {

double RandomFraction() {
  uint64_t bits = 0;
  // Neither fails nor is cut short for so few bytes (getrandom(2)).
  (void)!getrandom(&bits, sizeof bits, 0);
  // As many bits as a double holds: a division of them all could round up to 1.
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace kortvakt
