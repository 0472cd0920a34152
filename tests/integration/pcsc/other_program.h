// Another program that uses a card through the same service, as middleware does.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt::testing {

// A context and, while connected, a handle. Not thread-safe.
class OtherProgram {
 public:
  OtherProgram();
  ~OtherProgram();
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

  // Errors name the SCARD code; "SCARD_W_RESET_CARD" tells of somebody's reset.
  absl::Status Connect(const std::string& reader, bool exclusive = false);
  absl::Status Disconnect();
  absl::Status Begin();
  absl::Status End();
  // Sends a command (hex) in T=0; its status word.
  absl::StatusOr<uint16_t> Send(const std::string& hex);
  // Waits until the service shows a card in `reader`, at most kPatience.
  absl::Status AwaitCard(const std::string& reader);
  // Waits until the service says that some program is connected to the card there; it looks
  // every 0.4 s.
  absl::Status AwaitInUse(const std::string& reader);

 private:
  absl::Status AwaitState(const std::string& reader, unsigned long wanted);

  long context_ = 0;
  long card_ = 0;
};

}  // namespace kortvakt::testing
