#include "common/base/config.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/base/toml.h"
#include "common/base/toml_depth.h"
#include "common/base/toml_text.h"
#include "common/base/version.h"

namespace kortvakt {
namespace internal {

struct ConfigNode {
  const toml::table* table = nullptr;  // null: absent, behaves as empty
  uint32_t line = 0;
  std::string path;             // "policy.renewal", for messages
  std::set<std::string> asked;  // keys that the program knows
};

struct ConfigState {
  std::string name;
  toml::table root;
  // One node a table, so that two views of a table share what was asked for.
  std::map<const toml::table*, std::shared_ptr<ConfigNode>> nodes;
  std::map<uint32_t, std::string> errors;                        // by line: the first is shown
  std::optional<std::pair<uint32_t, std::string>> schema_error;  // shown before those
};

}  // namespace internal

namespace {

constexpr size_t kMaxConfigBytes = 4u << 20;
constexpr int kMaxNesting = 32;  // tables and lists within each other; what we read has 3

const char* TypeName(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

void AddError(internal::ConfigState& state, uint32_t line, std::string message) {
  state.errors.try_emplace(line, std::move(message));
}

std::shared_ptr<internal::ConfigNode> NodeFor(internal::ConfigState& state, const toml::table* table,
                                              std::string path) {
  if (table == nullptr) {
    auto node = std::make_shared<internal::ConfigNode>();
    node->path = std::move(path);
    return node;
  }
  auto& node = state.nodes[table];
  if (!node) {
    node = std::make_shared<internal::ConfigNode>();
    node->table = table;
    node->line = table->source().begin.line;
    node->path = std::move(path);
  }
  return node;
}

// The node at `key`, noting that it was asked for.
const toml::node* Ask(internal::ConfigNode& node, std::string_view key) {
  node.asked.emplace(key);
  return node.table == nullptr ? nullptr : node.table->get(key);
}

void WrongType(internal::ConfigState& state, std::string_view key, const toml::node& value,
               std::string_view wanted) {
  AddError(state, value.source().begin.line,
           absl::StrCat("'", std::string(key), "' must be ", std::string(wanted), ", not ",
                        TypeName(value.type())));
}

std::string PathOf(const internal::ConfigNode& node, std::string_view key) {
  return node.path.empty() ? std::string(key) : absl::StrCat(node.path, ".", std::string(key));
}

// The line at which tables and lists stand in more than `left` others; absent: none does.
std::optional<uint32_t> LineOfTooDeep(const toml::node& node, int left) {
  if (!node.is_table() && !node.is_array()) return std::nullopt;
  if (left < 0) return node.source().begin.line;
  std::optional<uint32_t> line;
  if (const toml::table* table = node.as_table()) {
    for (auto it = table->begin(); it != table->end() && !line; ++it) {
      line = LineOfTooDeep(it->second, left - 1);
    }
  } else {
    const toml::array& array = *node.as_array();
    for (size_t i = 0; i < array.size() && !line; ++i) line = LineOfTooDeep(array[i], left - 1);
  }
  return line;
}

absl::Status TooDeep(const std::string& name, uint32_t line) {
  return absl::InvalidArgumentError(absl::StrCat(name, ":", std::max<uint32_t>(line, 1),
                                                 ": nested more than ", kMaxNesting, " deep; no setting is"));
}

// The key that nobody asked for, of the earliest line.
void FindUnknownKey(const internal::ConfigState& state, std::map<uint32_t, std::string>& errors) {
  const internal::ConfigNode* where = nullptr;
  const toml::key* unknown = nullptr;
  for (const auto& [table, node] : state.nodes) {
    for (const auto& [key, value] : *table) {
      const bool earlier = unknown == nullptr || key.source().begin.line < unknown->source().begin.line;
      if (!earlier || node->asked.contains(std::string(key.str()))) continue;
      where = node.get();
      unknown = &key;
    }
  }
  if (unknown == nullptr) return;
  const std::string name(unknown->str());
  std::string hint;
  size_t best = 3;
  for (const std::string& known : where->asked) {
    // What is that much longer or shorter is no nearer.
    if (name.size() + best <= known.size() || known.size() + best <= name.size()) continue;
    const size_t distance = EditDistance(name, known);
    if (distance < best) {
      best = distance;
      hint = absl::StrCat("; did you mean '", known, "'?");
    }
  }
  if (hint.empty()) hint = absl::StrCat("; known here: ", absl::StrJoin(where->asked, ", "));
  const std::string in = where->path.empty() ? "" : absl::StrCat(" in [", where->path, "]");
  errors.try_emplace(unknown->source().begin.line,
                     absl::StrCat("unknown key '", CleanText(name), "'", in, hint));
}

}  // namespace

bool ConfigTable::Has(std::string_view key) const {
  return node_->table != nullptr && node_->table->contains(key);
}

std::optional<std::string> ConfigTable::FindString(std::string_view key) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return std::nullopt;
  if (const auto text = value->value_exact<std::string>()) return *text;
  WrongType(*state_, key, *value, "a text in quotes");
  return std::nullopt;
}

std::string ConfigTable::GetString(std::string_view key, std::string_view fallback) {
  return FindString(key).value_or(std::string(fallback));
}

std::string ConfigTable::RequireString(std::string_view key) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) {
    const std::string where = node_->path.empty() ? "" : absl::StrCat(" in [", node_->path, "]");
    AddError(*state_, node_->line, absl::StrCat("'", std::string(key), "' is missing", where));
    return "";
  }
  std::string text = GetString(key, "");
  if (text.empty() && value->is_string())
    Fail(key, absl::StrCat("'", std::string(key), "' must not be empty"));
  return text;
}

int64_t ConfigTable::GetInt(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return fallback;
  const auto number = value->value_exact<int64_t>();
  if (!number) {
    WrongType(*state_, key, *value, "a whole number");
    return fallback;
  }
  if (*number < min || *number > max) {
    Fail(key, absl::StrCat("'", std::string(key), "' is ", *number, "; allowed: ", min, " to ", max));
    return fallback;
  }
  return *number;
}

bool ConfigTable::GetBool(std::string_view key, bool fallback) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return fallback;
  if (const auto flag = value->value_exact<bool>()) return *flag;
  WrongType(*state_, key, *value, "true or false");
  return fallback;
}

absl::Duration ConfigTable::GetDuration(std::string_view key, absl::Duration fallback, absl::Duration min,
                                        absl::Duration max) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return fallback;
  const auto text = value->value_exact<std::string>();
  if (!text) {
    WrongType(*state_, key, *value, "a length of time in quotes, such as \"15m\"");
    return fallback;
  }
  const absl::StatusOr<absl::Duration> duration = ParseDuration(*text);
  if (!duration.ok()) {
    Fail(key, absl::StrCat("'", std::string(key), "': ", duration.status().message()));
    return fallback;
  }
  if (*duration < min || *duration > max) {
    Fail(key, absl::StrCat("'", std::string(key), "' is ", WriteDuration(*duration),
                           "; allowed: ", WriteDuration(min), " to ", WriteDuration(max)));
    return fallback;
  }
  return *duration;
}

std::string ConfigTable::GetChoice(std::string_view key, std::string_view fallback,
                                   const std::vector<std::string>& choices) {
  const std::string value = GetString(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  Fail(key, absl::StrCat("'", std::string(key), "' is '", CleanText(value),
                         "'; allowed: ", absl::StrJoin(choices, ", ")));
  return std::string(fallback);
}

std::vector<std::string> ConfigTable::GetStrings(std::string_view key) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return {};
  const toml::array* array = value->as_array();
  if (array == nullptr) {
    WrongType(*state_, key, *value, "a list of texts");
    return {};
  }
  std::vector<std::string> strings;
  for (const toml::node& element : *array) {
    if (const auto text = element.value_exact<std::string>()) {
      strings.push_back(*text);
    } else {
      WrongType(*state_, key, element, "a list of texts");
    }
  }
  return strings;
}

ConfigTable ConfigTable::GetTable(std::string_view key) {
  const toml::node* value = Ask(*node_, key);
  const toml::table* table = value == nullptr ? nullptr : value->as_table();
  if (value != nullptr && table == nullptr) {
    WrongType(*state_, key, *value, absl::StrCat("a table, written [", PathOf(*node_, key), "]"));
  }
  auto node = NodeFor(*state_, table, PathOf(*node_, key));
  if (table == nullptr) node->line = node_->line;
  return {state_, std::move(node)};
}

std::vector<ConfigTable> ConfigTable::GetTables(std::string_view key) {
  const toml::node* value = Ask(*node_, key);
  if (value == nullptr) return {};
  const std::string form = absl::StrCat("tables, each headed [[", PathOf(*node_, key), "]]");
  const toml::array* array = value->as_array();
  if (array == nullptr) {
    WrongType(*state_, key, *value, form);
    return {};
  }
  std::vector<ConfigTable> tables;
  for (const toml::node& element : *array) {
    if (const toml::table* table = element.as_table()) {
      tables.push_back(ConfigTable(state_, NodeFor(*state_, table, PathOf(*node_, key))));
    } else {
      WrongType(*state_, key, element, form);
    }
  }
  return tables;
}

void ConfigTable::CheckSchema(int newest) {
  const int64_t schema = GetInt("schema", 1, 1, std::numeric_limits<int32_t>::max());
  if (schema <= newest || state_->schema_error) return;
  state_->schema_error = {node_->table->get("schema")->source().begin.line,
                          absl::StrCat("'schema' is ", schema, "; kortvakt ", kVersion, " knows ", newest,
                                       ": install a newer one to read this")};
}

std::string ConfigTable::Text() const { return node_->table == nullptr ? "" : TomlText(*node_->table); }

std::vector<std::string> ConfigTable::Keys() const {
  std::vector<std::string> keys;
  if (node_->table == nullptr) return keys;
  for (const auto& [key, value] : *node_->table) keys.emplace_back(key.str());
  return keys;
}

void ConfigTable::Fail(std::string_view key, std::string_view message) {
  const toml::node* value = node_->table == nullptr ? nullptr : node_->table->get(key);
  AddError(*state_, value == nullptr ? node_->line : value->source().begin.line, std::string(message));
}

std::string ConfigTable::Where() const { return absl::StrCat(state_->name, ":", node_->line); }

absl::StatusOr<ConfigFile> ConfigFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return Parse(text, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view text, const std::string& name) {
  if (const auto line = LineNestedDeeper(text, kMaxNesting)) return TooDeep(name, *line);
  toml::parse_result result = toml::parse(text, name);
  if (!result) {
    const toml::parse_error& error = result.error();
    return absl::InvalidArgumentError(absl::StrCat(name, ":", error.source().begin.line,
                                                   ": not TOML: ", CleanText(error.description(), 400)));
  }
  if (const auto line = LineOfTooDeep(result.table(), kMaxNesting)) return TooDeep(name, *line);
  auto state = std::make_shared<internal::ConfigState>();
  state->name = name;
  state->root = std::move(result).table();
  return ConfigFile(std::move(state));
}

ConfigTable ConfigFile::Root() { return {state_, NodeFor(*state_, &state_->root, "")}; }

absl::Status ConfigFile::Finish() const {
  if (state_->schema_error) {
    const auto& [line, message] = *state_->schema_error;
    return absl::InvalidArgumentError(absl::StrCat(state_->name, ":", line, ": ", message));
  }
  std::map<uint32_t, std::string> errors = state_->errors;
  FindUnknownKey(*state_, errors);
  if (errors.empty()) return absl::OkStatus();
  const auto& [line, message] = *errors.begin();
  return absl::InvalidArgumentError(
      absl::StrCat(state_->name, ":", std::max<uint32_t>(line, 1), ": ", message));
}

}  // namespace kortvakt
