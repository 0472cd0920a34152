#include "common/base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ConfigFile Parsed(const std::string& text) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "test.toml");
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(ConfigTest, ReadsWhatIsThereAndFallsBackForWhatIsNot) {
  ConfigFile file =
      Parsed("name = 'a'\nsize = 3\non = true\nwait = '1h30m'\nlist = ['x', 'y']\n[t]\nk = 'v'\n");
  ConfigTable root = file.Root();
  EXPECT_EQ(root.GetString("name", ""), "a");
  EXPECT_EQ(root.GetInt("size", 0, 0, 9), 3);
  EXPECT_TRUE(root.GetBool("on", false));
  EXPECT_EQ(root.GetDuration("wait", {}, absl::ZeroDuration(), absl::Hours(9)), absl::Minutes(90));
  EXPECT_THAT(root.GetStrings("list"), ElementsAre("x", "y"));
  EXPECT_EQ(root.GetTable("t").GetString("k", ""), "v");
  EXPECT_EQ(root.GetTable("absent").GetString("k", "fallback"), "fallback");
  EXPECT_EQ(root.GetInt("absent_number", 7, 0, 9), 7);
  EXPECT_TRUE(file.Finish().ok()) << file.Finish();
}

TEST(ConfigTest, NamesAnUnknownKeyWithItsLineAndTheLikelyOne) {
  ConfigFile file = Parsed("\n[collector]\nadress = 'x'\n");
  file.Root().GetTable("collector").FindString("address");
  EXPECT_EQ(file.Finish().message(),
            "test.toml:3: unknown key 'adress' in [collector]; did you mean 'address'?");
}

TEST(ConfigTest, NamesAnUnknownTable) {
  ConfigFile file = Parsed("[kollektor]\n");
  file.Root().GetTable("collector");
  EXPECT_THAT(std::string(file.Finish().message()), StartsWith("test.toml:1: unknown key 'kollektor'"));
}

TEST(ConfigTest, NamesAWrongType) {
  ConfigFile file = Parsed("size = 'three'\n");
  file.Root().GetInt("size", 0, 0, 9);
  EXPECT_EQ(file.Finish().message(), "test.toml:1: 'size' must be a whole number, not a text");
}

TEST(ConfigTest, DoesNotTakeAWholeNumberForABooleanOrADecimalForAWhole) {
  ConfigFile flag = Parsed("on = 1\n");
  flag.Root().GetBool("on", false);
  EXPECT_FALSE(flag.Finish().ok());
  ConfigFile number = Parsed("size = 1.0\n");
  number.Root().GetInt("size", 0, 0, 9);
  EXPECT_FALSE(number.Finish().ok());
}

TEST(ConfigTest, NamesTheAllowedRange) {
  ConfigFile file = Parsed("size = 10\nwait = '1s'\n");
  file.Root().GetInt("size", 0, 0, 9);
  file.Root().GetDuration("wait", {}, absl::Minutes(1), absl::Hours(1));
  EXPECT_EQ(file.Finish().message(), "test.toml:1: 'size' is 10; allowed: 0 to 9");
}

TEST(ConfigTest, NamesTheChoices) {
  ConfigFile file = Parsed("level = 'loud'\n");
  EXPECT_EQ(file.Root().GetChoice("level", "info", {"info", "debug"}), "info");
  EXPECT_EQ(file.Finish().message(), "test.toml:1: 'level' is 'loud'; allowed: info, debug");
}

TEST(ConfigTest, NamesAMissingKeyAtItsTable) {
  ConfigFile file = Parsed("\n[tls]\ncert = 'x'\n");
  ConfigTable tls = file.Root().GetTable("tls");
  tls.RequireString("cert");
  tls.RequireString("key");
  EXPECT_EQ(file.Finish().message(), "test.toml:2: 'key' is missing in [tls]");
}

TEST(ConfigTest, ReadsTablesOfTheSameNameInOrder) {
  ConfigFile file = Parsed("[[site]]\nname = 'a'\n[[site]]\nname = 'b'\nextra = 1\n");
  std::vector<std::string> names;
  for (ConfigTable& site : file.Root().GetTables("site")) names.push_back(site.RequireString("name"));
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_THAT(std::string(file.Finish().message()), StartsWith("test.toml:5: unknown key 'extra' in [site]"));
}

TEST(ConfigTest, SaysWhereTheTextIsNotToml) {
  const absl::StatusOr<ConfigFile> file = ConfigFile::Parse("a = 1\nb = = 2\n", "test.toml");
  EXPECT_THAT(std::string(file.status().message()), StartsWith("test.toml:2: not TOML"));
}

TEST(ConfigTest, RefusesWhatBreaksAnAssertionOfTheParser) {
  for (const char* text :
       {"[`]\n", "[[`]]\n", "a.` = 1\n", "a = {` = 1}\n", "a = `\n", "` = 1\n", "[a.`]\n"}) {
    EXPECT_THAT(std::string(ConfigFile::Parse(text, "test.toml").status().message()),
                StartsWith("test.toml:1: not TOML"))
        << text;
  }
}

TEST(ConfigTest, RefusesInvalidUtf8AndDuplicateKeys) {
  EXPECT_FALSE(ConfigFile::Parse("a = '\xFF'\n", "test.toml").ok());
  EXPECT_FALSE(ConfigFile::Parse("a = 1\na = 2\n", "test.toml").ok());
}

TEST(ConfigTest, SaysThatAFileIsMissing) {
  const absl::StatusOr<ConfigFile> file = ConfigFile::Open("/nonexistent/agent.toml");
  EXPECT_TRUE(absl::IsNotFound(file.status()));
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("/nonexistent/agent.toml"));
}

TEST(ConfigTest, ATablesTextReadsAsTheTableAndIsTheSameHoweverItWasWritten) {
  ConfigFile file = Parsed(
      "[t]\n# why\nz = 'back\\slash'\na = [\"x\\ny\", \"å\"]\nd = \"\\u0001\\\"\"\n"
      "n = 3\nb = true\n[t.names]\n\"\" = 'nobody'\n\"a b\" = 'c'\n[[t.list]]\nk = 1\n");
  const std::string text = file.Root().GetTable("t").Text();
  EXPECT_EQ(text.find("why"), std::string::npos);
  ConfigFile again = Parsed(text);
  ConfigTable root = again.Root();
  EXPECT_EQ(root.Text(), text);
  EXPECT_EQ(root.GetString("z", ""), "back\\slash");
  EXPECT_THAT(root.GetStrings("a"), ElementsAre("x\ny", "å"));
  EXPECT_EQ(root.GetString("d", ""), "\x01\"");
  EXPECT_EQ(root.GetInt("n", 0, 0, 9), 3);
  EXPECT_TRUE(root.GetBool("b", false));
  EXPECT_EQ(root.GetTable("names").GetString("", ""), "nobody");
  EXPECT_EQ(root.GetTable("names").GetString("a b", ""), "c");
  EXPECT_EQ(root.GetTables("list").at(0).GetInt("k", 0, 0, 9), 1);
  EXPECT_TRUE(again.Finish().ok()) << again.Finish();
  EXPECT_EQ(Parsed("t = {b = 2, a = 1}").Root().GetTable("t").Text(),
            Parsed("[t]\na = 1 # one\n\nb = 2\n").Root().GetTable("t").Text());
  EXPECT_EQ(Parsed("[t]\n").Root().GetTable("t").Text(), "");
  EXPECT_EQ(Parsed("").Root().GetTable("t").Text(), "");
}

TEST(ConfigTest, RefusesWhatIsNestedSoDeeplyThatReadingItWouldBeADanger) {
  std::string dotted = "a";
  for (int i = 0; i < 60'000; ++i) dotted += ".a";
  for (const std::string& deep :
       {dotted + " = 1", "[" + dotted + "]", "a = " + std::string(60'000, '['), "a = {" + dotted + " = 1}"}) {
    EXPECT_EQ(ConfigFile::Parse("x = 1\n" + deep + "\n", "test.toml").status().message(),
              "test.toml:2: nested more than 32 deep; no setting is");
  }
  // The deepest that is parsed at all.
  std::string key = "a";
  for (int i = 0; i < 32; ++i) key += ".a";
  std::string deepest = "[[" + key + "]]\n";
  for (int i = 0; i < 32; ++i) deepest += key + " = {";
  EXPECT_EQ(ConfigFile::Parse(deepest + std::string(32, '}') + "\n", "test.toml").status().message(),
            "test.toml:1: nested more than 32 deep; no setting is");
}

// As deep as may be, however it is written: what is read can be written and read again.
TEST(ConfigTest, CountsTheNestingOfHeadsKeysAndBracketsTogether) {
  std::string head = "a";
  for (int i = 1; i < 16; ++i) head += ".a";
  const std::string deepest = "[[" + head + "]]\n";  // a list and a table, and 15 tables around
  EXPECT_TRUE(ConfigFile::Parse(deepest + head + " = 1\n", "test.toml").ok());
  ConfigFile file = Parsed(deepest + head + " = 1\n");
  EXPECT_EQ(Parsed(file.Root().Text()).Root().Text(), file.Root().Text());
  EXPECT_EQ(ConfigFile::Parse(deepest + head + " = [[1]]\n", "test.toml").status().message(),
            "test.toml:2: nested more than 32 deep; no setting is");
}

TEST(ConfigTest, ManyUnknownKeysAreToldByTheFirstAlone) {
  std::string text = std::string(1u << 20, 'k') + " = 1\n";
  for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  ConfigFile file = Parsed(text);
  file.Root().FindString("known");
  EXPECT_EQ(file.Finish().message(),
            "test.toml:1: unknown key '" + std::string(256, 'k') + "'; known here: known");
}

TEST(ConfigTest, ANewerSchemaStandsBeforeAllThatMayComeOfIt) {
  ConfigFile file = Parsed("new = 1\nschema = 3\n");
  file.Root().CheckSchema(2);
  EXPECT_THAT(std::string(file.Finish().message()), StartsWith("test.toml:2: 'schema' is 3; kortvakt "));
  for (const char* good : {"", "schema = 1\n", "schema = 2\n"}) {
    ConfigFile known = Parsed(good);
    known.Root().CheckSchema(2);
    EXPECT_TRUE(known.Finish().ok()) << good;
  }
  ConfigFile wrong = Parsed("schema = 'x'\n");
  wrong.Root().CheckSchema(2);
  EXPECT_THAT(std::string(wrong.Finish().message()), HasSubstr("whole number"));
}

}  // namespace
}  // namespace kortvakt
