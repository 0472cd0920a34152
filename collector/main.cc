// kortvakt-collector: takes reports in, judges the fleet, answers.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "collector/collector.h"
#include "collector/config.h"
#include "collector/store/sqlite_file.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/base/stop_signal.h"
#include "common/base/time.h"
#include "common/base/usage_error.h"
#include "common/base/version.h"

namespace kortvakt {
namespace {

constexpr const char* kDefaultConfig = "/etc/kortvakt/collector.toml";

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", CleanText(std::string(status.message()), 2000).c_str());
  return 1;
}

int Serve(const std::string& path) {
  StopSignal stop;
  const absl::StatusOr<CollectorConfig> config = ReadCollectorConfig(path);
  if (!config.ok()) return Fail(config.status());
  StartLog(config->log_level);
  absl::StatusOr<std::unique_ptr<Collector>> collector = Collector::Start(*config, SystemClock());
  if (!collector.ok()) return Fail(collector.status());
  spdlog::info("kortvakt-collector {}: gRPC at port {}, HTTP at port {}", kVersion, (*collector)->grpc_port(),
               (*collector)->http_port());
  const int signal = stop.Wait();
  spdlog::info("stopping on signal {}", signal);
  collector->reset();
  spdlog::info("stopped");
  return 0;
}

int CheckConfig(const std::string& path) {
  const absl::StatusOr<CollectorConfig> config = ReadCollectorConfig(path);
  if (!config.ok()) return Fail(config.status());
  const absl::Status status = CheckCollectorConfig(*config, SystemClock().Now());
  if (!status.ok()) return Fail(Annotate(status, path));
  std::printf("%s: ok\n", path.c_str());
  return 0;
}

int Backup(const std::string& path, const std::string& target) {
  const absl::StatusOr<CollectorConfig> config = ReadCollectorConfig(path);
  if (!config.ok()) return Fail(config.status());
  const absl::Status status = BackupDatabase(config->storage_path, target);
  if (!status.ok()) return Fail(status);
  std::printf("%s: backup of %s written\n", target.c_str(), config->storage_path.c_str());
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Kortvakt's collector: takes reports from agents, judges the fleet, serves metrics and answers.",
      "kortvakt-collector");
  app.set_version_flag("--version", std::string("kortvakt-collector ") + kVersion);
  app.require_subcommand(1);
  std::string config = kDefaultConfig;
  std::string target;

  CLI::App* serve = app.add_subcommand("serve", "Run until SIGTERM or SIGINT.");
  serve->add_option("--config", config, "Configuration file")->capture_default_str();
  CLI::App* check = app.add_subcommand("check-config", "Check a configuration and the files that it names.");
  check->add_option("FILE", config, "Configuration file")->required();
  CLI::App* db = app.add_subcommand("db", "Work on the database.");
  db->require_subcommand(1);
  CLI::App* backup = db->add_subcommand("backup", "Copy the database, also while the collector runs.");
  backup->add_option("FILE", target, "Where to; must not exist")->required();
  backup->add_option("--config", config, "Configuration file")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "error: %s\n", UsageError(app, error).c_str());
    return 2;
  }
  if (*serve) return Serve(config);
  if (*check) return CheckConfig(config);
  return Backup(config, target);
}

}  // namespace
}  // namespace kortvakt

int main(int argc, char** argv) { return kortvakt::Main(argc, argv); }
