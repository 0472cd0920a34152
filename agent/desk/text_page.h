// Plain text for a terminal, wrapped at a width.
#pragma once

#include <string>
#include <string_view>

namespace kortvakt {

enum class TextStyle { kPlain, kHeading, kGood, kWarning, kBad, kFaint };

// Columns that `text` (UTF-8) takes on a terminal: combining characters none, wide
// East Asian ones two. Bytes that are no UTF-8 count as one each.
int DisplayWidth(std::string_view text);

// What of `text` fits into so many columns, cut at a character's edge.
std::string CutToWidth(std::string_view text, int columns);

// Whether a terminal that the environment describes so takes colours: not where TERM is
// "dumb" or not set, nor where NO_COLOR is set and not empty. Null: not set.
bool TakesColour(const char* term, const char* no_color);

// Collects lines. Every text is cleaned first (CleanText), so that what came from a card or a
// reader cannot steer the terminal.
class TextPage {
 public:
  // No line is wider than `width` columns (at least 40). With `colour`, styles
  // are ANSI escape sequences (ECMA-48, 8.3.117), else they do nothing.
  TextPage(int width, bool colour);

  // `label`, then `text` beside it from column `text_column` on; where it does not
  // fit, it goes on below in the same column. A label that reaches that column
  // stands on a line of its own.
  void Labelled(int indent, std::string_view label, int text_column, std::string_view text,
                TextStyle style = TextStyle::kPlain);
  // `text` from column `indent` on.
  void Paragraph(int indent, std::string_view text, TextStyle style = TextStyle::kPlain);
  void Blank() { text_ += '\n'; }

  const std::string& text() const { return text_; }

 private:
  void AddStyled(std::string_view line, TextStyle style);

  int width_;
  bool colour_;
  std::string text_;
};

}  // namespace kortvakt
