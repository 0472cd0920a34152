#include "collector/cli/workstation_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"

namespace kortvakt {
namespace {

// Text never grows wider than this: long lines are hard to read.
constexpr size_t kReadingWidth = 100;
constexpr size_t kNameWidth = 16;
// With less room than this beside its head, text is not wrapped.
constexpr size_t kLeastRoom = 20;

}  // namespace

WorkstationPage::WorkstationPage(const Display& display)
    : display_(display),
      width_(display.width == 0 ? kReadingWidth : std::min(display.width, kReadingWidth)) {}

void WorkstationPage::Heading(const std::string& text) {
  absl::StrAppend(&out_, "\n", Styled(text, Style::kBold, display_), "\n");
}

void WorkstationPage::Marked(size_t indent, const std::string& mark, Style style, const std::string& text) {
  absl::StrAppend(&out_, std::string(indent, ' '), Styled(mark, style, display_), "  ", Printable(text),
                  "\n");
}

void WorkstationPage::Paragraph(size_t indent, const std::string& head, const std::string& text,
                                Style style) {
  const size_t hanging = indent + DisplayWidth(head);
  const size_t room = width_ > hanging + kLeastRoom ? width_ - hanging : 0;
  bool first = true;
  for (const std::string& line : Wrap(Printable(text), room)) {
    absl::StrAppend(&out_, std::string(first ? indent : hanging, ' '), first ? head : "",
                    Styled(line, style, display_), "\n");
    first = false;
  }
}

void WorkstationPage::Fact(size_t indent, const std::string& name, const std::string& value, Style style) {
  if (!value.empty()) Paragraph(indent, PadRight(name, kNameWidth), value, style);
}

const char* WorkstationPage::Say(const char* english, const char* swedish) const {
  return kortvakt::Say(display_, english, swedish);
}

}  // namespace kortvakt
