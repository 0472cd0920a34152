// How `kortvakt-agent check` gets what the running agent knows: a UNIX socket on
// this workstation.
//
// Protocol: the client connects and sends nothing; the agent answers with one
// byte of outcome (0: here it is, 1: refused), four bytes of length, big-endian,
// and so many bytes of a serialised kortvakt.v1.Snapshot, and closes.
//
// Who may ask: root, the agent's own user, and the user at the console (by the
// peer credentials of the socket).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// Serves from a thread of its own until destroyed.
class DeskServer {
 public:
  // Makes the socket at `path`, mode 0666 (the peer is checked), replacing one
  // that nobody serves. `observe` makes the snapshot; called on the server's thread,
  // one call at a time. kAlreadyExists: another agent serves there.
  static absl::StatusOr<std::unique_ptr<DeskServer>> Start(const std::string& path,
                                                           std::function<Snapshot()> observe);
  virtual ~DeskServer() = default;
};

// Asks the agent at `path`. kNotFound: no agent serves there; kPermissionDenied:
// it refuses this user; kDeadlineExceeded: it does not answer within half a
// minute; kDataLoss: what it said is no snapshot; kCancelled: the descriptor
// `stop` (StopSignal::descriptor; negative: none) became readable meanwhile.
absl::StatusOr<Snapshot> AskRunningAgent(const std::string& path, int stop = -1);

}  // namespace kortvakt
