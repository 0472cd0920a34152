#include "agent/desk/text_page.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(TextPageTest, LeavesOutWhatMovesTheCursorOrTurnsTheDirectionOfWriting) {
  TextPage page(80, true);
  page.Labelled(2, "a\u202Eb", 10, "/etc/\u202Emep.\x1B[2J\u2066x\u200F\u0085y");
  EXPECT_EQ(page.text(), "  ab      /etc/mep. [2Jx y\n");
}

}  // namespace
}  // namespace kortvakt
