// A TCP connection to a server, with a limit on everything.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/bytes.h"
#include "common/base/descriptor.h"
#include "common/base/server_address.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// When waiting ends.
struct ProbeLimit {
  absl::Duration end;  // by SystemClock().Monotonic()
  int stop = -1;       // a descriptor that becomes readable when all is to stop; negative: none

  // Ends so much time from now.
  static ProbeLimit After(absl::Duration time, int stop = -1);
  // The same, but ending after `share` of the time that is left.
  ProbeLimit Part(double share) const;
  absl::Duration Left() const;
};

enum class WaitFor { kReading, kWriting };

// Waits until `fd` is ready. kDeadlineExceeded; kCancelled: `limit.stop`.
absl::Status Await(int fd, WaitFor what, const ProbeLimit& limit);

// An address to connect to.
struct NetworkAddress {
  std::string text;  // "192.0.2.1", "2001:db8::1"
  Bytes socket_address;
  int family = 0;
};

// At most 8 addresses of `server`, in the resolver's order. The resolver runs on a
// thread of its own that is left behind when time is up: it has no limit that we
// could set. kNotFound: there is none, or the resolver does not answer in time;
// kCancelled.
absl::StatusOr<std::vector<NetworkAddress>> Resolve(const ServerAddress& server, const ProbeLimit& limit);

// Connects to the first of `addresses` that takes it, each with its share of the
// time; the socket does not block. `tried`: what became of each. `chosen`: which it
// was. kUnavailable: none does; kCancelled.
absl::StatusOr<Descriptor> ConnectToOne(const std::vector<NetworkAddress>& addresses, const ProbeLimit& limit,
                                        std::vector<ProbeAddress>& tried, size_t& chosen);

// kDeadlineExceeded, kCancelled, kUnavailable: the other side closed.
absl::Status SendAll(int fd, std::string_view bytes, const ProbeLimit& limit);

// Reads an HTTP head (up to the empty line) and nothing after it; at most 8 KiB.
// kResourceExhausted: longer; else as SendAll.
absl::StatusOr<std::string> ReadHttpHead(int fd, const ProbeLimit& limit);

}  // namespace kortvakt
