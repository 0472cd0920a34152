// The operator's configuration file, by default ~/.config/kortvakt/config.toml.
//
//   collector = "collector.example.org:7443"
//   ca   = "ca.pem"          # relative to the file's folder; "~/" is the home
//   cert = "operator.pem"
//   key  = "operator.key"
//   format = "table"         # table, json, csv
//   lang = "sv"              # sv, en; default by LC_ALL, LC_MESSAGES, LANG
//   timeout = "30s"          # 1s to 10m
//
// Every key may be left out; any other key is an error.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt {

// Empty text: not in the file.
struct OperatorConfig {
  std::string collector;
  std::string ca;
  std::string cert;
  std::string key;
  std::string format;
  std::string lang;
  absl::Duration timeout = absl::Seconds(30);
};

// Reads `path`; `home` stands for "~". Errors: "FILE:LINE: what, what is allowed".
absl::StatusOr<OperatorConfig> ReadOperatorConfig(const std::string& path, const std::string& home);

}  // namespace kortvakt
