// Commands to a test program over a UNIX socket: one connection a command, one
// line each way in, "ok" or "error: ..." on the first line back, then any text.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt::testing {

// Sends `words` and returns the text that came back after "ok". A command that
// the program refuses is kInvalidArgument with its words; kUnavailable: nobody
// listens at `path`, or the program ended; kDeadlineExceeded after `limit`.
absl::StatusOr<std::string> SendCommand(const std::string& path, const std::vector<std::string>& words,
                                        absl::Duration limit = absl::Seconds(30));

// The listening side. Not thread-safe.
class ControlSocket {
 public:
  using Handler = std::function<absl::StatusOr<std::string>(const std::vector<std::string>& words)>;

  // Listens at `path` (at most 107 bytes, sun_path of unix(7)); an old socket there is replaced.
  static absl::StatusOr<ControlSocket> Listen(const std::string& path);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();

  // Readable when a command waits, for poll(2).
  int descriptor() const { return descriptor_; }
  // Takes one command and answers it. Words are split at tabs, or at spaces in
  // a line without tabs. A client that sends nothing is dropped after 2 s.
  void ServeOne(const Handler& handler);

 private:
  ControlSocket(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace kortvakt::testing
