#include "collector/cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-options-XXXXXX";
    home_ = mkdtemp(pattern.data());
    environment_.variables["HOME"] = home_;
  }
  ~OptionsTest() override { std::filesystem::remove_all(home_); }

  std::string WriteConfig(const std::string& folder, const std::string& text) {
    std::filesystem::create_directories(folder + "/kortvakt");
    std::ofstream(folder + "/kortvakt/config.toml") << text;
    return folder + "/kortvakt/config.toml";
  }
  // With everything that is required.
  ParsedCommand Parse(std::vector<std::string> arguments) {
    for (const char* more :
         {"--collector", "c.example.org", "--cert", "c.pem", "--key", "k.pem", "--ca", "a.pem"}) {
      arguments.emplace_back(more);
    }
    return ParseCommand(arguments, environment_);
  }

  std::string home_;
  Environment environment_;
};

TEST_F(OptionsTest, ReadsEveryFilter) {
  const auto renewals =
      Parse({"--site", "Ängelholm", "renewals", "--within", "12w", "--stage", "4w", "--loa", "2", "--idle"});
  ASSERT_TRUE(renewals.options) << renewals.error;
  EXPECT_EQ(renewals.options->command, Command::kRenewals);
  EXPECT_EQ(renewals.options->site, "Ängelholm");
  EXPECT_EQ(*renewals.options->within, absl::Hours(24 * 84));
  EXPECT_EQ(renewals.options->stage, "4w");
  EXPECT_EQ(renewals.options->loa, v1::LOA_2);
  EXPECT_TRUE(renewals.options->include_idle);
  EXPECT_EQ(FormatServerAddress(renewals.options->collector), "c.example.org:7443");

  const auto cards =
      Parse({"cards", "--card", "ABCDEF01", "--holder", "SE2321000016-T35T", "--format", "csv"});
  ASSERT_TRUE(cards.options) << cards.error;
  EXPECT_EQ(cards.options->card_id, "abcdef01");
  EXPECT_EQ(cards.options->holder, "SE2321000016-T35T");
  EXPECT_EQ(cards.options->format, Format::kCsv);

  const auto workstations = Parse({"workstations", "--state", "silent", "--finding", "ROOT_MISSING"});
  ASSERT_TRUE(workstations.options) << workstations.error;
  EXPECT_EQ(workstations.options->state, "silent");
  EXPECT_EQ(workstations.options->finding, "ROOT_MISSING");

  const auto workstation = Parse({"workstation", "MOTTAGNING-03", "--lang", "sv"});
  ASSERT_TRUE(workstation.options) << workstation.error;
  EXPECT_EQ(workstation.options->name, "MOTTAGNING-03");
  EXPECT_EQ(workstation.options->language, Language::kSwedish);
}

TEST_F(OptionsTest, RefusesBadUsageWithTheReason) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{}, "subcommand is required"},
      {{"kards"}, "no command 'kards'"},
      {{"--kards"}, "no option '--kards'"},
      {{"cards", "--loa", "4"}, "--loa"},
      {{"cards", "--stage", "4w"}, "--stage"},
      {{"cards", "--card", "abc"}, "8 to 64 hex digits"},
      {{"cards", "--card", "zzzzzzzz"}, "8 to 64 hex digits"},
      {{"renewals", "--within", "12"}, "write it as 8w"},
      {{"renewals", "--within", "0w"}, "out of range"},
      {{"renewals", "--stage", "3w"}, "--stage"},
      {{"workstation"}, "name is required"},
      {{"cards", "--format", "xml"}, "--format"},
      {{"cards", "--timeout", "0s"}, "out of range"},
  };
  for (const auto& [arguments, reason] : cases) {
    const auto parsed = Parse(arguments);
    EXPECT_FALSE(parsed.options) << reason;
    EXPECT_EQ(parsed.exit_code, kExitUsage) << reason;
    EXPECT_THAT(parsed.error, HasSubstr(reason));
  }
}

TEST_F(OptionsTest, PrintsHelpAndVersion) {
  const auto help = ParseCommand({"--help"}, environment_);
  EXPECT_EQ(help.exit_code, kExitDone);
  for (const char* word :
       {"cards", "renewals", "workstations", "workstation", "alerts", "summary", "cas", "--site"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  const auto version = ParseCommand({"--version"}, environment_);
  EXPECT_EQ(version.exit_code, kExitDone);
  EXPECT_THAT(version.out, HasSubstr("kortvakt "));
}

TEST_F(OptionsTest, SaysWhichSettingIsMissing) {
  EXPECT_THAT(ParseCommand({"cards"}, environment_).error, HasSubstr("--collector HOST:PORT"));
  EXPECT_THAT(ParseCommand({"cards", "--collector", "c"}, environment_).error, HasSubstr("--cert FILE"));
}

TEST_F(OptionsTest, TakesDefaultsFromTheConfigurationAndPathsFromItsFolder) {
  WriteConfig(
      home_ + "/.config",
      "collector = \"c.example.org:1234\"\nca = \"ca.pem\"\ncert = \"~/op.pem\"\nkey = \"/etc/op.key\"\n"
      "format = \"json\"\nlang = \"sv\"\ntimeout = \"5s\"\n");
  const auto parsed = ParseCommand({"summary"}, environment_);
  ASSERT_TRUE(parsed.options) << parsed.error;
  EXPECT_EQ(FormatServerAddress(parsed.options->collector), "c.example.org:1234");
  EXPECT_EQ(parsed.options->tls.ca, home_ + "/.config/kortvakt/ca.pem");
  EXPECT_EQ(parsed.options->tls.certificate, home_ + "/op.pem");
  EXPECT_EQ(parsed.options->tls.key, "/etc/op.key");
  EXPECT_EQ(parsed.options->format, Format::kJson);
  EXPECT_EQ(parsed.options->language, Language::kSwedish);
  EXPECT_EQ(parsed.options->timeout, absl::Seconds(5));

  const auto overridden =
      ParseCommand({"summary", "--format", "table", "--collector", "other"}, environment_);
  ASSERT_TRUE(overridden.options) << overridden.error;
  EXPECT_EQ(FormatServerAddress(overridden.options->collector), "other:7443");
  EXPECT_EQ(overridden.options->format, Format::kTable);
}

TEST_F(OptionsTest, HonoursXdgConfigHomeAndConfigOption) {
  WriteConfig(home_ + "/.config", "collector = \"home:1\"\n");
  WriteConfig(home_ + "/xdg", "collector = \"xdg:1\"\ncert = \"c\"\nkey = \"k\"\nca = \"a\"\n");
  environment_.variables["XDG_CONFIG_HOME"] = home_ + "/xdg";
  auto parsed = ParseCommand({"summary"}, environment_);
  ASSERT_TRUE(parsed.options) << parsed.error;
  EXPECT_EQ(parsed.options->collector.host, "xdg");
  const std::string other =
      WriteConfig(home_ + "/other", "collector = \"other:1\"\ncert = \"c\"\nkey = \"k\"\nca = \"a\"\n");
  parsed = ParseCommand({"--config", other, "summary"}, environment_);
  ASSERT_TRUE(parsed.options) << parsed.error;
  EXPECT_EQ(parsed.options->collector.host, "other");
}

TEST_F(OptionsTest, RefusesABadConfigurationWithFileAndLine) {
  const std::string path = WriteConfig(home_ + "/.config", "collector = \"c:1\"\ncolector = \"d:1\"\n");
  auto parsed = Parse({"summary"});
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_THAT(parsed.error, HasSubstr(path + ":2"));
  EXPECT_THAT(parsed.error, HasSubstr("colector"));
  WriteConfig(home_ + "/.config", "format = \"xml\"\n");
  EXPECT_THAT(Parse({"summary"}).error, HasSubstr(path + ":1"));
  EXPECT_THAT(Parse({"summary", "--config", home_ + "/none.toml"}).error, HasSubstr("none.toml"));
}

TEST_F(OptionsTest, TakesTheLanguageFromTheLocale) {
  const auto language = [&] { return Parse({"workstation", "x"}).options->language; };
  EXPECT_EQ(language(), Language::kEnglish);
  environment_.variables["LANG"] = "sv_SE.UTF-8";
  EXPECT_EQ(language(), Language::kSwedish);
  environment_.variables["LC_ALL"] = "C";
  EXPECT_EQ(language(), Language::kEnglish);
}

}  // namespace
}  // namespace kortvakt
