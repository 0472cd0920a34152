// A store in memory that writes when the test says so, and a clock that the test moves.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/store/fleet_store.h"
#include "common/base/time.h"

namespace kortvakt {

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration Monotonic() const override { return now - absl::UnixEpoch(); }
  absl::Time now = absl::FromUnixSeconds(1'795'348'800);  // 2026-11-22T12:00:00Z
};

// Keeps reports and cards; of the rest only what tests ask for.
class FakeFleetStore final : public FleetStore {
 public:
  using Done = std::function<void(absl::StatusOr<PutOutcome>)>;

  void Put(ReportRecord record, Done done) override {
    queue.emplace_back(std::move(record), std::move(done));
  }
  // Writes what waits and answers: with `answer` when that is an error, though
  // everything is kept when `keeps`.
  void Commit(const absl::Status& answer = absl::OkStatus(), bool keeps = true) {
    std::vector<std::pair<Done, absl::StatusOr<PutOutcome>>> answers;
    for (auto& [record, done] : queue) {
      absl::StatusOr<PutOutcome> outcome = PutOutcome::kDuplicate;
      if (!keeps || report_ids.insert(absl::StrCat(record.workstation_id, record.report_id)).second) {
        outcome = PutOutcome::kStored;
        if (keeps) Keep(record);
      }
      if (!answer.ok()) outcome = answer;
      answers.emplace_back(std::move(done), std::move(outcome));
    }
    queue.clear();
    for (auto& [done, outcome] : answers) done(std::move(outcome));
  }

  void MarkSeen(SeenMark) override {}
  void AddHistory(std::vector<HistoryEntry> entries) override { history += entries.size(); }
  absl::Status Flush() override { return absl::OkStatus(); }
  size_t pending() const override { return queue.size(); }
  size_t pending_bytes() const override {
    size_t bytes = 0;
    for (const auto& [record, done] : queue) {
      bytes += record.snapshot.size();
      for (const CardSighting& card : record.cards) bytes += card.snapshot.size();
    }
    return bytes;
  }
  absl::Status health() const override { return absl::OkStatus(); }
  absl::Status ReadWorkstations(const std::function<bool(StoredWorkstation)>&) override {
    return absl::OkStatus();
  }
  absl::Status ReadCards(const std::function<bool(StoredCard)>&) override { return absl::OkStatus(); }
  absl::StatusOr<StoredWorkstation> ReadWorkstation(const std::string& id) override {
    return Read(workstations, id);
  }
  absl::StatusOr<StoredCard> ReadCard(const std::string& id) override { return Read(cards, id); }
  absl::StatusOr<std::vector<HistoryEntry>> ReadHistory(size_t) override {
    return std::vector<HistoryEntry>();
  }
  absl::Status WriteAlerts(const std::vector<StoredAlert>&) override { return writing_alerts; }
  absl::StatusOr<std::vector<StoredAlert>> ReadOpenAlerts() override { return std::vector<StoredAlert>(); }
  absl::StatusOr<std::vector<StoredAlert>> ReadResolvedAlerts(size_t) override {
    return std::vector<StoredAlert>();
  }
  absl::Status Forget(const std::vector<std::string>& workstation_ids,
                      const std::vector<std::string>& card_ids, absl::Time) override {
    ++forgettings;
    if (!forgetting.ok()) return forgetting;
    for (const std::string& id : workstation_ids) workstations.erase(id);
    for (const std::string& id : card_ids) cards.erase(id);
    return absl::OkStatus();
  }
  absl::Status Prune(absl::Time, absl::Time) override {
    ++prunes;
    return pruning;
  }
  absl::Status Backup(const std::string&) override { return absl::OkStatus(); }

  std::deque<std::pair<ReportRecord, Done>> queue;
  std::map<std::string, StoredWorkstation> workstations;
  std::map<std::string, StoredCard> cards;
  std::set<std::string> report_ids;
  std::set<std::string> unreadable;  // ids of workstations and cards
  absl::Status reading = absl::OkStatus();
  absl::Status pruning = absl::OkStatus();
  absl::Status writing_alerts = absl::OkStatus();
  int reads = 0;
  int forgettings = 0;
  absl::Status forgetting;
  int prunes = 0;
  size_t history = 0;

 private:
  template <typename Map>
  absl::StatusOr<typename Map::mapped_type> Read(const Map& map, const std::string& id) {
    ++reads;
    if (!reading.ok()) return reading;
    if (unreadable.contains(id)) return absl::DataLossError("damaged");
    const auto found = map.find(id);
    if (found == map.end()) return absl::NotFoundError("not stored");
    return found->second;
  }
  void Keep(const ReportRecord& record) {
    workstations[record.workstation_id] = {record.workstation_id, record.snapshot, record.digest,
                                           record.received_at, record.clock_offset};
    for (const CardSighting& card : record.cards) {
      cards[card.card_id] = {card.card_id, card.snapshot, record.workstation_id, record.received_at};
    }
  }
};

}  // namespace kortvakt
