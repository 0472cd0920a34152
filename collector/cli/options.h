// What the person who typed the command wants: command line over configuration
// file over defaults.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/judge/finding.h"
#include "common/tls/tls_check.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

enum class Command { kCards, kRenewals, kWorkstations, kWorkstation, kAlerts, kSummary, kCas };
enum class Format { kTable, kJson, kCsv };

// Exit codes of `kortvakt`.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNotFound = 1;
inline constexpr int kExitUsage = 2;    // also a bad configuration
inline constexpr int kExitRefused = 3;  // could not reach the collector, or it refused

// Fields stand for those of the same name in query.proto; empty: not asked for.
struct Options {
  Command command = Command::kSummary;
  Format format = Format::kTable;
  Language language = Language::kEnglish;
  ServerAddress collector;
  TlsPaths tls;
  absl::Duration timeout = absl::Seconds(30);  // for the whole command

  std::string site;
  std::string name;  // of the workstation
  std::optional<absl::Duration> within;
  std::string stage;
  v1::Loa loa = v1::LOA_UNSPECIFIED;
  bool include_idle = false;
  std::string state;
  std::string finding;
  std::string card_id;
  std::string holder;
};

// What of the process's surroundings matters; tests give their own.
struct Environment {
  std::map<std::string, std::string>
      variables;  // HOME, XDG_CONFIG_HOME, LC_ALL, LC_MESSAGES, LANG, NO_COLOR, TERM
  bool out_is_terminal = false;
  int terminal_width = 0;  // columns; 0: not known
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::Time now;

  // "" when not set.
  std::string Get(const std::string& variable) const;
};

// Either options, or what to print instead and the exit code.
struct ParsedCommand {
  std::optional<Options> options;
  std::string out;    // for standard output: help, version
  std::string error;  // for standard error, without "error: "
  int exit_code = kExitDone;
};

// `arguments`: without the program's name.
ParsedCommand ParseCommand(std::vector<std::string> arguments, const Environment& environment);

}  // namespace kortvakt
