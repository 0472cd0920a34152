// Whose client certificate it is, by the same rule in agent and collector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kortvakt {

// Whether `text` is a UUID as Kortvakt writes it: 8-4-4-4-12 hex digits, lower
// case (RFC 4122, 3).
bool IsUuid(std::string_view text);

// The UUID of the one URI "urn:kortvakt:workstation:UUID" among the URIs of a
// client certificate's subjectAltName. kPermissionDenied: there is none, or more
// than one, or it is malformed.
absl::StatusOr<std::string> WorkstationOf(const std::vector<std::string>& uris);

}  // namespace kortvakt
