// Who the workstation is, by its client certificate.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls/tls_check.h"

namespace kortvakt {

struct Identity {
  std::string workstation_id;  // UUID, lower case
  TlsMaterial tls;
};

// Reads the files and checks that they are what they should be: as ReadTlsMaterial
// does, and that the certificate names one workstation as the collector wants it
// (WorkstationOf: kPermissionDenied). Errors name the file and what to do.
absl::StatusOr<Identity> ReadIdentity(const TlsPaths& paths, absl::Time now);

}  // namespace kortvakt
