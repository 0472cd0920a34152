#include "agent/trust/browser_files.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxProfiles = 16;

bool Climbs(absl::string_view path) {
  for (const absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (part == "." || part == "..") return true;
  }
  return false;
}

void AddProfile(const std::optional<FirefoxProfile>& profile, std::vector<FirefoxProfile>& profiles) {
  if (!profile || profile->path.empty() || profiles.size() == kMaxProfiles) return;
  if (profile->path.find('\0') == std::string::npos && !Climbs(profile->path)) profiles.push_back(*profile);
}

}  // namespace

std::vector<FirefoxProfile> ParseProfilesIni(std::string_view text) {
  std::vector<FirefoxProfile> profiles;
  std::optional<FirefoxProfile> current;  // set inside [ProfileN]
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (absl::StartsWith(line, "[")) {
      AddProfile(current, profiles);
      current.reset();
      // [General] and [Install…] name profiles again.
      if (absl::StartsWith(line, "[Profile")) current.emplace();
    } else if (!current) {
      continue;
    } else if (absl::ConsumePrefix(&line, "Path=")) {
      current->path = std::string(line);
    } else if (absl::ConsumePrefix(&line, "IsRelative=")) {
      current->is_relative = line != "0";
    }
  }
  AddProfile(current, profiles);
  return profiles;
}

bool IsSnapRevision(std::string_view name) {
  if (!name.empty() && name.front() == 'x') name.remove_prefix(1);
  return !name.empty() && std::all_of(name.begin(), name.end(), absl::ascii_isdigit);
}

}  // namespace kortvakt
