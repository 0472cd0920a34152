#include "agent/revocation/address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxUrl = 512;
constexpr size_t kMaxHost = 253;  // RFC 1035, 2.3.4
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

uint16_t DefaultPort(bool tls) { return tls ? 443 : 80; }

bool IsPlain(std::string_view url) {
  return std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '@' && c != '#' && c != '\\' && c != '"' && c != '<' && c != '>';
  });
}

}  // namespace

absl::StatusOr<FetchAddress> ParseFetchAddress(std::string_view url) {
  const auto wrong = [] { return absl::InvalidArgumentError("not an address of the form http://HOST/PATH"); };
  if (url.size() > kMaxUrl || !IsPlain(url)) return wrong();
  FetchAddress address;
  address.tls = absl::StartsWithIgnoreCase(absl::string_view(url.data(), url.size()), "https://");
  const std::string_view scheme = address.tls ? kHttps : kHttp;
  if (absl::AsciiStrToLower(absl::string_view(url.data(), std::min(url.size(), scheme.size()))) !=
      absl::string_view(scheme.data(), scheme.size())) {
    return wrong();
  }
  url.remove_prefix(scheme.size());
  const size_t end = std::min(url.find_first_of("/?"), url.size());
  const std::string authority = absl::AsciiStrToLower(absl::string_view(url.data(), end));
  // "[v6]" is the one form with more than one colon.
  const bool v6 = absl::StartsWith(authority, "[");
  if (!v6 && std::count(authority.begin(), authority.end(), ':') > 1) return wrong();
  ASSIGN_OR_RETURN(address.server, ParseServerAddress(authority, DefaultPort(address.tls)));
  const std::string& host = address.server.host;
  const char* allowed = v6 ? "0123456789abcdef:." : "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (host.empty() || host.size() > kMaxHost || host.find_first_not_of(allowed) != std::string::npos)
    return wrong();
  const std::string_view path = url.substr(end);
  address.path = absl::StrCat(absl::StartsWith(absl::string_view(path.data(), path.size()), "/") ? "" : "/",
                              absl::string_view(path.data(), path.size()));
  return address;
}

std::string FormatFetchAddress(const FetchAddress& address) {
  const bool v6 = absl::StrContains(address.server.host, ":");
  const std::string authority = address.server.port != DefaultPort(address.tls)
                                    ? FormatServerAddress(address.server)
                                    : absl::StrCat(v6 ? "[" : "", address.server.host, v6 ? "]" : "");
  return absl::StrCat(address.tls ? "https://" : "http://", authority, address.path);
}

}  // namespace kortvakt
