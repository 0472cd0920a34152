// Findings on the wire.
#pragma once

#include "common/judge/finding.h"
#include "kortvakt/v1/finding.pb.h"

namespace kortvakt {

// `finding`, with what its code means in `language` (the one it was judged in).
v1::Finding FindingToProto(const Finding& finding, Language language);

}  // namespace kortvakt
