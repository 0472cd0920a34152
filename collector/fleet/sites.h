// Which site a workstation belongs to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kortvakt {

// A site by the collector's configuration: workstations whose host name matches
// one of `hosts` ("*": any characters, "?": one; any case) belong to it,
// whatever their agent says.
struct SiteRule {
  std::string name;
  std::vector<std::string> hosts;
};
using SiteRules = std::vector<SiteRule>;

// Whether `text` matches `pattern` in full; any case (ASCII).
bool MatchesPattern(std::string_view pattern, std::string_view text);

// The site by the first rule that matches, else the agent's claim (cleaned, at
// most 64 bytes), else kUnknownSite.
std::string SiteOf(const SiteRules& rules, std::string_view host_name, std::string_view claim);

// The name of those beyond a cap.
inline constexpr const char* kOtherLabel = "other";
// The site of workstations of which no rule and no claim tells one.
inline constexpr const char* kUnknownSite = "unknown";

// Names in use, at most `cap` different ones; those beyond count as "other".
// A name is free again when nothing uses it. Not thread-safe.
class LabelCap {
 public:
  explicit LabelCap(size_t cap) : cap_(cap) {}
  // The name under which one more user of `name` counts: `name` or "other".
  std::string Acquire(const std::string& name);
  void Release(const std::string& name);
  bool full() const { return users_.size() >= cap_; }
  uint64_t overflows() const { return overflows_; }

 private:
  size_t cap_;
  std::map<std::string, size_t> users_;
  uint64_t overflows_ = 0;
};

}  // namespace kortvakt
