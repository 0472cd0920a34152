#include "agent/desk/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "agent/desk/text_page.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxText = 512;

// ECMA-48, 8.3.41: to the line's beginning, and what stands on it goes.
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

Progress Progress::OnStandardError() {
  if (isatty(STDERR_FILENO) != 1) return {stderr, Kind::kNone, 0};
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  // Colours ask for the same of a terminal.
  const bool takes_sequences = TakesColour(std::getenv("TERM"), nullptr);
  return {stderr, takes_sequences ? Kind::kOneLine : Kind::kLines, known ? size.ws_col : 80};
}

Progress::Progress(Progress&& other) noexcept
    : stream_(other.stream_),
      kind_(std::exchange(other.kind_, Kind::kNone)),
      width_(other.width_),
      shown_(std::exchange(other.shown_, false)) {}

void Progress::Show(std::string_view text) {
  if (kind_ == Kind::kNone) return;
  // A full line would wrap on some terminals, and could not be taken away.
  const std::string line(CutToWidth(CleanText(text, kMaxText), std::max(width_ - 1, 20)));
  if (kind_ == Kind::kOneLine) {
    std::fprintf(stream_, "%s%s", kClearLine, line.c_str());
  } else {
    std::fprintf(stream_, "%s\n", line.c_str());
  }
  std::fflush(stream_);
  shown_ = true;
}

void Progress::Clear() {
  if (shown_ && kind_ == Kind::kOneLine) {
    std::fputs(kClearLine, stream_);
    std::fflush(stream_);
  }
  shown_ = false;
}

}  // namespace kortvakt
