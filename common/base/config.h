// Strict reading of TOML configuration.
//
// Every key that a program knows is asked for; Finish() then names the first
// thing that is wrong: a wrong type, a value out of range, a missing required
// key, or a key that nobody asked for (with the nearest known key as a hint).
// Each message begins "FILE:LINE: " and says what is allowed.
//
//   ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Open(path));
//   ConfigTable root = file.Root();
//   config.interval = root.GetDuration("interval", absl::Minutes(15), absl::Seconds(10), absl::Hours(24));
//   RETURN_IF_ERROR(file.Finish());
//
// Getters never fail at once: they return the fallback and remember the error.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kortvakt {

namespace internal {
struct ConfigState;
struct ConfigNode;
}  // namespace internal

// One table of a configuration file. A cheap view; the ConfigFile must outlive it.
class ConfigTable {
 public:
  // Whether the file has `key` here. Does not count as asking for it.
  bool Has(std::string_view key) const;

  std::string GetString(std::string_view key, std::string_view fallback);
  // An error when the key is absent or its value empty.
  std::string RequireString(std::string_view key);
  std::optional<std::string> FindString(std::string_view key);
  int64_t GetInt(std::string_view key, int64_t fallback, int64_t min, int64_t max);
  bool GetBool(std::string_view key, bool fallback);
  // Written as "15m"; see ParseDuration.
  absl::Duration GetDuration(std::string_view key, absl::Duration fallback, absl::Duration min,
                             absl::Duration max);
  // One of `choices`.
  std::string GetChoice(std::string_view key, std::string_view fallback,
                        const std::vector<std::string>& choices);
  std::vector<std::string> GetStrings(std::string_view key);
  // [key]; an empty table when absent.
  ConfigTable GetTable(std::string_view key);
  // [[key]]; empty when absent.
  std::vector<ConfigTable> GetTables(std::string_view key);
  // Reads the key `schema` (absent: 1), the number of the form that this table is
  // written in. More than `newest`: an error that stands before all others, for the
  // others may come of it.
  void CheckSchema(int newest);
  // This table as TOML without its head, comments left out and keys in order: the same
  // for two tables that say the same. Empty: it is, or is absent.
  std::string Text() const;
  // Names of the keys of this table, in alphabetical order, for tables whose keys are data.
  std::vector<std::string> Keys() const;

  // Remembers an error of the caller's own at `key` (or at the table when absent).
  void Fail(std::string_view key, std::string_view message);
  // "FILE:LINE" of this table.
  std::string Where() const;

 private:
  friend class ConfigFile;
  ConfigTable(std::shared_ptr<internal::ConfigState> state, std::shared_ptr<internal::ConfigNode> node)
      : state_(std::move(state)), node_(std::move(node)) {}
  std::shared_ptr<internal::ConfigState> state_;
  std::shared_ptr<internal::ConfigNode> node_;
};

class ConfigFile {
 public:
  // Reads and parses `path` (at most 4 MiB). Errors say where and what.
  static absl::StatusOr<ConfigFile> Open(const std::string& path);
  // The same from memory; `name` stands for the path in messages.
  static absl::StatusOr<ConfigFile> Parse(std::string_view text, const std::string& name);

  ConfigTable Root();
  // OK, or the first error by line.
  absl::Status Finish() const;

 private:
  explicit ConfigFile(std::shared_ptr<internal::ConfigState> state) : state_(std::move(state)) {}
  std::shared_ptr<internal::ConfigState> state_;
};

}  // namespace kortvakt
