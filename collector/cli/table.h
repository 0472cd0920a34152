// Rows and columns for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/judge/finding.h"

namespace kortvakt {

// How things are to look on this terminal, or in this file.
struct Display {
  size_t width = 0;  // columns; 0: no limit (not a terminal)
  bool colour = false;
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::Time now;
  Language language = Language::kEnglish;
};

enum class Style { kPlain, kBold, kDim, kGood, kWarning, kBad };

struct Cell {
  std::string text;  // printable, one line
  Style style = Style::kPlain;
};

struct Column {
  std::string title;
  bool right = false;    // aligned right, for numbers
  size_t shrink_to = 0;  // columns that must be left where the terminal is narrow; 0: never shortened
  int leave_out = 0;     // 0: always shown; else left out where the terminal is too narrow, highest first
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
};

// `text` between the terminal's codes for `style` (ECMA-48, 8.3.117); unchanged
// without colour.
std::string Styled(const std::string& text, Style style, const Display& display);

// The table with a line of titles, columns two spaces apart, each line ending
// with a newline. A column whose cells are all empty is left out. Where the
// display is too narrow, columns are left out and shortened as they allow; a line
// below then says which.
std::string RenderTable(const Table& table, const Display& display);

// One CSV record (RFC 4180, section 2), ending with CR LF. A field that begins
// with = + - @, a tab or a carriage return gets "'" before it, so that no
// spreadsheet takes it for a formula.
std::string CsvRecord(const std::vector<std::string>& fields);

}  // namespace kortvakt
