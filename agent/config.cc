#include "agent/config.h"

#include "absl/strings/str_cat.h"
#include "agent/trust/trust_store.h"
#include "common/base/bytes.h"
#include "common/base/config.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// A collector takes 64 stores of a workstation (snapshot_proto.h): half of them for what is not configured.
constexpr size_t kMaxFolders = 32;

constexpr size_t kMaxSite = 64;
constexpr size_t kMaxPath = 4095;  // limits.h: PATH_MAX with the closing NUL

// Control characters are in no path that anybody means.
bool IsAbsolutePath(const std::string& path) {
  return !path.empty() && path.front() == '/' && CleanText(path, kMaxPath) == path;
}

// A path, which must be absolute: an agent's working folder is nobody's choice.
std::string Path(ConfigTable& table, std::string_view key, std::string_view fallback, bool required) {
  std::string path = required ? table.RequireString(key) : table.GetString(key, fallback);
  if (!path.empty() && !IsAbsolutePath(path)) {
    table.Fail(
        key, absl::StrCat("'", std::string(key), "' must be an absolute path, not '", CleanText(path), "'"));
  }
  return path;
}

std::vector<std::string> Paths(ConfigTable& table, std::string_view key) {
  std::vector<std::string> paths = table.GetStrings(key);
  for (const std::string& path : paths) {
    if (!IsAbsolutePath(path)) {
      table.Fail(
          key, absl::StrCat("'", std::string(key), "' must be absolute paths, not '", CleanText(path), "'"));
    }
  }
  return paths;
}

AgentConfig::Collector ReadCollector(ConfigTable table) {
  AgentConfig::Collector collector;
  const std::string address = table.RequireString("address");
  if (!address.empty()) {
    const absl::StatusOr<ServerAddress> parsed = ParseServerAddress(address, kCollectorPort);
    if (parsed.ok()) {
      collector.address = *parsed;
    } else {
      table.Fail("address", absl::StrCat("'address': ", parsed.status().message()));
    }
  }
  collector.tls.ca = Path(table, "ca", "", true);
  collector.tls.certificate = Path(table, "cert", "", true);
  collector.tls.key = Path(table, "key", "", true);
  collector.report_interval =
      table.GetDuration("report_interval", collector.report_interval, absl::Seconds(1), absl::Hours(24));
  return collector;
}

void ReadProbe(ConfigTable table, AgentConfig& config) {
  config.probe_targets = ReadProbeTargets(table, "hosts");
  const std::string proxy = table.GetString("proxy", "environment");
  if (proxy == "environment") return;
  const absl::StatusOr<ProxySettings> settings = ParseProxy(proxy == "none" ? "" : proxy);
  if (settings.ok()) {
    config.proxy = *settings;
  } else {
    table.Fail("proxy",
               absl::StrCat("'proxy': ", settings.status().message(), ", \"environment\" or \"none\""));
  }
}

}  // namespace

AgentConfig DefaultAgentConfig() {
  AgentConfig config;
  config.trust.system_bundle = DefaultSystemBundle();
  return config;
}

absl::StatusOr<AgentConfig> ReadAgentConfig(const std::string& path) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Open(path));
  ConfigTable root = file.Root();
  AgentConfig config = DefaultAgentConfig();

  config.site = root.GetTable("workstation").GetString("site", "");
  if (config.site != CleanText(config.site, kMaxSite)) {
    root.GetTable("workstation").Fail("site", "'site' must be printable UTF-8 of at most 64 bytes");
  }
  if (root.Has("collector")) config.collector = ReadCollector(root.GetTable("collector"));

  ConfigTable spool = root.GetTable("spool");
  config.spool_folder = Path(spool, "folder", config.spool_folder, false);
  config.spool_reports = static_cast<int>(spool.GetInt("reports", config.spool_reports, 1, 100'000));

  ConfigTable trust = root.GetTable("trust");
  if (trust.GetString("system_bundle", "auto") != "auto") {
    config.trust.system_bundle = Path(trust, "system_bundle", "", false);
  }
  config.trust.folders = Paths(trust, "folders");
  config.trust.p11_kit = trust.GetBool("p11_kit", config.trust.p11_kit);
  config.trust.browser_policies = trust.GetBool("browser_policies", config.trust.browser_policies);
  config.trust.browser_databases = trust.GetBool("browser_databases", config.trust.browser_databases);
  if (config.trust.folders.size() > kMaxFolders) {
    trust.Fail("folders", absl::StrCat("'folders' has ", config.trust.folders.size(), " entries; at most ",
                                       kMaxFolders, " are allowed"));
  }

  ConfigTable privacy = root.GetTable("privacy");
  config.privacy.keep_hsa_id = privacy.GetBool("hsa_id", true);
  config.privacy.keep_card_number = privacy.GetBool("card_number", true);

  ConfigTable cards = root.GetTable("cards");
  config.quiet_time = cards.GetDuration("quiet_time", config.quiet_time, absl::Seconds(1), absl::Minutes(10));
  config.card_budget.time =
      cards.GetDuration("read_time", config.card_budget.time, absl::Seconds(1), absl::Minutes(5));

  ConfigTable socket = root.GetTable("socket");
  config.socket_path = Path(socket, "path", config.socket_path, false);
  // unix(7): sun_path has 108 bytes with the closing NUL.
  if (config.socket_path.size() > 107) socket.Fail("path", "'path' is longer than 107 bytes");

  ReadProbe(root.GetTable("probe"), config);

  ConfigTable catalogue = root.GetTable("catalogue");
  config.catalogue_files = Paths(catalogue, "files");
  config.policy = ReadPolicy(root.GetTable("policy"));
  config.log_level =
      root.GetTable("log").GetChoice("level", config.log_level, {"debug", "info", "warning", "error"});
  RETURN_IF_ERROR(file.Finish());
  return config;
}

}  // namespace kortvakt
