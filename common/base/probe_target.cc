#include "common/base/probe_target.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr uint16_t kHttps = 443;
constexpr size_t kMaxUrl = 2048;
constexpr size_t kMaxHost = 253;  // RFC 1035, 2.3.4
constexpr size_t kMaxShown = 80;

absl::Status NotATarget(std::string_view url, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("'", CleanText(url, kMaxShown), "' cannot be probed: ", why,
                                                 "; write it as https://HOST[:PORT][/PATH]"));
}

// RFC 3986, 3.2.2, less what only escapes can say.
bool IsHost(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHost && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  });
}

}  // namespace

absl::StatusOr<ProbeTarget> ParseProbeTarget(std::string_view url) {
  if (url.size() > kMaxUrl) return NotATarget(url, "it is longer than 2048 bytes");
  if (url.substr(0, kScheme.size()) != kScheme) return NotATarget(url, "it does not begin with https://");
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return NotATarget(url,
                      "it has a space, or a character that is not ASCII (of å, ä or ö in a name, write "
                      "the ASCII form, xn--...)");
  }
  std::string_view rest = url.substr(kScheme.size());
  if (rest.find_first_of("?#") != std::string_view::npos)
    return NotATarget(url, "it has a query or fragment");
  const size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return NotATarget(url, "it has a user name");
  const absl::StatusOr<ServerAddress> server = ParseServerAddress(std::string(authority), kHttps);
  if (!server.ok() || !IsHost(server->host)) return NotATarget(url, "it names no host and port");
  ProbeTarget target{.server = *server};
  if (slash != std::string_view::npos) target.path = std::string(rest.substr(slash));
  return target;
}

std::string FormatProbeTarget(const ProbeTarget& target) {
  std::string address = FormatServerAddress(target.server);
  const std::string port = absl::StrCat(":", kHttps);
  if (target.server.port == kHttps) address.resize(address.size() - port.size());
  return absl::StrCat(std::string(kScheme), address, target.path);
}

std::vector<ProbeTarget> ReadProbeTargets(ConfigTable& table, std::string_view key) {
  std::vector<ProbeTarget> targets;
  const std::string name(key);
  for (const std::string& url : table.GetStrings(key)) {
    const absl::StatusOr<ProbeTarget> target = ParseProbeTarget(url);
    if (target.ok()) {
      targets.push_back(*target);
    } else {
      table.Fail(key, absl::StrCat("'", name, "': ", target.status().message()));
    }
  }
  if (targets.size() > kMaxProbeTargets) {
    table.Fail(key, absl::StrCat("'", name, "' has ", targets.size(), " entries; at most ", kMaxProbeTargets,
                                 " are allowed"));
  }
  return targets;
}

}  // namespace kortvakt
