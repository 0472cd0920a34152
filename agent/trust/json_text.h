// JSON as browsers read their policies.
#pragma once

#include <string>
#include <string_view>

namespace kortvakt {

// `text` without comments ("//…", "/*…*/") and without commas before "}" and "]",
// which browsers take and JSON (RFC 8259) has not.
std::string PlainJson(std::string_view text);

}  // namespace kortvakt
