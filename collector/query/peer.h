// Who asks, and what they may see.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/config.h"

namespace kortvakt {

// What the transport says of a verified client certificate.
struct PeerIdentity {
  std::vector<std::string> uris;  // of its subjectAltName
  std::string common_name;
  std::string sha256;  // of the certificate, 64 lower-case hex digits
};

// Identity of the certificate in `pem` (one block, as the transport hands it on).
// An empty sha256 when it is no PEM block.
PeerIdentity MakePeerIdentity(std::vector<std::string> uris, std::string common_name, const std::string& pem);

// Who was let in, and as what.
struct Caller {
  Role role = Role::kReader;
  // For the audit log: the fingerprint's first 16 digits, or the URI where the
  // configuration names it by its URI. Never a person's name.
  std::string name;
};

// The role that the first matching rule gives. kPermissionDenied: a workstation's
// certificate (its rules are not looked at), or one that no rule names; the
// message tells its fingerprint, which is what the administrator needs.
absl::StatusOr<Caller> FindCaller(const PeerIdentity& peer, const std::vector<AccessRule>& rules);

}  // namespace kortvakt
