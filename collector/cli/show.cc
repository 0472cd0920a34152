#include "collector/cli/show.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "collector/cli/text.h"
#include "common/judge/words.h"

namespace kortvakt {

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  // google.protobuf.Timestamp: years 1 to 9999.
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  return absl::FromUnixSeconds(std::clamp(timestamp.seconds(), kFirst, kLast));
}

std::string ShowDate(absl::Time time, const Display& display) {
  return absl::FormatTime("%E4Y-%m-%d", time, display.zone);
}

std::string ShowMoment(absl::Time time, const Display& display) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M %Z", time, display.zone);
}

std::string ShowDuration(absl::Duration duration, const Display& display, int units) {
  return DurationText(duration, display.language, units);
}

std::string ShowTimeLeft(absl::Time end, const Display& display, int units) {
  const std::string words = ShowDuration(end - display.now, display, units);
  // RFC 5280, 4.1.2.5: the last second still counts.
  if (end >= display.now) return absl::StrCat(words, Say(display, " left", " kvar"));
  return display.language == Language::kSwedish ? absl::StrCat("gick ut för ", words, " sedan")
                                                : absl::StrCat("ended ", words, " ago");
}

std::string ShowAgo(absl::Time time, const Display& display) {
  if (display.now - time < absl::Minutes(1)) return Say(display, "now", "nyss");
  const std::string words = ShowDuration(display.now - time, display);
  return display.language == Language::kSwedish ? absl::StrCat("för ", words, " sedan")
                                                : absl::StrCat(words, " ago");
}

std::string ShowZone(const Display& display) {
  const std::string name = absl::FormatTime("%Z", display.now, display.zone);
  const std::string offset = absl::FormatTime("%Ez", display.now, display.zone);
  return name == "UTC" ? name : absl::StrCat(name, ", UTC", offset);
}

std::string ShowLoa(v1::Loa loa, const Display& display) {
  switch (loa) {
    case v1::LOA_2:
      return "2";
    case v1::LOA_3:
      return "3";
    case v1::LOA_UNKNOWN:
      return Say(display, "unknown", "okänd");
    default:
      return "-";
  }
}

Style StyleOfStage(const std::string& stage) {
  if (stage.empty()) return Style::kPlain;
  return stage == "expired" || stage == "1w" ? Style::kBad : Style::kWarning;
}

Style StyleOfSeverity(const std::string& severity) {
  if (severity == "critical") return Style::kBad;
  return severity == "warning" ? Style::kWarning : Style::kPlain;
}

std::string ShortCardId(const std::string& card_id) {
  return card_id.empty() ? "-" : Printable(card_id.substr(0, 8));
}

std::string Counted(size_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

}  // namespace kortvakt
