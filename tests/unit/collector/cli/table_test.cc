#include "collector/cli/table.h"

#include <gtest/gtest.h>

#include "collector/cli/text.h"

namespace kortvakt {
namespace {

TEST(TextTest, MeasuresColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("Ängelholm"), 9u);
  EXPECT_EQ(DisplayWidth("A\u030Angstrom"), 8u);  // combining ring
  EXPECT_EQ(DisplayWidth("漢字"), 4u);
  EXPECT_EQ(DisplayWidth("…"), 1u);
}

TEST(TextTest, ShortensAtACharacterWithAMarkThatSaysSo) {
  EXPECT_EQ(Shorten("Ängelholm", 9), "Ängelholm");
  EXPECT_EQ(Shorten("Ängelholm", 4), "Äng…");
  EXPECT_EQ(Shorten("Ängelholm", 1), "…");
  EXPECT_EQ(Shorten("Ängelholm", 0), "");
  EXPECT_EQ(Shorten("漢字漢字", 4), "漢…");  // 2 + 1: the next would not fit
}

TEST(TextTest, WrapsAtSpacesAndKeepsLongWordsWhole) {
  EXPECT_EQ(Wrap("ett två tre", 7), (std::vector<std::string>{"ett två", "tre"}));
  EXPECT_EQ(Wrap("se http://aia.example.org/ca.cer nu", 10),
            (std::vector<std::string>{"se", "http://aia.example.org/ca.cer", "nu"}));
  EXPECT_EQ(Wrap("ett två tre", 0), (std::vector<std::string>{"ett två tre"}));
  EXPECT_EQ(Wrap("", 10), (std::vector<std::string>{""}));
}

TEST(TextTest, TakesAwayWhatWouldSteerATerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\r\x07"), "a [31mb c  ");
  EXPECT_EQ(Printable("abc\u202Efed\u2066x"), "abcfedx");
  EXPECT_EQ(Printable("å\xFF"), "å\uFFFD");
}

Table Sites() {
  return {
      .columns = {{.title = "SITE", .shrink_to = 8}, {.title = "NOTE"}, {.title = "CARDS", .right = true}},
      .rows = {{{"Ängelholm", Style::kPlain}, {"", Style::kPlain}, {"3", Style::kPlain}},
               {{"Ystad", Style::kBad}, {"", Style::kPlain}, {"1200", Style::kPlain}}}};
}

TEST(TableTest, AlignsByDisplayWidthAndLeavesEmptyColumnsOut) {
  EXPECT_EQ(RenderTable(Sites(), Display()),
            "SITE       CARDS\n"
            "Ängelholm      3\n"
            "Ystad       1200\n");
}

TEST(TableTest, ShrinksToTheTerminalButKeepsEnoughToGuess) {
  Display narrow;
  narrow.width = 15;
  EXPECT_EQ(RenderTable(Sites(), narrow),
            "SITE      CARDS\n"
            "Ängelho…      3\n"
            "Ystad      1200\n");
  narrow.width = 3;
  EXPECT_EQ(RenderTable(Sites(), narrow),
            "SITE      CARDS\n"
            "Ängelho…      3\n"
            "Ystad      1200\n");
}

TEST(TableTest, LeavesOutTheHighestFirstAndSaysSo) {
  const Table table{
      .columns = {{.title = "AAAA", .leave_out = 1}, {.title = "BBBB"}, {.title = "CCCC", .leave_out = 2}},
      .rows = {{{"1", Style::kPlain}, {"2", Style::kPlain}, {"3", Style::kPlain}}}};
  Display display;
  display.width = 16;
  EXPECT_EQ(RenderTable(table, display), "AAAA  BBBB  CCCC\n1     2     3\n");
  display.width = 15;
  EXPECT_EQ(RenderTable(table, display),
            "AAAA  BBBB\n1     2\n(no room for CCCC; --format csv has everything)\n");
  display.width = 1;
  EXPECT_EQ(RenderTable(table, display), "BBBB\n2\n(no room for CCCC, AAAA; --format csv has everything)\n");
}

TEST(TableTest, ColoursOnlyWhereAsked) {
  Display display;
  EXPECT_EQ(Styled("x", Style::kBad, display), "x");
  display.colour = true;
  EXPECT_EQ(Styled("x", Style::kBad, display), "\x1b[1;31mx\x1b[0m");
  EXPECT_EQ(Styled("x", Style::kPlain, display), "x");
  // Codes take no column.
  EXPECT_EQ(RenderTable(Sites(), display),
            "\x1b[1mSITE\x1b[0m       \x1b[1mCARDS\x1b[0m\n"
            "Ängelholm      3\n"
            "\x1b[1;31mYstad\x1b[0m       1200\n");
}

TEST(CsvTest, QuotesByRfc4180) {
  EXPECT_EQ(CsvRecord({"a", "b c", ""}), "a,b c,\r\n");
  EXPECT_EQ(CsvRecord({"a,b", "say \"hi\"", "two\nlines"}), "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
}

TEST(CsvTest, DefusesFormulas) {
  EXPECT_EQ(CsvRecord({"=1+1", "+46", "-2", "@SUM(A1)", "\tx", "a=b"}),
            "'=1+1,'+46,'-2,'@SUM(A1),'\tx,a=b\r\n");
  EXPECT_EQ(CsvRecord({"=HYPERLINK(\"x\",\"y\")"}), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n");
}

}  // namespace
}  // namespace kortvakt
