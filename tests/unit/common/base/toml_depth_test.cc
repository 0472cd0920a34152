#include "common/base/toml_depth.h"

#include <gtest/gtest.h>

#include <string>

namespace kortvakt {
namespace {

constexpr int kMax = 4;

std::string Dotted(int parts) {
  std::string key = "a";
  while (--parts > 0) key += ".a";
  return key;
}

TEST(TomlDepthTest, NamesTheLineOfWhatIsTooDeep) {
  for (const std::string& deep :
       {Dotted(6) + " = 1", "[" + Dotted(6) + "]", "[[" + Dotted(6) + "]]",
        "a = {b = 1, " + Dotted(6) + " = 1}", std::string("a = [[[[[1]]]]]"),
        std::string("a = {a={a={a={a={}}}}}"), std::string("a = [\n{b=[{b=[1]}]}]"),
        "a . a\t.a. a .a.a = 1" + std::string(), "\"a\".'b'.\"c\".d.e.f = 1" + std::string()}) {
    EXPECT_TRUE(LineNestedDeeper(deep, kMax)) << deep;
    EXPECT_EQ(LineNestedDeeper("x = 1\n\n" + deep, kMax).value_or(0) / 2,
              deep.find('\n') == std::string::npos ? 1u : 2u)
        << deep;
  }
  EXPECT_EQ(LineNestedDeeper("x = 1\r\ny = \"\"\"\n\n\"\"\"\n" + Dotted(6) + " = 1", kMax), 5u);
}

TEST(TomlDepthTest, LeavesAloneWhatIsNot) {
  for (const std::string& flat :
       {Dotted(5) + " = 1", "[" + Dotted(5) + "]\n" + Dotted(5) + " = 1", std::string("a = [[[[1.5]]]]"),
        std::string("a = [1.1, 1.1, 1.1, 1.1, 1.1, 1.1]"),
        std::string("a = [] \nb = []\nc = []\nd = []\ne = []\n[f]"),
        std::string("# [[[[[[[\na = 1 # {{{{{{ a.b.c.d.e.f.g"), std::string("a = '[[[[[[[' # '"),
        std::string("a = \"\\\"[[[[[[[\""), std::string("'a.a.a.a.a.a.a' = 1"),
        std::string("a = '\\' # [[[[[["), std::string("a = \"\"\"\n\"[[[[[ \\\"\"\" ' \"\"[[[[[\"\"\"\"\""),
        std::string("a = '''\n'[[[[['' \\''' # \"[[[[["), std::string("a = ''\nb = \"\"\nc = '''''' # [[[[["),
        std::string("")}) {
    EXPECT_FALSE(LineNestedDeeper(flat, kMax)) << flat;
  }
}

// What seems to be a text and is none, or ends earlier than it seems to.
TEST(TomlDepthTest, NothingIsHiddenInAText) {
  const std::string deep = "[[[[[";
  for (const std::string& begin :
       {std::string("a = '\n"), std::string("a = \"\n"), std::string("a = \"\\\n"), std::string("a = ''"),
        std::string("a = \"\""), std::string("a = ''''''"), std::string("a = \"\"\"\"\"\""),
        std::string("a = '\\'"), std::string("a = \"\\\\\""), std::string("a = \"\"\"\\\\\"\"\""),
        std::string("a = '''x''''"), std::string("a = \"\"\"x\"\"\"\"\""), std::string("# '''\n"),
        std::string("# \"\n"), std::string("'#' = ")}) {
    EXPECT_TRUE(LineNestedDeeper(begin + deep, kMax)) << begin;
  }
}

TEST(TomlDepthTest, TakesTimeInProportionToTheText) {
  // Quadratic, these would take hours.
  for (const char* piece : {"\"", "'", "\\", "\"\"\"\\", "[]", "#", "'\n", "''''", "a."}) {
    std::string text = "a = ";
    while (text.size() < (4u << 20)) text += piece;
    LineNestedDeeper(text, 1 << 30);
  }
}

}  // namespace
}  // namespace kortvakt
