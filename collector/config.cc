#include "collector/config.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/config.h"
#include "common/base/server_address.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxSiteNameBytes = 64;

std::string ReadAddress(ConfigTable& table, std::string_view key, const std::string& fallback) {
  std::string address = table.GetString(key, fallback);
  if (absl::StatusOr<ServerAddress> parsed = ParseListenAddress(address); !parsed.ok()) {
    table.Fail(key, absl::StrCat("'", std::string(key), "': ", parsed.status().message()));
  }
  return address;
}

SiteRules ReadSites(ConfigTable root) {
  SiteRules sites;
  std::set<std::string> names;
  for (ConfigTable& table : root.GetTables("site")) {
    SiteRule site{table.RequireString("name"), table.GetStrings("hosts")};
    if (site.name != CleanText(site.name, kMaxSiteNameBytes)) {
      table.Fail("name", "'name' must be printable UTF-8 of at most 64 bytes");
    }
    if (site.name == kOtherLabel || site.name == kUnknownSite) {
      table.Fail("name",
                 absl::StrCat("'name' is '", site.name, "', which stands for workstations of ",
                              site.name == kOtherLabel ? "too many sites" : "no site", "; write another"));
    }
    if (!site.name.empty() && !names.insert(site.name).second) {
      table.Fail("name",
                 absl::StrCat("site '", CleanText(site.name), "' stands here twice; put all hosts into one"));
    }
    const bool empty_pattern = std::find(site.hosts.begin(), site.hosts.end(), "") != site.hosts.end();
    if (site.hosts.empty() || empty_pattern) {
      table.Fail("hosts", "'hosts' must list host name patterns, such as [\"hosp-a-*\"]");
    }
    sites.push_back(std::move(site));
  }
  return sites;
}

std::vector<AccessRule> ReadAccess(ConfigTable root) {
  std::vector<AccessRule> rules;
  for (ConfigTable& table : root.GetTables("access")) {
    AccessRule rule;
    if (!table.Has("role")) table.Fail("role", "'role' is missing in [[access]]; allowed: reader, operator");
    rule.role = table.GetChoice("role", "reader", {"reader", "operator"}) == "operator" ? Role::kOperator
                                                                                        : Role::kReader;
    rule.uri = table.GetString("uri", "");
    rule.common_name = table.GetString("common_name", "");
    rule.sha256 = absl::AsciiStrToLower(table.GetString("sha256", ""));
    const int given =
        (rule.uri.empty() ? 0 : 1) + (rule.common_name.empty() ? 0 : 1) + (rule.sha256.empty() ? 0 : 1);
    if (given != 1) {
      table.Fail("role", "[[access]] needs exactly one of 'uri', 'common_name' and 'sha256'");
    }
    if (!rule.sha256.empty()) {
      const absl::StatusOr<Bytes> bytes = FromHex(rule.sha256);
      if (!bytes.ok() || bytes->size() != 32) {
        table.Fail(
            "sha256",
            "'sha256' must be 64 hex digits, as `openssl x509 -noout -fingerprint -sha256` prints them");
      } else {
        rule.sha256 = LowerHex(*bytes);
      }
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

absl::StatusOr<CollectorConfig> ReadCollectorConfig(const std::string& path) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Open(path));
  ConfigTable root = file.Root();
  CollectorConfig config;

  ConfigTable listen = root.GetTable("listen");
  config.grpc_address = ReadAddress(listen, "grpc", config.grpc_address);
  config.http_address = ReadAddress(listen, "http", config.http_address);

  ConfigTable tls = root.GetTable("tls");
  config.tls = {tls.RequireString("ca"), tls.RequireString("cert"), tls.RequireString("key")};

  ConfigTable storage = root.GetTable("storage");
  config.storage_path = storage.RequireString("path");
  const absl::Duration day = absl::Hours(24);
  config.keep_presence = storage.GetDuration("presence", config.keep_presence, day, day * 400);
  config.keep_history = storage.GetDuration("history", config.keep_history, day, day * 3650);

  config.keep_unseen = storage.GetDuration("unseen", config.keep_unseen, day * 2, day * 3650);

  config.policy = ReadPolicy(root.GetTable("policy"));
  config.catalogue_files = root.GetTable("catalogue").GetStrings("files");
  config.sites = ReadSites(root);
  config.access = ReadAccess(root);
  config.log_level = root.GetTable("log").GetChoice("level", "info", {"debug", "info", "warning", "error"});
  if (config.keep_unseen <= std::max(config.policy.retired_after, config.policy.card_idle_after)) {
    storage.Fail("unseen",
                 "'unseen' must be longer than [policy] retired_after and card_idle_after: "
                 "what is retired or idle is still listed");
  }
  RETURN_IF_ERROR(file.Finish());
  return config;
}

}  // namespace kortvakt
