#include "collector/fleet/store_source.h"

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/snapshot/snapshot_proto.h"

namespace kortvakt {
namespace {

absl::StatusOr<Snapshot> Parse(const std::string& bytes) {
  v1::Snapshot proto;
  if (!proto.ParseFromString(bytes)) return absl::DataLossError("a stored snapshot cannot be parsed");
  return SnapshotFromProto(proto);
}

std::string Serialise(const Snapshot& snapshot) { return SnapshotToProto(snapshot).SerializeAsString(); }

}  // namespace

absl::StatusOr<Snapshot> StoreSource::WorkstationSnapshot(const std::string& workstation_id) {
  ASSIGN_OR_RETURN(const StoredWorkstation stored, store_.ReadWorkstation(workstation_id));
  return Parse(stored.snapshot);
}

absl::StatusOr<Snapshot> StoreSource::CardSnapshot(const std::string& card_id) {
  ASSIGN_OR_RETURN(const StoredCard stored, store_.ReadCard(card_id));
  return Parse(stored.snapshot);
}

ReportRecord MakeReportRecord(const std::string& report_id, const std::string& workstation_id,
                              const Snapshot& snapshot, const std::string& digest, absl::Time received_at,
                              absl::Duration clock_offset) {
  ReportRecord record{report_id, workstation_id, Serialise(snapshot), digest, received_at, clock_offset, {}};
  for (size_t i = 0; i < snapshot.readers.size(); ++i) {
    const std::optional<CardFacts>& card = snapshot.readers[i].card;
    if (!card || card->id.empty()) continue;
    record.cards.push_back({card->id, Serialise(CardSnapshotOf(snapshot, i)), TellsContents(*card)});
  }
  return record;
}

absl::StatusOr<RestoreCounts> RestoreFleet(FleetStore& store, Fleet& fleet, absl::Time now) {
  RestoreCounts counts;
  RETURN_IF_ERROR(store.ReadCards([&](StoredCard stored) {
    absl::StatusOr<Snapshot> snapshot = Parse(stored.snapshot);
    if (!snapshot.ok() || snapshot->readers.empty() || !snapshot->readers.front().card) {
      spdlog::warn("stored card {} left out: {}", stored.id.substr(0, 8), snapshot.status().ToString());
      ++counts.unreadable;
      return true;
    }
    fleet.RestoreCard({*std::move(snapshot), stored.id, stored.workstation_id, stored.last_seen}, now);
    ++counts.cards;
    return true;
  }));
  RETURN_IF_ERROR(store.ReadWorkstations([&](StoredWorkstation stored) {
    absl::StatusOr<Snapshot> snapshot = Parse(stored.snapshot);
    if (!snapshot.ok()) {
      spdlog::warn("stored workstation {} left out: {}", stored.id, snapshot.status().ToString());
      ++counts.unreadable;
      return true;
    }
    fleet.RestoreWorkstation(
        {stored.id, *std::move(snapshot), stored.digest, stored.last_seen, stored.clock_offset}, now);
    ++counts.workstations;
    return true;
  }));
  fleet.FinishRestore();
  return counts;
}

}  // namespace kortvakt
