// JSON as Chromium reads its policies.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kortvakt {

// Most lists and objects in each other; policies of browsers have 6.
inline constexpr int kMaxJsonDepth = 32;

// `text` without a byte order mark, without comments ("//…", "/*…*/") and without commas
// before "}" and "]", which Chromium takes and JSON (RFC 8259) has not. kInvalidArgument:
// nested deeper than kMaxJsonDepth, or something other than JSON that a lenient parser takes
// for a string, in which more could be nested.
absl::StatusOr<std::string> PlainJson(std::string_view text);

}  // namespace kortvakt
