#include "tests/support/revocation/revocation_servers.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <regex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/files.h"

namespace kortvakt::testing {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);

std::string HostOf(int port) { return absl::StrCat("127.0.0.1:", port); }

// Everything up to the end of an HTTP head.
std::string ReadHead(int fd) {
  std::string head;
  char c = 0;
  while (head.find("\r\n\r\n") == std::string::npos && read(fd, &c, 1) == 1) head += c;
  return head;
}

ChildProcess StartResponder(RevocationKit& kit, const Issued& signer, int requests, const std::string& log) {
  absl::StatusOr<ChildProcess> started =
      ChildProcess::Start({"/bin/sh", "-c", kit.ResponderCommand(signer, requests)}, {.output = log});
  if (!started.ok()) {
    std::fprintf(stderr, "openssl ocsp: %s\n", started.status().ToString().c_str());
    std::abort();
  }
  return *std::move(started);
}

}  // namespace

OcspResponder::OcspResponder(RevocationKit& kit, const Issued& signer, int requests)
    : process_(StartResponder(kit, signer, requests, kit.folder().Write("responder.log", ""))) {
  static const std::regex accepts("ACCEPT \\S*:([0-9]+) ");  // "ACCEPT [::]:37365 PID=2466"
  const std::string log = kit.folder().path() + "/responder.log";
  const absl::Time end = absl::Now() + kStartLimit;
  std::string text;
  for (std::smatch port; host_.empty(); absl::SleepFor(absl::Milliseconds(20))) {
    text = ReadFile(log).value_or("");
    if (std::regex_search(text, port, accepts)) host_ = HostOf(std::stoi(port[1].str()));
    if (host_.empty() && (!process_.Running() || absl::Now() > end)) {
      std::fprintf(stderr, "openssl ocsp does not serve: %s\n", text.c_str());
      std::abort();
    }
  }
}

ListServer::ListServer(std::function<std::string()> body)
    : server_(ScriptedServer::Raw([this, body = std::move(body)](int fd) {
        const std::string head = ReadHead(fd);
        {
          const MutexLock lock(mutex_);
          requests_.push_back(head.substr(0, head.find("\r\n")));
        }
        const std::string text = body();
        SendRaw(fd, absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", text.size(), "\r\n\r\n", text));
      })) {
  host_ = HostOf(server_->port());
}

std::vector<std::string> ListServer::Requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

}  // namespace kortvakt::testing
