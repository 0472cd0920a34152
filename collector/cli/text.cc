#include "collector/cli/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "common/base/bytes.h"

namespace kortvakt {
namespace {

// Longest text that is shown; the collector sends nothing near that.
constexpr size_t kMaxTextBytes = 8192;

// Takes one character off the front of valid UTF-8; sets `size` to its bytes.
uint32_t Decode(std::string_view text, size_t& size) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t first = byte(0);
  size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size > text.size()) size = text.size();
  if (size == 1) return first;
  uint32_t code = first & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3Fu);
  return code;
}

using Range = std::pair<uint32_t, uint32_t>;
template <size_t N>
bool In(const std::array<Range, N>& ranges, uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.second; });
}

// Combining marks, zero-width characters and variation selectors.
constexpr std::array<Range, 8> kZero = {{{0x0300, 0x036F},
                                         {0x0483, 0x0489},
                                         {0x0591, 0x05BD},
                                         {0x064B, 0x065F},
                                         {0x1AB0, 0x1AFF},
                                         {0x200B, 0x200D},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F}}};
constexpr std::array<Range, 9> kWide = {{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0xA4CF},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFE30, 0xFE6F},
                                         {0xFF00, 0xFF60},
                                         {0x1F300, 0x1FAFF},
                                         {0x20000, 0x3FFFD}}};

size_t WidthOf(uint32_t code) { return In(kZero, code) ? 0 : In(kWide, code) ? 2 : 1; }

}  // namespace

std::string Printable(std::string_view text) { return CleanText(text, kMaxTextBytes); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  size_t size = 0;
  for (; !text.empty(); text.remove_prefix(size)) width += WidthOf(Decode(text, size));
  return width;
}

std::string Shorten(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string kept;
  size_t used = 0;
  size_t size = 0;
  for (; !text.empty(); text.remove_prefix(size)) {
    const size_t wide = WidthOf(Decode(text, size));
    if (used + wide > width - 1) break;
    used += wide;
    kept.append(text.substr(0, size));
  }
  return kept + "…";
}

std::string PadRight(std::string_view text, size_t width) {
  const size_t taken = DisplayWidth(text);
  return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string PadLeft(std::string_view text, size_t width) {
  const size_t taken = DisplayWidth(text);
  return std::string(width > taken ? width - taken : 0, ' ') + std::string(text);
}

std::vector<std::string> Wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && width > 0 && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace kortvakt
