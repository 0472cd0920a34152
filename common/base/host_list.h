// Lists of hosts that may be asked, as operators write them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace kortvakt {

// Whether `entry` is of one of the forms, in lower case:
//   "crl.example.org"       that host, ports 80 and 443
//   ".example.org"          every host below that domain, ports 80 and 443
//   "crl.example.org:8080"  that port only; ".example.org:8080" likewise
//   "192.0.2.1", "[2001:db8::1]"  an address, which no other entry allows; with port too
// International names in their ASCII form (RFC 5890). kInvalidArgument says what is wrong.
absl::Status CheckHostEntry(const std::string& entry);

// Whether one of `entries`, all of these forms, allows `host` (a name or an address, an
// IPv6 address without brackets; case does not count) at `port`.
bool AllowsHost(const std::vector<std::string>& entries, const std::string& host, uint16_t port);

}  // namespace kortvakt
