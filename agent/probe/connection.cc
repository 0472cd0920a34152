#include "agent/probe/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/event.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/snapshot/probe_details.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxAddresses = 8;
constexpr size_t kMaxHead = 8192;

std::string TextOf(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      address->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  return inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

// What the resolver's thread and the one that waits for it share.
struct Lookup {
  ServerAddress server;
  const Event done;
  Mutex mutex;
  int error ABSL_GUARDED_BY(mutex) = 0;
  std::vector<NetworkAddress> addresses ABSL_GUARDED_BY(mutex);
};

void Run(Lookup& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(lookup.server.host.c_str(), std::to_string(lookup.server.port).c_str(), &hints, &found);
  {
    const MutexLock lock(lookup.mutex);
    lookup.error = error;
    for (const addrinfo* a = found; a != nullptr && lookup.addresses.size() < kMaxAddresses; a = a->ai_next) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(a->ai_addr);
      lookup.addresses.push_back({TextOf(a->ai_addr), Bytes(bytes, bytes + a->ai_addrlen), a->ai_family});
    }
  }
  if (found != nullptr) freeaddrinfo(found);
  lookup.done.Set();
}

// The error of a connection under way, once the socket can be written to.
int ConnectError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

ProbeLimit ProbeLimit::After(absl::Duration time, int stop) {
  return {SystemClock().Monotonic() + time, stop};
}

ProbeLimit ProbeLimit::Part(double share) const { return After(Left() * share, stop); }

absl::Duration ProbeLimit::Left() const {
  return std::max(end - SystemClock().Monotonic(), absl::ZeroDuration());
}

absl::Status Await(int fd, WaitFor what, const ProbeLimit& limit) {
  const auto events = static_cast<short>(what == WaitFor::kReading ? POLLIN : POLLOUT);
  while (true) {
    const absl::Duration left = limit.Left();
    std::array<pollfd, 2> waits{{{fd, events, 0}, {limit.stop, POLLIN, 0}}};
    const int64_t milliseconds = std::min<int64_t>(absl::ToInt64Milliseconds(left), 600'000);
    const int ready = poll(waits.data(), waits.size(),
                           left == absl::ZeroDuration() ? 0 : static_cast<int>(milliseconds) + 1);
    if (ready < 0 && errno != EINTR) return ErrnoStatus(errno, "waiting for the network");
    if (waits[1].revents != 0) return absl::CancelledError("interrupted");
    if (ready > 0) return absl::OkStatus();
    if (left == absl::ZeroDuration()) return absl::DeadlineExceededError(probe_detail::kNoAnswer);
  }
}

absl::StatusOr<std::vector<NetworkAddress>> Resolve(const ServerAddress& server, const ProbeLimit& limit) {
  auto lookup = std::make_shared<Lookup>();
  lookup->server = server;
  if (!lookup->done.status().ok()) return Annotate(lookup->done.status(), "preparing to look up a name");
  std::thread([lookup] { Run(*lookup); }).detach();
  const absl::Status waited = Await(lookup->done.descriptor(), WaitFor::kReading, limit);
  if (absl::IsDeadlineExceeded(waited)) return absl::NotFoundError(probe_detail::kResolverSilent);
  RETURN_IF_ERROR(waited);
  const MutexLock lock(lookup->mutex);
  if (lookup->addresses.empty()) {
    return absl::NotFoundError(lookup->error == 0 ? probe_detail::kNoAddress : gai_strerror(lookup->error));
  }
  return lookup->addresses;
}

absl::StatusOr<Descriptor> ConnectToOne(const std::vector<NetworkAddress>& addresses, const ProbeLimit& limit,
                                        std::vector<ProbeAddress>& tried, size_t& chosen) {
  tried.clear();
  for (size_t i = 0; i < addresses.size(); ++i) {
    const NetworkAddress& address = addresses[i];
    const ProbeLimit part = limit.Part(1.0 / static_cast<double>(addresses.size() - i));
    Descriptor socket(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int error = socket.get() < 0 ? errno : 0;
    if (error == 0 && connect(socket.get(), reinterpret_cast<const sockaddr*>(address.socket_address.data()),
                              static_cast<socklen_t>(address.socket_address.size())) != 0) {
      error = errno;
    }
    if (error == EINPROGRESS) {
      const absl::Status waited = Await(socket.get(), WaitFor::kWriting, part);
      if (absl::IsCancelled(waited)) return waited;
      error = waited.ok() ? ConnectError(socket.get()) : ETIMEDOUT;
    }
    tried.push_back({address.text, error == 0 ? "" : std::strerror(error)});
    if (error == 0) {
      chosen = i;
      return socket;
    }
  }
  return absl::UnavailableError("no address takes a connection");
}

absl::Status SendAll(int fd, std::string_view bytes, const ProbeLimit& limit) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      RETURN_IF_ERROR(Await(fd, WaitFor::kWriting, limit));
    } else if (errno != EINTR) {
      return absl::UnavailableError(probe_detail::kPeerClosed);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadHttpHead(int fd, const ProbeLimit& limit) {
  std::string head;
  // One byte at a time: what follows the head belongs to TLS.
  while (head.size() < kMaxHead) {
    char byte = 0;
    const ssize_t received = recv(fd, &byte, 1, 0);
    if (received == 1) {
      head += byte;
      if (absl::EndsWith(head, "\r\n\r\n") || absl::EndsWith(head, "\n\n")) return head;
    } else if (received < 0 && errno == EAGAIN) {
      RETURN_IF_ERROR(Await(fd, WaitFor::kReading, limit));
    } else if (received == 0 || errno != EINTR) {
      return absl::UnavailableError(probe_detail::kPeerClosed);
    }
  }
  return absl::ResourceExhaustedError(probe_detail::kLongHead);
}

}  // namespace kortvakt
