#include "common/base/server_address.h"

#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxShown = 80;  // bytes of a wrong address in a message

struct Parts {
  std::string host;
  std::optional<std::string> port;
};

std::optional<Parts> TakeApart(const std::string& text) {
  Parts parts{.host = text, .port = std::nullopt};
  size_t colon = text.find(':');
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string::npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    colon = end + 1;
    if (colon < text.size() && text[colon] != ':') return std::nullopt;
    if (colon < text.size()) parts.port = text.substr(colon + 1);
  } else if (colon != std::string::npos && colon == text.rfind(':')) {  // several: a bare IPv6 address
    parts.host = text.substr(0, colon);
    parts.port = text.substr(colon + 1);
  }
  if (parts.host.empty() || parts.host.find_first_of("/ \t\r\n[]") != std::string::npos) return std::nullopt;
  return parts;
}

std::optional<uint16_t> ReadPort(const std::string& text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

absl::StatusOr<ServerAddress> ParseServerAddress(const std::string& text, uint16_t default_port) {
  const std::optional<Parts> parts = TakeApart(text);
  std::optional<uint16_t> port = default_port;
  if (parts && parts->port) port = ReadPort(*parts->port);
  if (!parts || !port || *port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", CleanText(text, kMaxShown),
                     "' is not HOST:PORT; write it as collector.example.org:", default_port));
  }
  return ServerAddress{parts->host, *port};
}

absl::StatusOr<ServerAddress> ParseListenAddress(const std::string& text) {
  const std::optional<Parts> parts = TakeApart(text);
  const std::optional<uint16_t> port = parts && parts->port ? ReadPort(*parts->port) : std::nullopt;
  if (!port) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", CleanText(text, kMaxShown), "' is not HOST:PORT, such as \"0.0.0.0:7443\" or \"[::1]:0\""));
  }
  return ServerAddress{parts->host, *port};
}

std::string FormatServerAddress(const ServerAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", address.host, v6 ? "]:" : ":", address.port);
}

}  // namespace kortvakt
