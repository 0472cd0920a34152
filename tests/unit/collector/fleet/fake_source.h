// A fleet's store in memory, and reports that go through both.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/fleet/fleet.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {

// What a store keeps, as snapshots.
class FakeSource final : public SnapshotSource {
 public:
  absl::StatusOr<Snapshot> WorkstationSnapshot(const std::string& id) override {
    if (while_reading) while_reading();
    if (broken) return absl::UnavailableError("the disk failed");
    const auto found = workstations.find(id);
    if (found == workstations.end()) return absl::NotFoundError("not stored");
    return found->second.snapshot;
  }
  absl::StatusOr<Snapshot> CardSnapshot(const std::string& id) override {
    if (while_reading) while_reading();
    if (broken) return absl::UnavailableError("the disk failed");
    const auto found = cards.find(id);
    if (found == cards.end()) return absl::NotFoundError("not stored");
    return found->second.snapshot;
  }

  // What the store does with a report.
  void Keep(const std::string& id, const Snapshot& snapshot, absl::Time at, absl::Duration offset) {
    if (!workstations.contains(id)) order.push_back(id);
    workstations[id] = {id, snapshot, SnapshotDigest(snapshot), at, offset};
    for (size_t i = 0; i < snapshot.readers.size(); ++i) {
      const std::optional<CardFacts>& card = snapshot.readers[i].card;
      if (!card || card->id.empty()) continue;
      RestoredCard& kept = cards[card->id];
      if (kept.card_id.empty() || TellsContents(*card)) kept.snapshot = CardSnapshotOf(snapshot, i);
      kept.card_id = card->id;
      kept.workstation_id = id;
      kept.last_seen = std::max(kept.last_seen, at);
    }
  }
  void Restore(Fleet& fleet, absl::Time now) const {
    for (const auto& [id, card] : cards) fleet.RestoreCard(card, now);
    for (const std::string& id : order) fleet.RestoreWorkstation(workstations.at(id), now);
    fleet.FinishRestore();
  }

  std::map<std::string, RestoredWorkstation> workstations;
  std::map<std::string, RestoredCard> cards;
  std::vector<std::string> order;
  bool broken = false;
  std::function<void()> while_reading;  // what happens in the time a read takes
};

// A fleet with its store and a clock that the test moves.
class TestFleet {
 public:
  explicit TestFleet(Policy policy = {}, SiteRules sites = {})
      : fleet({std::move(policy), std::shared_ptr<const CaCatalogue>(&CaCatalogue::BuiltIn(), [](auto*) {})},
              std::move(sites), source) {}

  void Report(const std::string& id, Snapshot snapshot, absl::Duration offset = absl::ZeroDuration()) {
    snapshot.workstation.id = id;
    source.Keep(id, snapshot, now, offset);
    fleet.ApplyReport(id, snapshot, SnapshotDigest(snapshot), now, offset);
  }
  bool Unchanged(const std::string& id, absl::Duration offset = absl::ZeroDuration()) {
    const UnchangedOutcome outcome = fleet.ApplyUnchanged(id, source.workstations[id].digest, now, offset);
    if (!outcome.known) return false;
    source.workstations[id].last_report = now;
    source.workstations[id].clock_offset = offset;
    for (const std::string& card : outcome.cards_seen) {
      source.cards[card].workstation_id = id;
      source.cards[card].last_seen = std::max(source.cards[card].last_seen, now);
    }
    return true;
  }
  void Advance(absl::Duration by = absl::ZeroDuration()) {
    now += by;
    while (fleet.Advance(now).judged > 0) {
    }
  }
  SiteCounts Site(const std::string& site) { return fleet.Counts(now).sites[site]; }

  absl::Time now = testing::ScenarioNow();
  FakeSource source;
  Fleet fleet;
};

inline Snapshot AtSite(Snapshot snapshot, const std::string& host, const std::string& site) {
  snapshot.workstation.host_name = host;
  snapshot.workstation.site = site;
  return snapshot;
}

inline CardFacts CardOf(const std::string& id, const std::string& holder,
                        std::vector<CertificateFacts> certificates) {
  CardFacts card = testing::CardWith(std::move(certificates));
  card.id = id;
  card.holder_hsa_id = holder;
  return card;
}

}  // namespace kortvakt
