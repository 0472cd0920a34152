#include "collector/fleet/sites.h"

#include "absl/strings/ascii.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxSiteBytes = 64;

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  // On a mismatch after a "*", that star takes one more character: linear in
  // practice, at worst the product of the lengths.
  size_t p = 0, t = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || absl::ascii_tolower(static_cast<unsigned char>(pattern[p])) ==
                                         absl::ascii_tolower(static_cast<unsigned char>(text[t])))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string SiteOf(const SiteRules& rules, std::string_view host_name, std::string_view claim) {
  for (const SiteRule& rule : rules) {
    for (const std::string& pattern : rule.hosts) {
      if (MatchesPattern(pattern, host_name)) return rule.name;
    }
  }
  const std::string cleaned = CleanText(claim, kMaxSiteBytes);
  const std::string site(absl::StripAsciiWhitespace(cleaned));
  return site.empty() ? kUnknownSite : site;
}

std::string LabelCap::Acquire(const std::string& name) {
  if (name == kOtherLabel) return name;
  const auto known = users_.find(name);
  if (known != users_.end()) {
    ++known->second;
    return name;
  }
  if (users_.size() >= cap_) {
    ++overflows_;
    return kOtherLabel;
  }
  users_.emplace(name, 1);
  return name;
}

void LabelCap::Release(const std::string& name) {
  const auto known = users_.find(name);
  if (known != users_.end() && --known->second == 0) users_.erase(known);
}

}  // namespace kortvakt
