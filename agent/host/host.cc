#include "agent/host/host.h"

#include <sys/timex.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/files.h"

namespace kortvakt {
namespace {

// Value of KEY=value in a file of such lines, quotes taken off; empty: not there.
std::string ValueOf(const std::string& path, std::string_view key) {
  const auto text = ReadFile(path, 64u << 10);
  if (!text.ok()) return "";
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.substr(0, key.size()) != key || line.substr(key.size(), 1) != "=") continue;
    line.remove_prefix(key.size() + 1);
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return CleanText(line);
  }
  return "";
}

}  // namespace

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "";
  const std::string full = CleanText(name);
  return full.substr(0, full.find('.'));
}

std::string OsFamily() { return "linux"; }

std::string OsVersion() {
  const std::string name = ValueOf("/etc/os-release", "PRETTY_NAME");
  return name.empty() ? OsFamily() : name;
}

std::optional<bool> ClockSynchronised() {
  timex state{};
  if (adjtimex(&state) < 0) return std::nullopt;
  return (state.status & STA_UNSYNC) == 0;
}

std::optional<uint32_t> ConsoleUser() {
  const std::string text = ValueOf("/run/systemd/seats/seat0", "ACTIVE_UID");
  uint32_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return uid;
}

}  // namespace kortvakt
