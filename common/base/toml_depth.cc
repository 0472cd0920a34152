#include "common/base/toml_depth.h"

#include <algorithm>

namespace kortvakt {
namespace {

// Where the text that begins at `start` with a quote ends: behind its closing quotes, or
// where it can go on no longer (TOML 1.0, "String"): at the line's end for one of a single
// line. What follows then is no TOML, and nothing is hidden.
size_t EndOfQuoted(std::string_view text, size_t start) {
  const char quote = text[start];
  const auto quotes_from = [&](size_t at, size_t most) {
    size_t count = 0;
    while (count < most && at + count < text.size() && text[at + count] == quote) ++count;
    return count;
  };
  const size_t opening = quotes_from(start, 3);
  if (opening == 2) return start + 2;
  const bool lines = opening == 3;
  size_t i = start + (lines ? 3 : 1);
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      i += !lines && i + 1 < text.size() && text[i + 1] == '\n' ? 1 : 2;
    } else if (text[i] == '\n' && !lines) {
      return i;
    } else if (text[i] != quote) {
      ++i;
    } else if (!lines) {
      return i + 1;
    } else {
      // Three close it; one or two before them belong to the text.
      const size_t closing = quotes_from(i, 5);
      i += closing;
      if (closing >= 3) return i;
    }
  }
  return text.size();
}

}  // namespace

std::optional<uint32_t> LineNestedDeeper(std::string_view text, int max) {
  uint32_t line = 1;
  int dots = 0;
  int brackets = 0;
  for (size_t i = 0; i < text.size();) {
    size_t next = i + 1;
    switch (text[i]) {
      case '"':
      case '\'':
        next = EndOfQuoted(text, i);
        line += static_cast<uint32_t>(std::count(text.begin() + static_cast<ptrdiff_t>(i),
                                                 text.begin() + static_cast<ptrdiff_t>(next), '\n'));
        break;
      case '#':
        next = std::min(text.find('\n', i), text.size());
        break;
      case '.':
        ++dots;
        break;
      case '[':
      case '{':
        ++brackets;
        dots = 0;
        break;
      case ']':
      case '}':
        brackets = std::max(brackets - 1, 0);
        dots = 0;
        break;
      case '=':
      case ',':
        dots = 0;
        break;
      case '\n':
        ++line;
        dots = 0;
        break;
      default:
        break;
    }
    if (dots > max || brackets > max) return line;
    i = next;
  }
  return std::nullopt;
}

}  // namespace kortvakt
