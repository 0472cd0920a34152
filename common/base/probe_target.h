// What to probe, as people write it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/config.h"
#include "common/base/server_address.h"

namespace kortvakt {

struct ProbeTarget {
  ServerAddress server;
  std::string path = "/";  // begins with "/"
};

// Reads "https://HOST[:PORT][/PATH]" (port 443 when left out). Without user name,
// query and fragment: a probe carries nothing of anybody. At most 2,048 bytes of
// printable ASCII; international names in their ASCII form (RFC 5890).
// kInvalidArgument says what is expected.
absl::StatusOr<ProbeTarget> ParseProbeTarget(std::string_view url);

// "https://host/path", the port where it is not 443.
std::string FormatProbeTarget(const ProbeTarget& target);

// They are probed at the same time, up to 15 s each.
inline constexpr size_t kMaxProbeTargets = 16;

// The list of addresses at `key`, at most kMaxProbeTargets. What is wrong is remembered
// in the table's file.
std::vector<ProbeTarget> ReadProbeTargets(ConfigTable& table, std::string_view key);

}  // namespace kortvakt
