// httplib's server with limits that it does not have: on the time and size of a
// whole request, on waiting connections, and a stop that does not wait for
// clients. For this folder's .cc files only.
#pragma once

#include <httplib.h>

#include "absl/time/time.h"
#include "common/base/event.h"

namespace kortvakt {

// What each connection may use.
struct HttpLimits {
  size_t request_bytes = 16u << 10;
  absl::Duration request_time = absl::Seconds(10);
  absl::Duration response_time = absl::Seconds(30);
  size_t threads = 4;
  size_t waiting = 64;
};

class LimitedServer final : public httplib::Server {
 public:
  explicit LimitedServer(const HttpLimits& limits);

  // Ends every connection at its next read or write. Thread-safe.
  void Cancel();

 private:
  bool process_and_close_socket(socket_t socket) override;

  const HttpLimits limits_;
  const Event cancelled_;
};

}  // namespace kortvakt
