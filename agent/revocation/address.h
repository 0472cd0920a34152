// Addresses in certificates, which anybody may have written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/server_address.h"

namespace kortvakt {

struct FetchAddress {
  bool tls = false;  // https
  ServerAddress server;
  std::string path = "/";  // begins with "/"; query included
};

// Reads "http://HOST[:PORT][/PATH][?QUERY]", or https. At most 512 bytes of printable ASCII,
// without user, fragment or backslash; a host is a name of letters, digits, "-", "_" and ".",
// or an address: what two programs could read in two ways is refused. kInvalidArgument.
absl::StatusOr<FetchAddress> ParseFetchAddress(std::string_view url);

// "http://host/path", the port where it is not the scheme's.
std::string FormatFetchAddress(const FetchAddress& address);

}  // namespace kortvakt
