// Single facts in words: times, levels of assurance, stages.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "collector/cli/table.h"
#include "google/protobuf/timestamp.pb.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// The instant; beyond the years 1 to 9999 the nearest of these.
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// "2027-01-03" in the display's zone.
std::string ShowDate(absl::Time time, const Display& display);
// "2027-01-03 12:00 CET".
std::string ShowMoment(absl::Time time, const Display& display);
// "5 weeks 6 days left", "ended 3 weeks ago", in the largest `units` units; in the
// display's language.
std::string ShowTimeLeft(absl::Time end, const Display& display, int units = 2);
// "2 hours ago"; "now" for what lies ahead or less than a minute back.
std::string ShowAgo(absl::Time time, const Display& display);
// The display's zone at its `now`: "CET, UTC+01:00".
std::string ShowZone(const Display& display);
// The length of a time, not rounded up, in its largest `units` units.
std::string ShowDuration(absl::Duration duration, const Display& display, int units = 2);

// "2", "3", "unknown", "-".
std::string ShowLoa(v1::Loa loa, const Display& display);
Style StyleOfStage(const std::string& stage);
Style StyleOfSeverity(const std::string& severity);

// What a person calls the card: the first 8 digits of its pseudonym, "-" without.
std::string ShortCardId(const std::string& card_id);

// "1 card", "3 cards".
std::string Counted(size_t count, const char* one, const char* many);

// One of two texts by the display's language.
inline const char* Say(const Display& display, const char* english, const char* swedish) {
  return display.language == Language::kSwedish ? swedish : english;
}

}  // namespace kortvakt
