// Text as it stands on a terminal: UTF-8, measured in columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kortvakt {

// Text that came over the network, made safe for a terminal (CleanText).
std::string Printable(std::string_view text);

// Columns that `text` (valid UTF-8, one line) takes: 0 for combining marks, 2 for
// wide East Asian characters and emoji (Unicode TR 11), else 1.
size_t DisplayWidth(std::string_view text);

// `text` cut to `width` columns; "…" at the end tells that something is missing.
std::string Shorten(std::string_view text, size_t width);

// `text` with spaces after it up to `width` columns.
std::string PadRight(std::string_view text, size_t width);
std::string PadLeft(std::string_view text, size_t width);

// `text` broken at spaces into lines of at most `width` columns; a longer word
// stands alone on its line, uncut, so that addresses can be copied. 0: no limit.
std::vector<std::string> Wrap(std::string_view text, size_t width);

}  // namespace kortvakt
