// Where a server is: host and port, as people write them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace kortvakt {

// The collector's gRPC port, where none is given.
inline constexpr uint16_t kCollectorPort = 7443;

struct ServerAddress {
  std::string host;  // name or address, an IPv6 address without brackets
  uint16_t port = 0;
};

// Where to connect: "HOST", "HOST:PORT", "[V6]:PORT" or a bare IPv6 address.
// kInvalidArgument: not of these forms, or a port outside 1 to 65535.
absl::StatusOr<ServerAddress> ParseServerAddress(const std::string& text, uint16_t default_port);

// Where to listen: "HOST:PORT" or "[V6]:PORT"; port 0: any free one.
// kInvalidArgument: not of these forms, or a port above 65535.
absl::StatusOr<ServerAddress> ParseListenAddress(const std::string& text);

// "host:port", with brackets around an IPv6 address.
std::string FormatServerAddress(const ServerAddress& address);

}  // namespace kortvakt
