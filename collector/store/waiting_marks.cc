#include "collector/store/waiting_marks.h"

#include <algorithm>
#include <utility>

namespace kortvakt {
namespace {

// A generation of sightings. Marks are given within a call, and written some
// seconds later; when writing has failed meanwhile, no new generation begins.
constexpr std::chrono::minutes kGeneration(1);

}  // namespace

void WaitingMarks::Add(const SeenMark& mark) {
  Seen seen{mark.received_at, mark.clock_offset, {}};
  for (const std::string& card : mark.cards) seen.cards.emplace(card, mark.received_at);
  Add(mark.workstation_id, seen);
}

void WaitingMarks::Add(const WaitingMarks& older) {
  for (const auto& [id, seen] : older.workstations_) Add(id, seen);
}

void WaitingMarks::Add(const std::string& workstation_id, const Seen& seen) {
  const auto [known, fresh] = workstations_.try_emplace(workstation_id, seen);
  if (fresh) return;
  Seen& kept = known->second;
  if (seen.at >= kept.at) {
    kept.at = seen.at;
    kept.clock_offset = seen.clock_offset;
  }
  for (const auto& [card, at] : seen.cards) {
    absl::Time& last = kept.cards.try_emplace(card, at).first->second;
    last = std::max(last, at);
  }
}

void RecentSightings::Note(Times& times, const std::string& card_id, absl::Time at) {
  absl::Time& last = times.try_emplace(card_id, at).first->second;
  last = std::max(last, at);
}

bool RecentSightings::HasLater(const std::string& card_id, absl::Time at) const {
  for (const Times* times : {&current_, &before_}) {
    const auto found = times->find(card_id);
    if (found != times->end() && found->second > at) return true;
  }
  return false;
}

void RecentSightings::Add(const Times& times, std::chrono::steady_clock::time_point now) {
  if (now - began_ >= kGeneration) {
    before_ = std::exchange(current_, {});
    began_ = now;
  }
  for (const auto& [card, at] : times) Note(current_, card, at);
}

}  // namespace kortvakt
