// The collector's configuration file. All keys; a value shown is the default,
// "required" has none. Read strictly: see common/base/config.h.
//
//   [listen]
//   grpc = "0.0.0.0:7443"        # agents and `kortvakt`; HOST:PORT, port 0: any free one
//   http = "127.0.0.1:9464"      # /metrics and the support page, plain HTTP
//
//   [tls]                        # PEM files
//   ca = "..."                   # required: who signs client certificates
//   cert = "..."                 # required: the collector's certificate with its chain
//   key = "..."                  # required: its private key
//
//   [storage]
//   path = "..."                 # required: the SQLite file; its folder must exist
//   presence = "30d"             # how long it is kept which card was where on which day; 1d to 400d
//   unseen = "400d"              # after so long without a report a workstation, and a card that nobody
//                                # shows, is deleted; 2d to 3650d, longer than retired_after
//   history = "400d"             # how long changes and resolved alerts are kept; 1d to 3650d
//
//   [policy]                     # see common/judge/policy.h, also for [policy.contacts]
//
//   [catalogue]
//   files = []                   # added to the built-in CA catalogue, later ones override;
//                                # agents are served these and the policy
//
//   [[site]]                     # any number; the first match counts
//   name = "..."                 # required
//   hosts = ["..."]              # required: host name patterns, "*" and "?"
//
//   [[access]]                   # who may ask; any number
//   role = "reader"              # or "operator", who sees HSA-ids and card numbers
//   uri = "..."                  # exactly one of: a URI in the certificate's subjectAltName,
//   common_name = "..."          #   the CN of its subject,
//   sha256 = "..."               #   its fingerprint, 64 hex digits
//
//   [log]
//   level = "info"               # "debug", "info", "warning" or "error"; who looked at
//                                # personal data (lines "audit: ...") is logged at any
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/fleet/sites.h"
#include "common/judge/policy.h"
#include "common/tls/tls_check.h"

namespace kortvakt {

enum class Role { kReader, kOperator };

// Maps a client certificate to a role; exactly one of the texts is set.
struct AccessRule {
  Role role = Role::kReader;
  std::string uri;
  std::string common_name;
  std::string sha256;  // 64 lower-case hex digits
};

struct CollectorConfig {
  std::string grpc_address = "0.0.0.0:7443";
  std::string http_address = "127.0.0.1:9464";
  TlsPaths tls;
  std::string storage_path;
  absl::Duration keep_presence = absl::Hours(24) * 30;
  absl::Duration keep_unseen = absl::Hours(24) * 400;
  absl::Duration keep_history = absl::Hours(24) * 400;
  Policy policy;
  std::vector<std::string> catalogue_files;
  SiteRules sites;
  std::vector<AccessRule> access;
  std::string log_level = "info";
};

// Reads and checks the file. Errors are one line: where, what, what is allowed.
// Looks at no other file (the catalogue's and the TLS files are read by those
// who use them).
absl::StatusOr<CollectorConfig> ReadCollectorConfig(const std::string& path);

}  // namespace kortvakt
