#include "collector/cli/config.h"

#include <filesystem>

#include "common/base/config.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

std::string Resolve(const std::string& file, const std::string& config, const std::string& home) {
  if (file.empty()) return file;
  if (file.rfind("~/", 0) == 0) return (std::filesystem::path(home) / file.substr(2)).string();
  return (std::filesystem::path(config).parent_path() / file).string();  // an absolute `file` stays
}

}  // namespace

absl::StatusOr<OperatorConfig> ReadOperatorConfig(const std::string& path, const std::string& home) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Open(path));
  ConfigTable root = file.Root();
  OperatorConfig config;
  config.collector = root.GetString("collector", "");
  config.ca = Resolve(root.GetString("ca", ""), path, home);
  config.cert = Resolve(root.GetString("cert", ""), path, home);
  config.key = Resolve(root.GetString("key", ""), path, home);
  if (root.Has("format")) config.format = root.GetChoice("format", "table", {"table", "json", "csv"});
  if (root.Has("lang")) config.lang = root.GetChoice("lang", "en", {"sv", "en"});
  config.timeout = root.GetDuration("timeout", config.timeout, absl::Seconds(1), absl::Minutes(10));
  RETURN_IF_ERROR(file.Finish());
  return config;
}

}  // namespace kortvakt
