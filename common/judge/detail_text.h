// What the agent's sources say of a trouble (fields `detail` and `error` of a snapshot), in
// the reader's language.
#pragma once

#include <string>

#include "common/judge/finding.h"

namespace kortvakt {

// `detail` clean, at most 256 bytes. The sources write English; in Swedish its parts, which "; " and ": "
// divide, are said in Swedish where they are known. Others stay as they are: they are
// evidence (names of files and codes, what a library says).
std::string DetailText(const std::string& detail, Language language);

}  // namespace kortvakt
