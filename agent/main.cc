// kortvakt-agent: flags, then `run` or `check`.
#include <absl/synchronization/mutex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/check.h"
#include "agent/config.h"
#include "agent/run.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/probe_target.h"
#include "common/base/status.h"
#include "common/base/stop_signal.h"
#include "common/base/time.h"
#include "common/base/usage_error.h"
#include "common/base/version.h"
#include "common/judge/judgement.h"

namespace {

constexpr int kCouldNot = 3;  // bad usage, bad configuration, could not check

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", kortvakt::CleanText(std::string(status.message()), 2000).c_str());
  return kCouldNot;
}

// Ended by a signal: 128 + its number, as shells have it.
int Interrupted(int signal) {
  // What comes next on a terminal begins a line of its own, not behind the ^C.
  if (isatty(STDERR_FILENO) == 1) std::fputc('\n', stderr);
  return 128 + signal;
}

kortvakt::Language LanguageOf(const std::string& option) {
  std::string word = option;
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);
    if (word.empty() && value != nullptr) word = value;
  }
  return word.substr(0, 2) == "sv" ? kortvakt::Language::kSwedish : kortvakt::Language::kEnglish;
}

absl::StatusOr<kortvakt::AgentConfig> Configuration(const std::string& file) {
  return file.empty() ? kortvakt::DefaultAgentConfig() : kortvakt::ReadAgentConfig(file);
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's abseil feeds a deadlock detector for every lock that gRPC takes.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  CLI::App app(
      "Kortvakt's agent: reads the smart cards of this workstation and its trust stores,\n"
      "says what will stop a login, and reports to the collector.",
      "kortvakt-agent");
  app.set_version_flag("--version", std::string("kortvakt-agent ") + kortvakt::kVersion);
  app.require_subcommand(1);
  std::string config_file;

  CLI::App* run = app.add_subcommand("run", "Watch this workstation and report, until SIGTERM");
  run->add_option("--config", config_file, "Configuration file")->required()->type_name("FILE");

  CLI::App* check =
      app.add_subcommand("check",
                         "Judge this workstation once\n"
                         "Exit code: 0 all well, 1 warning, 2 critical, 3 could not check, 130 interrupted");
  kortvakt::CheckOptions options;
  std::string language;
  std::string now;
  check->add_option("--config", config_file, "Configuration file; without one the defaults hold")
      ->type_name("FILE");
  check->add_flag("--json", options.json, "Print one JSON object");
  check->add_option("--lang", language, "Language of the texts: sv or en (by LANG; with --json en)")
      ->check(CLI::IsMember({"sv", "en"}));
  check->add_option("--now", now, "Judge as of this moment, such as 2026-11-22T09:00:00Z")->type_name("TIME");

  std::vector<std::string> probes;
  check->add_option("--probe", probes, "Also probe this server, without logging in; may be repeated")
      ->type_name("https://HOST[:PORT][/PATH]")
      ->expected(1)
      ->take_all();

  check->add_flag("--online", options.online,
                  "Also ask whether certificates are revoked, and whether missing CAs can be fetched");

  CLI::App* check_config =
      app.add_subcommand("check-config",
                         "Check a configuration file and the catalogue files that it names;\n"
                         "`run` looks at the certificate and the key of [collector]");
  check_config->add_option("file", config_file, "Configuration file")->required()->type_name("FILE");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return Fail(absl::InvalidArgumentError(kortvakt::UsageError(app, error)));
  }

  const absl::StatusOr<kortvakt::AgentConfig> config = Configuration(config_file);
  if (!config.ok()) return Fail(config.status());
  kortvakt::StartLog(check->parsed() ? "error" : config->log_level);

  if (check_config->parsed()) {
    const absl::Status judgement = kortvakt::LoadJudgement(config->policy, config->catalogue_files).status();
    if (!judgement.ok()) return Fail(kortvakt::Annotate(judgement, config_file));
    std::printf("%s: good\n", config_file.c_str());
    return 0;
  }
  // Before any thread is made: Ctrl-C must not end us in the middle of a transaction with a card.
  kortvakt::StopSignal stop;
  if (check->parsed()) {
    if (!now.empty()) {
      const absl::StatusOr<absl::Time> time = kortvakt::ParseTime(now);
      if (!time.ok()) return Fail(time.status());
      options.now = *time;
    }
    for (const std::string& url : probes) {
      const absl::StatusOr<kortvakt::ProbeTarget> target = kortvakt::ParseProbeTarget(url);
      if (!target.ok()) return Fail(kortvakt::Annotate(target.status(), "--probe"));
      options.probes.push_back(*target);
    }
    options.language = options.json && language.empty() ? kortvakt::Language::kEnglish : LanguageOf(language);
    const absl::StatusOr<int> exit_code = kortvakt::CheckWorkstation(*config, options, stop);
    if (absl::IsCancelled(exit_code.status()) && stop.Requested()) return Interrupted(stop.Wait());
    return exit_code.ok() ? *exit_code : Fail(exit_code.status());
  }
  const absl::Status status = kortvakt::RunAgent(*config, stop);
  return status.ok() ? 0 : Fail(status);
}
