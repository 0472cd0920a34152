#include "agent/probe/proxy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr uint16_t kProxyPort = 1080;
constexpr size_t kMaxExceptions = 256;

// Whether `exception` of no_proxy speaks of `host`, both in lower case.
bool Covers(const std::string& exception, const std::string& host) {
  if (exception == "*" || exception == host) return true;
  return host.size() > exception.size() && absl::EndsWith(host, exception) &&
         host[host.size() - exception.size() - 1] == '.';
}

bool IsThisComputer(const std::string& host) {
  return host == "localhost" || absl::EndsWith(host, ".localhost") || absl::StartsWith(host, "127.") ||
         host == "::1";
}

// RFC 3986, 2.1. A "%" that two hexadecimal digits do not follow stands for itself.
std::string PercentDecoded(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace

absl::StatusOr<ProxySettings> ParseProxy(const std::string& url) {
  ProxySettings settings;
  if (url.empty()) return settings;
  std::string rest = url;
  if (const size_t scheme = rest.find("://"); scheme != std::string::npos) {
    if (absl::AsciiStrToLower(rest.substr(0, scheme + 3)) != kScheme) {
      return absl::InvalidArgumentError("only HTTP proxies can be used: http://HOST:PORT");
    }
    rest.erase(0, scheme + 3);
  }
  rest = rest.substr(0, rest.find('/'));
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    settings.authorization = absl::StrCat("Basic ", absl::Base64Escape(PercentDecoded(rest.substr(0, at))));
    rest.erase(0, at + 1);
  }
  const absl::StatusOr<ServerAddress> address = ParseServerAddress(rest, kProxyPort);
  if (!address.ok()) return absl::InvalidArgumentError("a proxy is written as http://HOST:PORT");
  settings.proxy = *address;
  return settings;
}

absl::StatusOr<ProxySettings> ProxyFromEnvironment(
    const std::function<std::string(const char* name)>& variable) {
  const auto first_of = [&](const char* one, const char* other) {
    return variable(one).empty() ? other : one;
  };
  const char* name = first_of("https_proxy", "HTTPS_PROXY");
  absl::StatusOr<ProxySettings> settings = ParseProxy(variable(name));
  if (!settings.ok()) return Annotate(settings.status(), name);
  for (const auto part :
       absl::StrSplit(variable(first_of("no_proxy", "NO_PROXY")), absl::ByAnyChar(", "), absl::SkipEmpty())) {
    std::string exception = absl::AsciiStrToLower(part);
    if (absl::StartsWith(exception, ".")) exception.erase(0, 1);
    if (!exception.empty() && settings->no_proxy.size() < kMaxExceptions) {
      settings->no_proxy.push_back(std::move(exception));
    }
  }
  return settings;
}

std::optional<ServerAddress> ProxyFor(const ProxySettings& settings, const std::string& host) {
  if (!settings.proxy) return std::nullopt;
  const std::string name = absl::AsciiStrToLower(host);
  if (IsThisComputer(name)) return std::nullopt;
  const bool direct = std::any_of(settings.no_proxy.begin(), settings.no_proxy.end(),
                                  [&](const std::string& exception) { return Covers(exception, name); });
  return direct ? std::nullopt : settings.proxy;
}

}  // namespace kortvakt
