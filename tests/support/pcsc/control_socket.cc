#include "tests/support/pcsc/control_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "tests/support/patience.h"

namespace kortvakt::testing {
namespace {

constexpr size_t kLongestLine = 8192;

absl::StatusOr<sockaddr_un> Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": longer than the 107 bytes a socket path may have"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Reads up to a line's end or the stream's end, at most `limit` long.
absl::StatusOr<std::string> ReadText(int descriptor, bool one_line, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  std::string text;
  while (true) {
    pollfd wait{descriptor, POLLIN, 0};
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("no answer in time");
    const int ready = poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready < 0 && errno != EINTR) return ErrnoStatus(errno, "poll");
    if (ready <= 0) continue;
    char buffer[4096];
    const ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "recv");
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (!one_line) continue;
    if (const size_t newline = text.find('\n'); newline != std::string::npos) return text.substr(0, newline);
    if (text.size() > kLongestLine) return absl::InvalidArgumentError("the command is too long");
  }
}

absl::Status WriteText(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "send");
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Exchange(int descriptor, const sockaddr_un& address, const std::string& line,
                                     absl::Duration limit) {
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return absl::UnavailableError(absl::StrCat(address.sun_path, ": ", std::strerror(errno)));
  }
  RETURN_IF_ERROR(WriteText(descriptor, line));
  return ReadText(descriptor, /*one_line=*/false, limit);
}

}  // namespace

absl::StatusOr<std::string> SendCommand(const std::string& path, const std::vector<std::string>& words,
                                        absl::Duration limit) {
  ASSIGN_OR_RETURN(const sockaddr_un address, Address(path));
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return ErrnoStatus(errno, "socket");
  const absl::StatusOr<std::string> answer =
      Exchange(descriptor, address, absl::StrCat(absl::StrJoin(words, "\t"), "\t\n"), limit);
  close(descriptor);
  RETURN_IF_ERROR(answer.status());
  const std::pair<std::string, std::string> parts = absl::StrSplit(*answer, absl::MaxSplits('\n', 1));
  if (parts.first == "ok") return parts.second;
  if (absl::StartsWith(parts.first, "error: ")) return absl::InvalidArgumentError(parts.first.substr(7));
  return absl::UnavailableError(absl::StrCat(path, ": the program ended without an answer"));
}

absl::StatusOr<ControlSocket> ControlSocket::Listen(const std::string& path) {
  ASSIGN_OR_RETURN(const sockaddr_un address, Address(path));
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return ErrnoStatus(errno, "socket");
  unlink(path.c_str());
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(descriptor, 16) != 0) {
    const int error = errno;
    close(descriptor);
    return ErrnoStatus(error, path);
  }
  return ControlSocket(descriptor, path);
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

ControlSocket::~ControlSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(path_.c_str());
}

void ControlSocket::ServeOne(const Handler& handler) {
  const int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const absl::StatusOr<std::string> line = ReadText(client, /*one_line=*/true, kPatience);
  if (line.ok()) {
    const std::vector<std::string> words =
        absl::StrSplit(*line, absl::StrContains(*line, "\t") ? '\t' : ' ', absl::SkipEmpty());
    const absl::StatusOr<std::string> answer =
        words.empty() ? absl::InvalidArgumentError("no command") : handler(words);
    const std::string text = answer.ok() ? absl::StrCat("ok\n", *answer)
                                         : absl::StrCat("error: ", answer.status().message(), "\n");
    // A client that has gone misses its answer; nobody else does.
    WriteText(client, text).IgnoreError();
  }
  close(client);
}

}  // namespace kortvakt::testing
