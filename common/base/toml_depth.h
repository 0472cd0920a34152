// How deep a TOML text nests, told before it is parsed: toml++ 3.3 follows dotted keys
// to any depth, and goes over what it made of them by recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kortvakt {

// The line (from 1) at which `text` first has more than `max` brackets open, or a key of
// more than `max` + 1 parts; absent: none. What stands in texts and comments does not
// count. A text that is TOML up to some place is read right up to there.
std::optional<uint32_t> LineNestedDeeper(std::string_view text, int max);

}  // namespace kortvakt
