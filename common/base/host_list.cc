#include "common/base/host_list.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxName = 253;  // RFC 1035, 2.3.4
constexpr size_t kMaxLabel = 63;
constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

// An entry taken apart.
struct HostEntry {
  std::string host;   // without brackets; ".example.org" for a domain
  uint16_t port = 0;  // 0: none given
  bool bad_port = false;
};

HostEntry Parse(const std::string& entry) {
  HostEntry parsed;
  std::string_view rest = entry;
  if (!rest.empty() && rest.front() == '[') {
    const size_t end = rest.find(']');
    if (end == rest.npos) return parsed;
    parsed.host = std::string(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  } else {
    const size_t colon = rest.find(':');
    parsed.host = std::string(rest.substr(0, colon));
    rest = colon == rest.npos ? std::string_view() : rest.substr(colon);
  }
  if (rest.empty()) return parsed;
  int port = 0;
  const std::string digits(rest.substr(1));
  parsed.bad_port = rest.front() != ':' || digits.empty() || digits.size() > 5 ||
                    !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
                    !absl::SimpleAtoi(digits, &port) || port < 1 || port > 65535;
  if (!parsed.bad_port) parsed.port = static_cast<uint16_t>(port);
  return parsed;
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == label.npos;
}

bool IsName(const std::string& name) {
  if (name.empty() || name.size() > kMaxName) return false;
  const std::vector<std::string> labels = absl::StrSplit(name, '.');
  return std::all_of(labels.begin(), labels.end(), IsLabel);
}

}  // namespace

absl::Status CheckHostEntry(const std::string& entry) {
  const auto wrong = [&](const char* what) {
    return absl::InvalidArgumentError(absl::StrCat("'", CleanText(entry), "' is no host: ", what));
  };
  const HostEntry parsed = Parse(entry);
  if (parsed.bad_port) return wrong("its port is not a number from 1 to 65535");
  if (!entry.empty() && entry.front() == '[') {
    const bool good = parsed.host.find_first_not_of("0123456789abcdef:.") == std::string::npos &&
                      absl::StrContains(parsed.host, ':');
    return good ? absl::OkStatus() : wrong("an IPv6 address is written as \"[2001:db8::1]\"");
  }
  const bool domain = absl::StartsWith(parsed.host, ".");
  const std::string name = domain ? parsed.host.substr(1) : parsed.host;
  if (!IsName(name)) {
    return wrong(
        "write \"crl.example.org\", \".example.org\" or an address, in lower case, perhaps with :PORT");
  }
  // ".1" would allow addresses; no top-level domain begins with a digit.
  if (domain && !absl::ascii_isalpha(static_cast<unsigned char>(name[name.rfind('.') + 1]))) {
    return wrong("a domain's last part begins with a letter");
  }
  return absl::OkStatus();
}

bool AllowsHost(const std::vector<std::string>& entries, const std::string& host, uint16_t port) {
  const std::string name = absl::AsciiStrToLower(host);
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    const HostEntry parsed = Parse(entry);
    if (parsed.bad_port || parsed.host.empty()) return false;
    const bool right_port = parsed.port == 0 ? port == kHttpPort || port == kHttpsPort : port == parsed.port;
    const bool domain = parsed.host.front() == '.';
    return right_port && (domain ? name.size() > parsed.host.size() && absl::EndsWith(name, parsed.host)
                                 : name == parsed.host);
  });
}

}  // namespace kortvakt
