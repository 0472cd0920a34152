// What leaves the fleet: retired workstations, cards that nobody shows any more,
// and what there is no room for.
#include <algorithm>
#include <utility>

#include "collector/fleet/fleet_state.h"

namespace kortvakt {
namespace {

// Cards seen last by one workstation. The busiest shared ones see some hundreds
// before the others have been seen elsewhere; an agent can invent any number.
constexpr size_t kMaxWorkstationCards = 4096;
// So many give way at once, so that not each further card asks for a search.
constexpr size_t kEvictedAtOnce = kMaxWorkstationCards / 8;

}  // namespace

void FleetState::RemoveCard(const std::string& key) {
  const auto place = cards_.find(key);
  if (place == cards_.end()) return;
  CardRecord& card = place->second;
  tally_.Remove(card);
  SetDue(Kind::kCard, key, card.due, absl::InfiniteFuture());
  AskHoldersOthers(card);
  if (const auto holder = holders_.find(card.holder_hsa_id); holder != holders_.end()) {
    holder->second.erase(key);
    if (holder->second.empty()) holders_.erase(holder);
  }
  if (const auto workstation = workstations_.find(card.workstation_id); workstation != workstations_.end()) {
    workstation->second.seen_last.erase(key);
  }
  for (const std::string& id : card.present_at) {
    // Its "unchanged" would not bring the card back.
    if (const auto workstation = workstations_.find(id); workstation != workstations_.end()) {
      workstation->second.digest.clear();
    }
  }
  cards_.erase(place);
}

void FleetState::RemoveWorkstation(const std::string& id, Forgotten& forgotten) {
  WorkstationRecord& workstation = workstations_.at(id);
  tally_.Remove(workstation);
  SetDue(Kind::kWorkstation, id, workstation.due, absl::InfiniteFuture());
  site_cap_.Release(workstation.site);
  agent_cap_.Release(workstation.agent_label);
  for (const std::string& key : workstation.present) {
    const auto card = cards_.find(key);
    if (card != cards_.end()) card->second.present_at.erase(id);
  }
  const std::set<std::string> cards = std::move(workstation.seen_last);
  workstations_.erase(id);
  forgotten.workstations.push_back(id);
  for (const std::string& key : cards) {
    if (const std::string& card_id = cards_.at(key).card_id; !card_id.empty())
      forgotten.cards.push_back(card_id);
    RemoveCard(key);
  }
}

void FleetState::EvictCards(WorkstationRecord& workstation) {
  if (workstation.seen_last.size() <= kMaxWorkstationCards) return;
  std::vector<std::pair<absl::Time, std::string>> oldest;
  for (const std::string& key : workstation.seen_last) {
    const CardRecord& card = cards_.at(key);
    if (card.present_at.empty()) oldest.emplace_back(card.last_seen, key);
  }
  std::sort(oldest.begin(), oldest.end());
  oldest.resize(std::min(oldest.size(), kEvictedAtOnce));
  for (const auto& [seen, key] : oldest) {
    evicted_.cards.push_back(key);  // without an id a card stays only while it is present
    RemoveCard(key);
  }
}

Forgotten FleetState::Forget(absl::Time unseen_since) {
  Forgotten forgotten;
  std::vector<std::string> keys;
  for (const auto& [id, workstation] : workstations_) {
    if (workstation.last_report < unseen_since) keys.push_back(id);
  }
  for (const std::string& id : keys) RemoveWorkstation(id, forgotten);
  keys.clear();
  for (const auto& [key, card] : cards_) {
    if (card.last_seen < DayOf(unseen_since)) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    if (const std::string& card_id = cards_.at(key).card_id; !card_id.empty())
      forgotten.cards.push_back(card_id);
    RemoveCard(key);
  }
  UseFreeSites();
  ++revision_;
  return forgotten;
}

Forgotten FleetState::TakeEvicted() { return std::exchange(evicted_, {}); }

}  // namespace kortvakt
