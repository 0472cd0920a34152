#include "tests/integration/probe/live_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/descriptor.h"
#include "common/base/files.h"
#include "common/base/time.h"

namespace kortvakt::testing {
namespace {

constexpr absl::Duration kStart = absl::Seconds(20);
constexpr int kAttempts = 5;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A port that nobody uses now.
int FreePort() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  return ntohs(address.sin_port);
}

bool Listens(int port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// The number after "ACCEPT …:" in what s_server prints; 0: not there yet.
int AcceptPort(const std::string& output) {
  const size_t line = output.find("ACCEPT ");
  if (line == std::string::npos) return 0;
  const size_t end = output.find('\n', line);
  const size_t colon = output.rfind(':', end);
  int port = 0;
  if (end == std::string::npos || !absl::SimpleAtoi(output.substr(colon + 1, end - colon - 1), &port))
    return 0;
  return port;
}

}  // namespace

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "kortvakt-probe-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::Write(const std::string& name, const std::string& text) const {
  std::ofstream(Path(name)) << text;
  return Path(name);
}

std::optional<LiveServer> LiveServer::OpenSsl(const TestFolder& folder,
                                              const std::vector<std::string>& arguments) {
  static int number = 0;
  const std::string output = folder.Path(absl::StrCat("s_server.", ++number));
  std::vector<std::string> command = {"/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-www"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  absl::StatusOr<ChildProcess> process = ChildProcess::Start(command, {.output = output});
  if (!process.ok()) return std::nullopt;
  const absl::Duration end = SystemClock().Monotonic() + kStart;
  while (process->Running() && SystemClock().Monotonic() < end) {
    if (const int port = AcceptPort(ReadFile(output).value_or("")); port != 0)
      return LiveServer(*std::move(process), port);
    std::this_thread::yield();
  }
  std::fprintf(stderr, "openssl s_server: %s\n", ReadFile(output).value_or("").c_str());
  return std::nullopt;
}

std::optional<LiveServer> LiveServer::Nginx(const TestFolder& folder, const std::string& server) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int port = FreePort();
    const std::string log = folder.Path(absl::StrCat("nginx.", port, ".log"));
    std::string paths;
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      absl::StrAppend(&paths, what, "_temp_path ", folder.Path(what), "; ");
    }
    const std::string config =
        folder.Write(absl::StrCat("nginx.", port, ".conf"),
                     absl::StrCat("daemon off; master_process off; pid ",
                                  folder.Path(absl::StrCat("nginx.", port, ".pid")), "; error_log ", log,
                                  ";\nevents {}\nhttp { access_log off; ", paths, "\nserver {",
                                  absl::StrReplaceAll(server, {{"PORT", std::to_string(port)}}), "} }\n"));
    absl::StatusOr<ChildProcess> process =
        ChildProcess::Start({"/usr/sbin/nginx", "-e", log, "-c", config}, {.output = log + ".out"});
    if (!process.ok()) return std::nullopt;
    const absl::Duration end = SystemClock().Monotonic() + kStart;
    while (process->Running() && SystemClock().Monotonic() < end) {
      if (Listens(port)) return LiveServer(*std::move(process), port);
      std::this_thread::yield();
    }
    std::fprintf(stderr, "nginx: %s\n", ReadFile(log).value_or("").c_str());
  }
  return std::nullopt;
}

}  // namespace kortvakt::testing
