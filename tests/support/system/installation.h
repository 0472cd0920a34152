// Kortvakt's programs on a test PKI, in a folder of their own, for system tests.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "kortvakt/v1/finding.pb.h"
#include "tests/support/patience.h"
#include "tests/support/pcsc/child_process.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt::testing {

// A folder with a test PKI, card images and configurations; everything in it,
// and every program started, ends with this object. Not thread-safe.
class Installation {
 public:
  // Fails the test, and aborts, when the folder or the PKI cannot be made.
  Installation();
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  const std::string& folder() const { return folder_; }
  // "FOLDER/NAME".
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  // A card image of the test PKI (demo_cards.h): "fine", "due", …
  std::string Card(const std::string& name) const { return Path(absl::StrCat("pki/cards/", name, ".toml")); }
  // Path of a built program.
  static std::string Program(const std::string& name);

  void Write(const std::string& name, const std::string& text) const;

  // Lines added to the configurations below; the first to the collector's [policy].
  std::string collector_policy;
  std::string collector_extra;
  std::string agent_extra;

  using Environment = std::vector<std::pair<std::string, std::string>>;
  // Starts the collector and waits until it serves. `environment`: added.
  absl::Status StartCollector(const Environment& environment = {});
  // SIGKILL, waited for.
  void KillCollector();
  // SIGTERM; its exit code.
  int StopCollector();
  int grpc_port() const { return grpc_port_; }
  int http_port() const { return http_port_; }

  // Starts the agent and waits until it answers at the desk.
  absl::Status StartAgent(const Environment& environment = {});
  // SIGTERM; its exit code.
  int StopAgent();
  bool AgentRuns() const { return agent_ && agent_->Running(); }
  pid_t agent_pid() const { return agent_ ? agent_->pid() : -1; }

  // The configuration files, written by StartCollector and StartAgent too.
  std::string WriteCollectorConfig() const;
  std::string WriteAgentConfig() const;

  // Runs a program (a path, then arguments) to its end, at most a minute.
  Outcome Run(const std::vector<std::string>& command) const;
  // What `kortvakt-agent check --json` says, whatever its exit code; empty when it failed.
  v1::CheckResult Check() const;
  // `kortvakt ARGUMENTS` as `who` ("operator", "reader", "workstation").
  Outcome Kortvakt(const std::vector<std::string>& arguments, const std::string& who = "operator") const;
  // The same with --format json, read into `message`; false when it failed.
  bool Query(const std::vector<std::string>& arguments, google::protobuf::Message& message) const;

  // What a program of ours wrote: "collector" or "agent".
  std::string Log(const std::string& name) const;

 private:
  std::string folder_;
  int grpc_port_ = 0;
  int http_port_ = 0;
  std::optional<ChildProcess> collector_;
  std::optional<ChildProcess> agent_;
};

// Waits until `condition` holds, asking again and again; false after `limit`.
bool Eventually(const std::function<bool()>& condition, absl::Duration limit = kPatience);

// The workstation's UUID in the test PKI (kortvakt-test-pki's default).
inline constexpr const char* kWorkstationId = "00000000-0000-4000-8000-000000000001";

}  // namespace kortvakt::testing
