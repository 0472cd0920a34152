#include "collector/cli/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "collector/cli/text.h"

namespace kortvakt {
namespace {

constexpr size_t kGap = 2;

struct Shown {
  size_t column;
  size_t width;
};

std::vector<Shown> MeasureColumns(const Table& table) {
  std::vector<Shown> shown;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    size_t widest = 0;
    for (const auto& row : table.rows) widest = std::max(widest, DisplayWidth(row[c].text));
    if (widest == 0 && !table.rows.empty()) continue;
    shown.push_back({c, std::max(widest, DisplayWidth(table.columns[c].title))});
  }
  return shown;
}

size_t LeastWidth(const Shown& shown, const Table& table) {
  const Column& column = table.columns[shown.column];
  return column.shrink_to > 0 ? std::min(shown.width, std::max(column.shrink_to, DisplayWidth(column.title)))
                              : shown.width;
}

// Leaves out columns until the others, shortened, can fit; returns their titles.
std::vector<std::string> LeaveOut(std::vector<Shown>& shown, const Table& table, size_t limit) {
  std::vector<std::string> titles;
  while (true) {
    size_t least = kGap * (shown.size() - 1);
    for (const Shown& s : shown) least += LeastWidth(s, table);
    const auto first = std::max_element(shown.begin(), shown.end(), [&](const Shown& a, const Shown& b) {
      return table.columns[a.column].leave_out < table.columns[b.column].leave_out;
    });
    if (least <= limit || table.columns[first->column].leave_out == 0) return titles;
    titles.push_back(table.columns[first->column].title);
    shown.erase(first);
  }
}

// Shortens the widest column that may shrink, until the table fits or nothing
// more can be taken.
void Shrink(std::vector<Shown>& shown, const Table& table, size_t limit) {
  size_t total = kGap * (shown.size() - 1);
  for (const Shown& s : shown) total += s.width;
  while (total > limit) {
    Shown* widest = nullptr;
    for (Shown& s : shown) {
      if (s.width > LeastWidth(s, table) && (widest == nullptr || s.width > widest->width)) widest = &s;
    }
    if (widest == nullptr) return;
    --widest->width;
    --total;
  }
}

}  // namespace

std::string Styled(const std::string& text, Style style, const Display& display) {
  if (!display.colour || style == Style::kPlain || text.empty()) return text;
  const char* code = "";
  switch (style) {
    case Style::kBold:
      code = "1";
      break;
    case Style::kDim:
      code = "2";
      break;
    case Style::kGood:
      code = "32";
      break;
    case Style::kWarning:
      code = "33";
      break;
    case Style::kBad:
      code = "1;31";
      break;
    case Style::kPlain:
      break;
  }
  return absl::StrCat("\x1b[", code, "m", text, "\x1b[0m");
}

std::string RenderTable(const Table& table, const Display& display) {
  std::vector<Shown> shown = MeasureColumns(table);
  if (shown.empty()) return "";
  std::vector<std::string> left_out;
  if (display.width > 0) {
    left_out = LeaveOut(shown, table, display.width);
    Shrink(shown, table, display.width);
  }
  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    for (size_t i = 0; i < shown.size(); ++i) {
      const auto& [column, width] = shown[i];
      const Cell cell = cell_of(column);
      const std::string text = Shorten(cell.text, width);
      const std::string padding(width - std::min(width, DisplayWidth(text)), ' ');
      const bool right = table.columns[column].right;
      const bool last = i + 1 == shown.size();
      absl::StrAppend(&out, right ? padding : "", Styled(text, cell.style, display),
                      right || last ? "" : padding, last ? "\n" : std::string(kGap, ' '));
    }
  };
  add_line([&](size_t column) { return Cell{table.columns[column].title, Style::kBold}; });
  for (const auto& row : table.rows) {
    add_line([&](size_t column) { return row[column]; });
  }
  if (!left_out.empty()) {
    const std::string note =
        absl::StrCat("(no room for ", absl::StrJoin(left_out, ", "), "; --format csv has everything)");
    absl::StrAppend(&out, Styled(note, Style::kDim, display), "\n");
  }
  return out;
}

std::string CsvRecord(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    std::string field = fields[i];
    if (!field.empty() && std::string_view("=+-@\t\r").find(field[0]) != std::string_view::npos) {
      field.insert(0, 1, '\'');
    }
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace kortvakt
