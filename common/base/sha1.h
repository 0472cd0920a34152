// SHA-1, for formats that name things by it. Nothing here rests on its strength.
#pragma once

#include "common/base/bytes.h"

namespace kortvakt {

// SHA-1 (FIPS 180-4) of `bytes`: 20 bytes.
Bytes Sha1(ByteView bytes);

}  // namespace kortvakt
