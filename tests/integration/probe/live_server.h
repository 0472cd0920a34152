// Real TLS servers on loopback, each on a free port and ended with its object.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/pcsc/child_process.h"

namespace kortvakt::testing {

// A folder that goes with its object.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file; its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

class LiveServer {
 public:
  // `openssl s_server` with these arguments, `-accept` left out. Absent: it did not start
  // (its output goes to standard error).
  static std::optional<LiveServer> OpenSsl(const TestFolder& folder,
                                           const std::vector<std::string>& arguments);
  // nginx with `server` as contents of its only server block; "PORT" in it is replaced.
  // Absent: not installed, or it did not start.
  static std::optional<LiveServer> Nginx(const TestFolder& folder, const std::string& server);

  int port() const { return port_; }
  std::string Url(const std::string& path = "/") const {
    return "https://localhost:" + std::to_string(port_) + path;
  }

 private:
  LiveServer(ChildProcess process, int port) : process_(std::move(process)), port_(port) {}
  ChildProcess process_;
  int port_;
};

}  // namespace kortvakt::testing
