// A fleet of a few workstations with cards of a test PKI, in memory.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "collector/alerts/alert_book.h"
#include "collector/fleet/fleet.h"
#include "common/base/time.h"

namespace kortvakt::testing {

class SithsLikePki;

inline const absl::Time kNow = *ParseTime("2026-11-22T09:00:00Z");

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration Monotonic() const override { return now - absl::UnixEpoch(); }
  absl::Time now = kNow;
};

// Keeps the newest snapshots, as the store does.
class MemorySource final : public SnapshotSource {
 public:
  absl::StatusOr<Snapshot> WorkstationSnapshot(const std::string& workstation_id) override;
  absl::StatusOr<Snapshot> CardSnapshot(const std::string& card_id) override;
  void Keep(const Snapshot& snapshot);

 private:
  std::map<std::string, Snapshot> workstations_;
  std::map<std::string, Snapshot> cards_;
};

class TestFleet {
 public:
  TestFleet();
  ~TestFleet();

  // UUID of workstation number `n`.
  static std::string Uuid(int n);
  // Card id whose digits tell `n`.
  static std::string CardId(int n);
  static std::string HsaId(int n);

  // Reports workstation `n` with a card, number `n`, that ends so long after kNow.
  void Report(int n, const std::string& host_name, const std::string& site, absl::Duration time_left);
  // With an empty reader.
  void ReportWithoutCard(int n, const std::string& host_name, const std::string& site);

  // Reports `snapshot` as it is.
  void Apply(const Snapshot& snapshot);

  Fleet& fleet() { return *fleet_; }

 private:
  Snapshot Observed(int n, const std::string& host_name, const std::string& site);

  std::unique_ptr<SithsLikePki> pki_;
  MemorySource source_;
  std::shared_ptr<const CaCatalogue> catalogue_;
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace kortvakt::testing
