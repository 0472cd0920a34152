// What an answer to reset (ISO/IEC 7816-3, 8) hints at.
#pragma once

#include "common/base/bytes.h"

namespace kortvakt {

// Whether `atr` is one of a known IDPrime card. A hint only, which saves commands:
// the card decides which driver reads it.
bool LooksLikeIdPrime(ByteView atr);

}  // namespace kortvakt
