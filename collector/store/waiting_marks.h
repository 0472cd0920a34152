// Marks of unchanged workstations between the call and the disk. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"
#include "collector/store/fleet_store.h"

namespace kortvakt {

// Marks that wait, those of one workstation merged.
class WaitingMarks {
 public:
  struct Seen {
    absl::Time at;
    absl::Duration clock_offset;
    std::map<std::string, absl::Time> cards;  // card ids: when it saw them last
  };

  void Add(const SeenMark& mark);
  // Those of `older` again, which could not be written.
  void Add(const WaitingMarks& older);

  bool empty() const { return workstations_.empty(); }
  // By workstation.
  const std::map<std::string, Seen>& workstations() const { return workstations_; }

 private:
  void Add(const std::string& workstation_id, const Seen& seen);

  std::map<std::string, Seen> workstations_;
};

// When cards were seen last, for the minute or two in which a mark may come late.
// In memory only: on disk presence has no time of day.
class RecentSightings {
 public:
  using Times = std::unordered_map<std::string, absl::Time>;  // by card id

  // Notes a sighting in `times` unless a newer one is there.
  static void Note(Times& times, const std::string& card_id, absl::Time at);

  // Whether the card is known to have been seen after `at`.
  bool HasLater(const std::string& card_id, absl::Time at) const;
  // Takes in `times`; keeps them for at least a minute of further calls.
  void Add(const Times& times, std::chrono::steady_clock::time_point now);

 private:
  // Two generations: dropping the older one costs nothing per card.
  Times current_;
  Times before_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace kortvakt
