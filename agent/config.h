// The agent's configuration file. deploy/config/agent.toml has every key with
// its default and a comment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/pcsc/card_channel.h"
#include "agent/probe/proxy.h"
#include "agent/trust/workstation_trust.h"
#include "common/base/probe_target.h"
#include "common/certs/ca_catalogue.h"
#include "common/certs/certificate_facts.h"
#include "common/judge/policy.h"
#include "common/tls/tls_check.h"

namespace kortvakt {

struct AgentConfig {
  // [workstation]
  std::string site;  // empty: not set
  // [collector]; no address: no reports are sent, `check` works all the same.
  struct Collector {
    std::optional<ServerAddress> address;
    TlsPaths tls;
    absl::Duration report_interval = absl::Minutes(15);
  } collector;
  // [spool]
  std::string spool_folder = "/var/lib/kortvakt-agent/spool";
  int spool_reports = 1000;  // the oldest beyond these are dropped, and that is logged
  // [trust]
  TrustPlaces trust;  // "auto" is resolved
  // [privacy]
  PrivacyOptions privacy;
  // [cards]
  CardBudget card_budget;
  absl::Duration quiet_time = absl::Seconds(10);
  // [socket]; empty: none
  std::string socket_path = "/run/kortvakt-agent/agent.sock";
  // [probe]
  std::vector<ProbeTarget> probe_targets;
  std::optional<ProxySettings> proxy;  // absent: by the environment
  // [catalogue]
  std::vector<std::string> catalogue_files;
  // [policy]
  Policy policy;
  // [log]
  std::string log_level = "info";
};

// Reads and checks `path`. Errors: "FILE:LINE: what, what is allowed".
absl::StatusOr<AgentConfig> ReadAgentConfig(const std::string& path);
// Without a file: the defaults, no collector.
AgentConfig DefaultAgentConfig();

}  // namespace kortvakt
