#include "common/base/workstation_identity.h"

namespace kortvakt {
namespace {

constexpr std::string_view kPrefix = "urn:kortvakt:workstation:";

}  // namespace

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

absl::StatusOr<std::string> WorkstationOf(const std::vector<std::string>& uris) {
  std::string found;
  for (const std::string& uri : uris) {
    if (uri.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const std::string id = uri.substr(kPrefix.size());
    if (!found.empty() || !IsUuid(id)) {
      return absl::PermissionDeniedError(
          "the client certificate must name one workstation, by a UUID in lower case");
    }
    found = id;
  }
  if (found.empty()) {
    return absl::PermissionDeniedError(
        "the client certificate names no workstation: its subjectAltName needs the URI "
        "urn:kortvakt:workstation:UUID");
  }
  return found;
}

}  // namespace kortvakt
