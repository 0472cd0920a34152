#include "agent/desk/desk_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/host/host.h"
#include "common/base/descriptor.h"
#include "common/base/event.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/judge/judgement_proto.h"
#include "common/snapshot/snapshot_proto.h"
#include "kortvakt/v1/desk.pb.h"

namespace kortvakt {
namespace {

constexpr char kHere = 0;
constexpr char kRefused = 1;
constexpr uint32_t kMaxAnswerBytes = 16u << 20;
constexpr int kMaxCas = 64;
constexpr absl::Duration kAnswer = absl::Seconds(30);
constexpr absl::Duration kQueueRetry = absl::Milliseconds(50);
constexpr time_t kSendSeconds = 5;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// How long to wait for the running agent, and what ends the wait before.
struct Limit {
  absl::Duration end;  // by the monotonic clock
  int stop;            // a descriptor that becomes readable; negative: none
};

// Waits until `fd` (negative: nothing) is readable, at most `longest`.
absl::Status Await(int fd, const Limit& limit, absl::Duration longest = absl::InfiniteDuration()) {
  const absl::Duration left = std::min(limit.end - SystemClock().Monotonic(), longest);
  if (left <= absl::ZeroDuration()) {
    return absl::DeadlineExceededError("the running agent does not answer; see its log, or restart it");
  }
  std::array<pollfd, 2> waits{{{fd, POLLIN, 0}, {limit.stop, POLLIN, 0}}};
  const auto milliseconds = static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
  if (poll(waits.data(), waits.size(), milliseconds) < 0 && errno != EINTR) {
    return ErrnoStatus(errno, "waiting for the running agent");
  }
  if (waits[1].revents != 0) return absl::CancelledError("interrupted");
  return absl::OkStatus();
}

absl::StatusOr<Descriptor> Connect(const std::string& path, const Limit& limit) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return ErrnoStatus(errno, "making a socket");
  const sockaddr_un address = AddressOf(path);
  while (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    // Nobody listens: the file may be left from an agent that was killed.
    if (error == ECONNREFUSED || error == ENOENT || error == ENOTDIR) {
      return absl::NotFoundError(absl::StrCat("no agent serves ", path));
    }
    if (error != EAGAIN) return ErrnoStatus(error, absl::StrCat("asking the running agent at ", path));
    // Its queue is full, and nothing tells when it is not (unix(7)).
    RETURN_IF_ERROR(Await(-1, limit, kQueueRetry));
  }
  return socket;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

absl::Status ReceiveAll(int fd, char* buffer, size_t size, const Limit& limit) {
  while (size > 0) {
    const ssize_t received = recv(fd, buffer, size, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
      RETURN_IF_ERROR(Await(fd, limit));
      continue;
    }
    if (received < 0) return ErrnoStatus(errno, "hearing the running agent");
    if (received == 0) return absl::DataLossError("the running agent closed the connection early");
    buffer += received;
    size -= static_cast<size_t>(received);
  }
  return absl::OkStatus();
}

v1::DeskAnswer ToProto(const DeskAnswer& answer) {
  v1::DeskAnswer proto;
  *proto.mutable_snapshot() = SnapshotToProto(answer.snapshot);
  *proto.mutable_judgement() = JudgementToProto(*answer.judgement);
  proto.set_judgement_of_collector(answer.judgement->of_collector);
  for (const Bytes& ca : answer.cas) proto.add_cas(AsString(ca));
  return proto;
}

absl::StatusOr<DeskAnswer> FromProto(const v1::DeskAnswer& proto) {
  DeskAnswer answer;
  ASSIGN_OR_RETURN(answer.snapshot, SnapshotFromProto(proto.snapshot()));
  ASSIGN_OR_RETURN(Judgement judgement, JudgementFromProto(proto.judgement(), nullptr));
  judgement.of_collector = proto.judgement_of_collector();
  answer.judgement = std::make_shared<const Judgement>(std::move(judgement));
  if (proto.cas_size() > kMaxCas) return absl::InvalidArgumentError("more than 64 CA certificates");
  for (const std::string& ca : proto.cas()) {
    const ByteView der = AsBytes(ca);
    answer.cas.emplace_back(der.begin(), der.end());
  }
  return answer;
}

bool MayAsk(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == 0 || peer.uid == geteuid()) return true;
  const std::optional<uint32_t> console = ConsoleUser();
  return console && *console == peer.uid;
}

class Server final : public DeskServer {
 public:
  Server(Descriptor listener, Event stop, std::string path, std::function<DeskAnswer()> observe)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        path_(std::move(path)),
        observe_(std::move(observe)),
        thread_([this] { Run(); }) {}

  ~Server() override {
    stop_.Set();
    thread_.join();
    unlink(path_.c_str());
  }

 private:
  void Run() {
    while (true) {
      std::array<pollfd, 2> waits{{{listener_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
      if (poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
      if (waits[1].revents != 0) return;
      if (waits[0].revents == 0) continue;
      const Descriptor peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (peer.get() < 0) {
        // Out of descriptors: do not spin until somebody gives one back.
        if (errno == EMFILE || errno == ENFILE) usleep(100'000);
        continue;
      }
      Answer(peer.get());
    }
  }

  void Answer(int fd) {
    const timeval timeout{kSendSeconds, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (!MayAsk(fd)) {
      SendAll(fd, std::string_view(&kRefused, 1));
      return;
    }
    const std::string body = ToProto(observe_()).SerializeAsString();
    const auto size = static_cast<uint32_t>(body.size());
    const std::array<char, 5> head{kHere, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                   static_cast<char>(size >> 8), static_cast<char>(size)};
    if (SendAll(fd, {head.data(), head.size()})) SendAll(fd, body);
  }

  const Descriptor listener_;
  const Event stop_;
  const std::string path_;
  const std::function<DeskAnswer()> observe_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DeskServer>> DeskServer::Start(const std::string& path,
                                                              std::function<DeskAnswer()> observe) {
  Event stop;
  RETURN_IF_ERROR(stop.status());
  // Somebody who has no time now serves there too.
  if (const absl::Status other = Connect(path, {SystemClock().Monotonic(), -1}).status();
      other.ok() || absl::IsDeadlineExceeded(other)) {
    return absl::AlreadyExistsError(absl::StrCat("another agent serves ", path,
                                                 " already; stop it, or set [socket] path to another file"));
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return absl::AlreadyExistsError(absl::StrCat(path,
                                                   " exists and is not a socket; remove it, or set "
                                                   "[socket] path to another file"));
    }
    unlink(path.c_str());
  }
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) return ErrnoStatus(errno, "making a socket");
  const sockaddr_un address = AddressOf(path);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ErrnoStatus(errno, absl::StrCat("making the socket ", path));
  }
  if (chmod(path.c_str(), 0666) != 0 || listen(listener.get(), 8) != 0) {
    return ErrnoStatus(errno, absl::StrCat("serving the socket ", path));
  }
  return std::make_unique<Server>(std::move(listener), std::move(stop), path, std::move(observe));
}

absl::StatusOr<DeskAnswer> AskRunningAgent(const std::string& path, int stop) {
  const Limit limit{SystemClock().Monotonic() + kAnswer, stop};
  ASSIGN_OR_RETURN(const Descriptor socket, Connect(path, limit));
  char outcome = 0;
  RETURN_IF_ERROR(ReceiveAll(socket.get(), &outcome, 1, limit));
  if (outcome != kHere) {
    return absl::PermissionDeniedError(
        "the running agent answers only root and the user at the console; try with sudo");
  }
  std::array<char, 4> head{};
  RETURN_IF_ERROR(ReceiveAll(socket.get(), head.data(), head.size(), limit));
  uint32_t size = 0;
  for (const char byte : head) size = size << 8 | static_cast<uint8_t>(byte);
  if (size > kMaxAnswerBytes) return absl::DataLossError("the running agent's answer is too large");
  std::string body(size, '\0');
  RETURN_IF_ERROR(ReceiveAll(socket.get(), body.data(), body.size(), limit));
  v1::DeskAnswer proto;
  if (!proto.ParseFromString(body)) return absl::DataLossError("the running agent's answer cannot be read");
  absl::StatusOr<DeskAnswer> answer = FromProto(proto);
  if (!answer.ok()) {
    return Annotate(answer.status(), "the running agent's answer (if it is of another version, restart it)");
  }
  return answer;
}

}  // namespace kortvakt
