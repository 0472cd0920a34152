#include "common/base/toml_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

void WriteValue(const toml::node& value, std::string& text);

// A basic string (TOML 1.0, "String"): what must be escaped is, all else stands as it is.
void WriteString(std::string_view value, std::string& text) {
  text += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      absl::StrAppend(&text, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
    } else {
      text += c;
    }
  }
  text += '"';
}

void WriteKey(std::string_view key, std::string& text) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (bare) {
    text += key;
  } else {
    WriteString(key, text);
  }
}

void WriteNumber(double number, std::string& text) {
  if (!std::isfinite(number)) {
    text += std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
    return;
  }
  std::array<char, 32> digits;  // the shortest that reads as the same number has at most 24
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view written(digits.data(), static_cast<size_t>(end - digits.data()));
  text += written;
  if (written.find_first_of(".e") == written.npos) text += ".0";  // else it would be a whole number
}

void WritePair(const toml::key& key, const toml::node& value, std::string& text) {
  WriteKey(key.str(), text);
  text += " = ";
  WriteValue(value, text);
}

void WriteInBraces(const toml::table& table, std::string& text) {
  const char* before = "{ ";
  for (const auto& [key, value] : table) {
    text += before;
    WritePair(key, value, text);
    before = ", ";
  }
  text += table.empty() ? "{}" : " }";
}

void WriteArray(const toml::array& array, std::string& text) {
  const char* before = "[";
  for (const toml::node& element : array) {
    text += before;
    WriteValue(element, text);
    before = ", ";
  }
  text += array.empty() ? "[]" : "]";
}

void WriteValue(const toml::node& value, std::string& text) {
  if (const toml::table* table = value.as_table()) return WriteInBraces(*table, text);
  if (const toml::array* array = value.as_array()) return WriteArray(*array, text);
  if (const auto* string = value.as_string()) return WriteString(string->get(), text);
  if (const auto* number = value.as_floating_point()) return WriteNumber(number->get(), text);
  if (const auto* number = value.as_integer()) {
    absl::StrAppend(&text, number->get());
  } else if (const auto* flag = value.as_boolean()) {
    text += flag->get() ? "true" : "false";
  } else {
    std::ostringstream moment;  // toml++ writes dates and times as TOML has them
    if (const auto* date = value.as_date()) moment << date->get();
    if (const auto* time = value.as_time()) moment << time->get();
    if (const auto* both = value.as_date_time()) moment << both->get();
    text += moment.str();
  }
}

}  // namespace

std::string TomlText(const toml::table& table) {
  std::string text;
  for (const auto& [key, value] : table) {
    WritePair(key, value, text);
    text += '\n';
  }
  return text;
}

}  // namespace kortvakt
