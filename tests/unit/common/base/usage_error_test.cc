#include "common/base/usage_error.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>

namespace kortvakt {
namespace {

// What is wrong with "program LINE" where there are `run` and `db backup FILE`.
std::string Complaint(const std::string& line) {
  CLI::App app("", "program");
  app.require_subcommand(1);
  app.add_subcommand("run");
  CLI::App* db = app.add_subcommand("db");
  db->require_subcommand(1);
  std::string file;
  db->add_subcommand("backup")->add_option("FILE", file)->required();
  try {
    app.parse(line);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  return "good";
}

TEST(UsageErrorTest, NamesWhatIsNoCommand) {
  EXPECT_EQ(Complaint("run"), "good");
  EXPECT_EQ(Complaint("bogus"), "no command 'bogus'; see program --help");
  EXPECT_EQ(Complaint("--bogus"), "no option '--bogus'; see program --help");
  EXPECT_EQ(Complaint("db bogus"), "no command 'bogus'; see program --help");
  EXPECT_EQ(Complaint(""), "A subcommand is required; see program --help");
  EXPECT_EQ(Complaint("db backup"), "FILE is required; see program --help");
  EXPECT_EQ(Complaint("bo\x1B[2J"), "no command 'bo [2J'; see program --help");
}

}  // namespace
}  // namespace kortvakt
