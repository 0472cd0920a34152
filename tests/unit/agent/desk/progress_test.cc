#include "agent/desk/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "agent/desk/text_page.h"

namespace kortvakt {
namespace {

// What `write` does to a stream.
std::string Written(Progress::Kind kind, int width, const std::function<void(Progress&)>& write) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  {
    Progress progress(stream, kind, width);
    write(progress);
  }
  std::fclose(stream);
  std::string written(text, size);
  std::free(text);
  return written;
}

void Twice(Progress& progress) {
  progress.Show("one");
  progress.Show("two");
}

TEST(ProgressTest, LeavesNothingOnATerminal) {
  EXPECT_EQ(Written(Progress::Kind::kOneLine, 80, Twice), "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K");
  EXPECT_EQ(Written(Progress::Kind::kOneLine, 80, [](Progress&) {}), "");
}

TEST(ProgressTest, SendsADumbTerminalNoSequences) {
  EXPECT_EQ(Written(Progress::Kind::kLines, 80, Twice), "one\ntwo\n");
}

TEST(ProgressTest, IsSilentWhereThereIsNoTerminal) {
  EXPECT_EQ(Written(Progress::Kind::kNone, 80, Twice), "");
}

TEST(ProgressTest, StaysOnOneLineAndCannotBeSteered) {
  const std::string written = Written(Progress::Kind::kLines, 30, [](Progress& progress) {
    progress.Show("prövar https://\x1b[2J" + std::string(200, 'x'));
  });
  EXPECT_LE(DisplayWidth(written.substr(0, written.size() - 1)), 29);
  EXPECT_EQ(written.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace kortvakt
