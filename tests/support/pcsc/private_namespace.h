// Mount and network namespaces of our own, so that a pcscd started in them
// touches nothing of the host's (unshare(2), mount_namespaces(7)).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace kortvakt::testing {

// Moves the calling process, which has one thread only, into new namespaces:
// `run` is what /run is there, pcscd's drivers for real readers are hidden by
// the empty folder `empty`, and the network has a loopback of its own and
// nothing else. Works as root and, where the system lets them make user
// namespaces, as an ordinary user.
absl::Status EnterPrivateNamespaces(const std::string& run, const std::string& empty);

}  // namespace kortvakt::testing
