// Everything that can be wrong at the start: one line that says what to do, an
// exit code that is not zero, no stack trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/files.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct ErrorCase {
  const char* name;
  const char* program;                       // "agent" or "collector"
  std::function<void(Installation&)> spoil;  // after the configurations were written
  const char* message;                       // a part of the line
};

void PrintTo(const ErrorCase& c, std::ostream* out) { *out << c.name; }

void Replace(Installation& installation, const std::string& file, const std::string& from,
             const std::string& to) {
  const std::string text = *ReadFile(installation.Path(file));
  const std::string spoiled = absl::StrReplaceAll(text, {{from, to}});
  ASSERT_NE(text, spoiled) << file << " has no " << from;
  installation.Write(file, spoiled);
}

class ErrorTest : public ::testing::TestWithParam<ErrorCase> {
 protected:
  Installation installation_;
};

TEST_P(ErrorTest, IsOneLineThatSaysWhatToDo) {
  const ErrorCase& c = GetParam();
  ASSERT_TRUE(installation_.StartCollector().ok());  // sets the port
  installation_.WriteAgentConfig();
  if (std::string(c.program) == "collector") {
    ASSERT_EQ(installation_.StopCollector(), 0);
  }
  c.spoil(installation_);
  const std::string config = installation_.Path(absl::StrCat(c.program, ".toml"));
  const Outcome outcome =
      std::string(c.program) == "collector"
          ? installation_.Run({Installation::Program("kortvakt-collector"), "serve", "--config", config})
          : installation_.Run({Installation::Program("kortvakt-agent"), "run", "--config", config});
  EXPECT_GT(outcome.exit_code, 0);
  EXPECT_LT(outcome.exit_code, 128) << "died of a signal";
  // Log lines may come before; the error is the last line, and one.
  const size_t end = outcome.err.find_last_not_of('\n');
  const size_t start = outcome.err.rfind('\n', end);
  const std::string line = outcome.err.substr(start == std::string::npos ? 0 : start + 1);
  EXPECT_THAT(line, StartsWith("error: "));
  EXPECT_THAT(line, HasSubstr(c.message)) << outcome.err;
  EXPECT_EQ(outcome.err.find("terminate called"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Start, ErrorTest,
    ::testing::Values(
        ErrorCase{"AgentUnknownKey", "agent",
                  [](Installation& i) { Replace(i, "agent.toml", "site =", "sit ="); },
                  "agent.toml:2: unknown key 'sit' in [workstation]; did you mean 'site'?"},
        ErrorCase{"AgentNotToml", "agent", [](Installation& i) { i.Write("agent.toml", "[workstation\n"); },
                  "agent.toml:1: not TOML"},
        ErrorCase{"AgentNoConfig", "agent",
                  [](Installation& i) { std::filesystem::remove(i.Path("agent.toml")); },
                  "No such file or directory"},
        ErrorCase{"AgentBadInterval", "agent",
                  [](Installation& i) { Replace(i, "agent.toml", "\"2s\"", "\"2 fortnights\""); },
                  "write it as 8w, 45d, 12h"},
        ErrorCase{"AgentNoCertificate", "agent",
                  [](Installation& i) { std::filesystem::remove(i.Path("pki/tls/workstation.pem")); },
                  "workstation.pem"},
        ErrorCase{"AgentForeignKey", "agent",
                  [](Installation& i) { Replace(i, "agent.toml", "workstation.key", "operator.key"); },
                  "operator.key"},
        ErrorCase{"AgentOperatorsCertificate", "agent",
                  [](Installation& i) { Replace(i, "agent.toml", "tls/workstation.", "tls/operator."); },
                  "names no workstation"},
        ErrorCase{"AgentBadCatalogue", "agent",
                  [](Installation& i) { i.Write("pki/catalogue.toml", "version = \"1\"\n[[ca]]\nid = 7\n"); },
                  "catalogue.toml:2"},
        ErrorCase{"AgentSpoolIsAFile", "agent", [](Installation& i) { i.Write("spool", "x"); }, "spool"},
        ErrorCase{"AgentSocketFolderMissing", "agent",
                  [](Installation& i) { Replace(i, "agent.toml", "/agent.sock", "/none/agent.sock"); },
                  "agent.sock"},
        ErrorCase{"CollectorUnknownKey", "collector",
                  [](Installation& i) { Replace(i, "collector.toml", "grpc =", "grcp ="); },
                  "collector.toml:2: unknown key 'grcp'"},
        ErrorCase{"CollectorNoConfig", "collector",
                  [](Installation& i) { std::filesystem::remove(i.Path("collector.toml")); },
                  "No such file or directory"},
        ErrorCase{"CollectorNoKey", "collector",
                  [](Installation& i) { std::filesystem::remove(i.Path("pki/tls/collector.key")); },
                  "collector.key"},
        ErrorCase{"CollectorKeyIsNoPem", "collector",
                  [](Installation& i) { i.Write("pki/tls/collector.key", "secret"); }, "collector.key"},
        ErrorCase{"CollectorForeignKey", "collector",
                  [](Installation& i) { Replace(i, "collector.toml", "collector.key", "operator.key"); },
                  "operator.key"},
        ErrorCase{"CollectorCaIsNoPem", "collector",
                  [](Installation& i) { i.Write("pki/tls/ca.pem", "-----BEGIN"); }, "ca.pem"},
        ErrorCase{"CollectorDatabaseIsNoDatabase", "collector",
                  [](Installation& i) { i.Write("db/fleet.db", std::string(8192, 'x')); }, "fleet.db"},
        ErrorCase{"CollectorDatabaseFolderMissing", "collector",
                  [](Installation& i) { Replace(i, "collector.toml", "db/fleet.db", "none/fleet.db"); },
                  "none"},
        ErrorCase{"CollectorDatabaseIsAFolder", "collector",
                  [](Installation& i) {
                    std::filesystem::remove_all(i.Path("db"));
                    std::filesystem::create_directories(i.Path("db/fleet.db"));
                  },
                  "fleet.db"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BusyPortTest, IsSaidByItsNumber) {
  Installation first;
  ASSERT_TRUE(first.StartCollector().ok());
  const std::string config =
      absl::StrReplaceAll(*ReadFile(first.WriteCollectorConfig()), {{"fleet.db", "other.db"}});
  first.Write("second.toml", config);
  const Outcome outcome = first.Run(
      {Installation::Program("kortvakt-collector"), "serve", "--config", first.Path("second.toml")});
  EXPECT_GT(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr(absl::StrCat(first.grpc_port()))) << outcome.err;
}

TEST(SecondCollectorTest, DoesNotShareADatabase) {
  Installation first;
  ASSERT_TRUE(first.StartCollector().ok());
  const std::string config =
      absl::StrReplaceAll(*ReadFile(first.WriteCollectorConfig()),
                          {{absl::StrCat("127.0.0.1:", first.grpc_port()), "127.0.0.1:0"}});
  first.Write("second.toml", config);
  const Outcome outcome = first.Run(
      {Installation::Program("kortvakt-collector"), "serve", "--config", first.Path("second.toml")});
  EXPECT_GT(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("fleet.db")) << outcome.err;
}

TEST(SampleConfigTest, IsAcceptedAsItIsShipped) {
  Installation installation;
  const std::string folder = absl::StrCat(std::getenv("KORTVAKT_SOURCE"), "/deploy/config/");
  const Outcome agent =
      installation.Run({Installation::Program("kortvakt-agent"), "check-config", folder + "agent.toml"});
  EXPECT_EQ(agent.exit_code, 0) << agent.err;
  // The collector's TLS files are the first thing that a fresh host lacks.
  const Outcome collector = installation.Run(
      {Installation::Program("kortvakt-collector"), "check-config", folder + "collector.toml"});
  EXPECT_NE(collector.exit_code, 0);
  EXPECT_THAT(collector.err, HasSubstr("No such file or directory"));
}

TEST(HelpTest, EveryProgramTellsItsVersionAndItsUse) {
  Installation installation;
  for (const char* program : {"kortvakt-agent", "kortvakt-collector", "kortvakt"}) {
    const Outcome version = installation.Run({Installation::Program(program), "--version"});
    EXPECT_EQ(version.exit_code, 0) << program;
    EXPECT_THAT(version.out, StartsWith(std::string(program) + " 0."));
    const Outcome help = installation.Run({Installation::Program(program), "--help"});
    EXPECT_EQ(help.exit_code, 0) << program;
    EXPECT_THAT(help.out, HasSubstr("Usage"));
    const Outcome none = installation.Run({Installation::Program(program)});
    EXPECT_GT(none.exit_code, 0) << program;
    const Outcome bogus = installation.Run({Installation::Program(program), "bogus"});
    EXPECT_GT(bogus.exit_code, 0) << program;
    EXPECT_EQ(bogus.err, absl::StrCat("error: no command 'bogus'; see ", program, " --help\n"));
  }
}

TEST(HelpTest, WhatAConfigurationIsCalledCannotSteerTheTerminal) {
  Installation installation;
  for (const char* program : {"kortvakt-agent", "kortvakt-collector"}) {
    const Outcome outcome =
        installation.Run({Installation::Program(program), "check-config", "/a\x1B[2J.toml"});
    EXPECT_GT(outcome.exit_code, 0) << program;
    EXPECT_EQ(outcome.err, "error: opening /a [2J.toml: No such file or directory\n") << program;
  }
}

TEST(HelpTest, AHelperThatIsTriedByHandLeavesTheTerminalAtANewLine) {
  Installation installation;
  for (const char* program : {"kortvakt-fetcher", "kortvakt-trust-reader"}) {
    const Outcome outcome =
        installation.Run({"/usr/bin/script", "-qec",
                          absl::StrCat(Installation::Program(program), " < /dev/null"), "/dev/null"});
    EXPECT_GT(outcome.out.size(), 10u) << program;
    EXPECT_EQ(outcome.out.substr(std::max<size_t>(outcome.out.size(), 2) - 2), "\r\n") << program;
  }
}

}  // namespace
}  // namespace kortvakt::testing
