// A table as text. toml++ 3.3 has formatters too, but they write some keys (with an
// apostrophe, a tab, a line break) so that they cannot be read again.
#pragma once

#include <string>

#include "common/base/toml.h"

namespace kortvakt {

// `table` as TOML 1.0: a line a key, in the table's order, tables within it in braces.
// Reads as `table`; the same for two tables that are equal.
std::string TomlText(const toml::table& table);

}  // namespace kortvakt
