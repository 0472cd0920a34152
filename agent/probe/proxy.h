// Which HTTP proxy a probe goes through, by the same settings as curl and browsers
// on Linux.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/server_address.h"

namespace kortvakt {

struct ProxySettings {
  std::optional<ServerAddress> proxy;  // absent: none
  // "Basic …" for Proxy-Authorization (RFC 7617); empty: none. A secret: never shown.
  std::string authorization;
  // Hosts that are reached directly: "*" all, else a name (and all below it, with
  // or without a "." before) or an address.
  std::vector<std::string> no_proxy;
};

// Reads "http://[USER:PASSWORD@]HOST[:PORT]" or the same without scheme (port 1080
// when left out, as curl has it). In user and password "%40" is "@" (RFC 3986, 2.1).
// Empty: no proxy. kInvalidArgument: anything else, such as a SOCKS proxy; the message
// does not repeat user and password.
absl::StatusOr<ProxySettings> ParseProxy(const std::string& url);

// By https_proxy, else HTTPS_PROXY, and no_proxy, else NO_PROXY, asked of `variable`
// (empty: not set). Errors name the variable.
absl::StatusOr<ProxySettings> ProxyFromEnvironment(
    const std::function<std::string(const char* name)>& variable);

// The proxy for `host`; absent: go directly, as to any host on this computer
// (localhost, 127.0.0.0/8, ::1): browsers do the same.
std::optional<ServerAddress> ProxyFor(const ProxySettings& settings, const std::string& host);

}  // namespace kortvakt
