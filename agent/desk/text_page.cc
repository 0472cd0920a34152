#include "agent/desk/text_page.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr int kNarrowest = 40;
constexpr size_t kMaxText = 8192;

struct Character {
  uint32_t code;
  size_t bytes;
};

// The character that `text`, not empty, begins with (RFC 3629).
Character First(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  const size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (bytes <= 1 || bytes > text.size()) return {lead, 1};
  uint32_t code = lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {lead, 1};
    code = (code << 6) | (at(i) & 0x3Fu);
  }
  return {code, bytes};
}

struct Range {
  uint32_t first;
  uint32_t last;
};
// Unicode 15: the combining and format blocks that occur in names, and the blocks
// of UAX #11 that are wide.
constexpr Range kZeroWidth[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F},
                                {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
constexpr Range kWide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                           {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool IsIn(uint32_t code, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

int WidthOf(uint32_t code) {
  if (IsIn(code, kZeroWidth)) return 0;
  return IsIn(code, kWide) ? 2 : 1;
}

// How many bytes of `text` fit into `columns`; at least one character.
size_t Fitting(std::string_view text, int columns) {
  size_t bytes = 0;
  int used = 0;
  while (bytes < text.size()) {
    const Character next = First(text.substr(bytes));
    used += WidthOf(next.code);
    if (used > columns && bytes > 0) break;
    bytes += next.bytes;
  }
  return bytes;
}

// `text` in lines of at most `columns`, broken at spaces, and within words only
// where one is too long for a line.
std::vector<std::string> Wrap(std::string_view text, int columns) {
  std::vector<std::string> lines;
  std::string line;
  int used = 0;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::string_view word = text.substr(at, std::min(text.find(' ', at), text.size()) - at);
    at += word.size();
    int width = DisplayWidth(word);
    if (!line.empty() && used + 1 + width > columns) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    }
    while (line.empty() && width > columns) {
      const size_t bytes = Fitting(word, columns);
      lines.emplace_back(word.substr(0, bytes));
      word.remove_prefix(bytes);
      width = DisplayWidth(word);
    }
    if (word.empty()) continue;
    if (!line.empty()) {
      line += ' ';
      ++used;
    }
    line += word;
    used += width;
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

const char* Sequence(TextStyle style) {
  switch (style) {
    case TextStyle::kHeading:
      return "\x1b[1m";
    case TextStyle::kGood:
      return "\x1b[32m";
    case TextStyle::kWarning:
      return "\x1b[33m";
    case TextStyle::kBad:
      return "\x1b[31;1m";
    case TextStyle::kFaint:
      return "\x1b[2m";
    case TextStyle::kPlain:
      break;
  }
  return "";
}

std::string Spaces(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character next = First(text);
    width += WidthOf(next.code);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string CutToWidth(std::string_view text, int columns) {
  return std::string(DisplayWidth(text) <= columns ? text : text.substr(0, Fitting(text, columns)));
}

bool TakesColour(const char* term, const char* no_color) {
  const std::string_view kind = term == nullptr ? "dumb" : term;
  return kind != "dumb" && !kind.empty() && (no_color == nullptr || *no_color == '\0');
}

TextPage::TextPage(int width, bool colour) : width_(std::max(width, kNarrowest)), colour_(colour) {}

void TextPage::AddStyled(std::string_view line, TextStyle style) {
  const bool styled = colour_ && style != TextStyle::kPlain;
  if (styled) text_ += Sequence(style);
  text_ += line;
  if (styled) text_ += "\x1b[0m";
}

void TextPage::Labelled(int indent, std::string_view label, int text_column, std::string_view text,
                        TextStyle style) {
  const int column = std::clamp(text_column, 0, width_ / 2);
  const std::string heading = Spaces(indent) + CleanText(label, kMaxText);
  const std::vector<std::string> lines = Wrap(CleanText(text, kMaxText), width_ - column);
  size_t next = 0;
  if (DisplayWidth(heading) >= column) {
    if (!label.empty()) {
      for (const std::string& part : Wrap(heading, width_ - indent)) {
        text_ += Spaces(indent) + part + '\n';
      }
    }
  } else {
    text_ += heading;
    if (!lines.empty()) {
      text_ += Spaces(column - DisplayWidth(heading));
      AddStyled(lines[next++], style);
    }
    text_ += '\n';
  }
  for (; next < lines.size(); ++next) {
    text_ += Spaces(column);
    AddStyled(lines[next], style);
    text_ += '\n';
  }
}

void TextPage::Paragraph(int indent, std::string_view text, TextStyle style) {
  Labelled(indent, "", indent, text, style);
}

}  // namespace kortvakt
