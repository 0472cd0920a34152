// How `kortvakt-agent check` gets what the running agent knows: a UNIX socket on
// this workstation.
//
// Protocol: the client connects and sends nothing; the agent answers with one
// byte of outcome (0: here it is, 1: refused), four bytes of length, big-endian,
// and so many bytes of a serialised kortvakt.v1.DeskAnswer, and closes.
//
// Who may ask: root, the agent's own user, and the user at the console (by the
// peer credentials of the socket).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/judge/judgement.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// What the workstation looks like, and what it is judged with there.
struct DeskAnswer {
  Snapshot snapshot;
  std::shared_ptr<const Judgement> judgement;  // not null
  // CA certificates (DER) with which servers can be asked about the snapshot; at most 64.
  std::vector<Bytes> cas = {};
};

// Serves from a thread of its own until destroyed.
class DeskServer {
 public:
  // Makes the socket at `path`, mode 0666 (the peer is checked), replacing one
  // that nobody serves. `observe` makes the answer; called on the server's thread,
  // one call at a time. kAlreadyExists: another agent serves there.
  static absl::StatusOr<std::unique_ptr<DeskServer>> Start(const std::string& path,
                                                           std::function<DeskAnswer()> observe);
  virtual ~DeskServer() = default;
};

// Asks the agent at `path`. kNotFound: no agent serves there; kPermissionDenied:
// it refuses this user; kDeadlineExceeded: it does not answer within half a
// minute; kDataLoss, kInvalidArgument: what it said is no answer; kCancelled: the descriptor
// `stop` (StopSignal::descriptor; negative: none) became readable meanwhile.
absl::StatusOr<DeskAnswer> AskRunningAgent(const std::string& path, int stop = -1);

}  // namespace kortvakt
