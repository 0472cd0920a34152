#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "collector/alerts/alert_book.h"
#include "collector/alerts/conditions.h"
#include "collector/store/sqlite_fleet_store.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

const absl::Time kMonday = *ParseTime("2026-11-23T08:00:00Z");
const absl::Time kTuesday = *ParseTime("2026-11-24T08:00:00Z");
const absl::Time kWednesday = *ParseTime("2026-11-25T08:00:00Z");

SiteCounts& Site(FleetCounts& counts, const std::string& name) { return counts.sites[name]; }

uint32_t& Renewals(SiteCounts& site, Loa loa, Stage stage) {
  return site.renewals[CertificateLoaIndex(loa)][StageIndex(stage)];
}

const StoredAlert* Find(const std::vector<StoredAlert>& alerts, const std::string& name,
                        const std::string& label = "") {
  for (const StoredAlert& alert : alerts) {
    if (alert.name == name && alert.label == label) return &alert;
  }
  return nullptr;
}

TEST(ConditionsTest, AQuietFleetHasNone) {
  FleetCounts counts;
  counts.required_cas = {"demo-root-ca"};
  Site(counts, "Lund").workstations[0] = 100;
  Site(counts, "Lund").missing_ca = {0};
  Site(counts, "Lund").cards[CardLoaIndex(Loa::k3)][0] = 100;
  EXPECT_TRUE(ConditionsOf(counts, Policy()).empty());
  EXPECT_TRUE(ConditionsOf(FleetCounts(), Policy()).empty());
}

TEST(ConditionsTest, EachStageIsAConditionOfItsOwnOverAllLevels) {
  FleetCounts counts;
  SiteCounts& lund = Site(counts, "Lund");
  Renewals(lund, Loa::k2, Stage::k4w) = 1;
  Renewals(lund, Loa::k3, Stage::k4w) = 2;
  Renewals(lund, Loa::kUnknown, Stage::k1w) = 1;
  Renewals(lund, Loa::k3, Stage::kExpired) = 5;
  const auto alerts = ConditionsOf(counts, Policy());
  ASSERT_EQ(alerts.size(), 3u);
  EXPECT_EQ(Find(alerts, "RENEWAL_DUE", "4w")->count, 3u);
  EXPECT_EQ(Find(alerts, "RENEWAL_DUE", "4w")->severity, "warning");
  EXPECT_EQ(Find(alerts, "RENEWAL_DUE", "4w")->summary,
            "3 cards at Lund are due for renewal, with 4 weeks or less left");
  EXPECT_EQ(Find(alerts, "RENEWAL_DUE", "1w")->summary,
            "1 card at Lund is due for renewal, with a week or less left");
  EXPECT_EQ(Find(alerts, "EXPIRED_IN_USE")->severity, "critical");
  EXPECT_EQ(Find(alerts, "EXPIRED_IN_USE")->count, 5u);
}

TEST(ConditionsTest, CountsWorkstationsThatLackEachRequiredCa) {
  FleetCounts counts;
  counts.required_cas = {"demo-root-ca", "demo-person-ca"};
  Site(counts, "Lund").missing_ca = {0, 7};
  Site(counts, "Ystad").missing_ca = {};  // made before a CA became required
  const auto alerts = ConditionsOf(counts, Policy());
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].name, "REQUIRED_CA_MISSING");
  EXPECT_EQ(alerts[0].label, "demo-person-ca");
  EXPECT_EQ(alerts[0].site, "Lund");
  EXPECT_EQ(alerts[0].count, 7u);
}

TEST(ConditionsTest, CardsInUseBelowTheRequiredLevelCountAndIdleOnesDoNot) {
  FleetCounts counts;
  Site(counts, "Lund").cards[CardLoaIndex(Loa::k2)] = {3, 9};
  Policy policy;
  policy.required_loa = Loa::k3;
  const auto alerts = ConditionsOf(counts, policy);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].name, "LOA_TOO_LOW");
  EXPECT_EQ(alerts[0].count, 3u);
  policy.required_loa = Loa::k2;
  EXPECT_TRUE(ConditionsOf(counts, policy).empty());
}

TEST(ConditionsTest, SilentWorkstationsCountAndLateOnesDoNot) {
  FleetCounts counts;
  Site(counts, "Lund").workstations = {10, 4, 2, 1};
  const auto alerts = ConditionsOf(counts, Policy());
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].name, "WORKSTATION_SILENT");
  EXPECT_EQ(alerts[0].count, 2u);
}

StoredAlert Silent(const std::string& site, uint32_t count) {
  FleetCounts counts;
  Site(counts, site).workstations = {0, 0, count, 0};
  return ConditionsOf(counts, Policy()).at(0);
}

TEST(EvaluateTest, OpensChangesAndResolves) {
  AlertChanges day = Evaluate({Silent("Lund", 2)}, {}, kMonday);
  ASSERT_EQ(day.open.size(), 1u);
  ASSERT_EQ(day.changed.size(), 1u);
  EXPECT_EQ(day.open[0].opened_at, kMonday);
  EXPECT_EQ(day.open[0].changed_at, kMonday);
  EXPECT_FALSE(day.open[0].resolved_at);

  day = Evaluate({Silent("Lund", 2)}, day.open, kTuesday);
  EXPECT_TRUE(day.changed.empty()) << "nothing changed, nothing is written";
  EXPECT_EQ(day.open[0].changed_at, kMonday);

  day = Evaluate({Silent("Lund", 3)}, day.open, kTuesday);
  ASSERT_EQ(day.changed.size(), 1u);
  EXPECT_EQ(day.open[0].opened_at, kMonday);
  EXPECT_EQ(day.open[0].changed_at, kTuesday);
  EXPECT_EQ(day.open[0].count, 3u);

  day = Evaluate({}, day.open, kWednesday);
  EXPECT_TRUE(day.open.empty());
  ASSERT_EQ(day.changed.size(), 1u);
  EXPECT_EQ(day.changed[0].resolved_at, kWednesday);
  EXPECT_EQ(day.changed[0].opened_at, kMonday);

  day = Evaluate({Silent("Lund", 1)}, day.open, kWednesday);
  EXPECT_EQ(day.open[0].opened_at, kWednesday) << "what comes back is a new alert";
}

TEST(EvaluateTest, OrdersBySeverityThenSite) {
  FleetCounts counts;
  Renewals(Site(counts, "Ystad"), Loa::k3, Stage::kExpired) = 1;
  Renewals(Site(counts, "Arvika"), Loa::k3, Stage::k8w) = 1;
  Site(counts, "Ystad").workstations[2] = 1;
  Site(counts, "Lund").workstations[2] = 1;
  std::vector<std::string> order;
  for (const auto& alert : Evaluate(ConditionsOf(counts, Policy()), {}, kMonday).open) {
    order.push_back(alert.severity + " " + alert.site);
  }
  EXPECT_EQ(order,
            (std::vector<std::string>{"critical Ystad", "warning Lund", "warning Ystad", "info Arvika"}));
}

FleetCounts SilentAt(const std::string& site, uint32_t count) {
  FleetCounts counts;
  Site(counts, site).workstations[2] = count;
  return counts;
}

class AlertBookTest : public ::testing::Test {
 protected:
  AlertBookTest() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-alerts-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Open();
  }
  ~AlertBookTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Open() {
    store_.reset();
    auto store = SqliteFleetStore::Open(folder_ + "/fleet.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  std::string folder_;
  std::unique_ptr<SqliteFleetStore> store_;
};

TEST_F(AlertBookTest, KeepsOpenedAtOverARestart) {
  AlertBook before(*store_);
  ASSERT_TRUE(before.Restore().ok());
  ASSERT_TRUE(before.Update(SilentAt("Ängelholm", 2), Policy(), kMonday).ok());
  Open();
  AlertBook after(*store_);
  ASSERT_TRUE(after.Restore().ok());
  ASSERT_EQ(after.open().size(), 1u);
  ASSERT_TRUE(after.Update(SilentAt("Ängelholm", 5), Policy(), kTuesday).ok());
  const auto open = after.open();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].opened_at, kMonday);
  EXPECT_EQ(open[0].changed_at, kTuesday);
  EXPECT_EQ(open[0].count, 5u);
  EXPECT_THAT(open[0].summary, HasSubstr("5 workstations at Ängelholm"));
}

TEST_F(AlertBookTest, KeepsWhatWasResolvedAsHistory) {
  AlertBook book(*store_);
  ASSERT_TRUE(book.Restore().ok());
  ASSERT_TRUE(book.Update(SilentAt("Lund", 2), Policy(), kMonday).ok());
  ASSERT_TRUE(book.Update(FleetCounts(), Policy(), kTuesday).ok());
  EXPECT_TRUE(book.open().empty());
  const auto open = store_->ReadOpenAlerts();
  ASSERT_TRUE(open.ok());
  EXPECT_TRUE(open->empty());
  const auto resolved = store_->ReadResolvedAlerts(10);
  ASSERT_TRUE(resolved.ok());
  ASSERT_EQ(resolved->size(), 1u);
  EXPECT_EQ((*resolved)[0].opened_at, kMonday);
  EXPECT_EQ((*resolved)[0].resolved_at, kTuesday);
}

// Keeps alerts nowhere, and fails on demand.
class FakeAlertStore final : public FleetStore {
 public:
  absl::Status WriteAlerts(const std::vector<StoredAlert>&) override {
    if (writing.ok()) ++writes;
    return writing;
  }
  absl::StatusOr<std::vector<StoredAlert>> ReadOpenAlerts() override { return std::vector<StoredAlert>(); }
  absl::StatusOr<std::vector<StoredAlert>> ReadResolvedAlerts(size_t) override {
    return std::vector<StoredAlert>();
  }
  void Put(ReportRecord, std::function<void(absl::StatusOr<PutOutcome>)>) override {}
  void MarkSeen(SeenMark) override {}
  void AddHistory(std::vector<HistoryEntry>) override {}
  absl::Status Flush() override { return absl::OkStatus(); }
  size_t pending() const override { return 0; }
  size_t pending_bytes() const override { return 0; }
  absl::Status health() const override { return absl::OkStatus(); }
  absl::Status ReadWorkstations(const std::function<bool(StoredWorkstation)>&) override {
    return absl::OkStatus();
  }
  absl::Status ReadCards(const std::function<bool(StoredCard)>&) override { return absl::OkStatus(); }
  absl::StatusOr<StoredWorkstation> ReadWorkstation(const std::string&) override {
    return absl::NotFoundError("");
  }
  absl::StatusOr<StoredCard> ReadCard(const std::string&) override { return absl::NotFoundError(""); }
  absl::StatusOr<std::vector<HistoryEntry>> ReadHistory(size_t) override {
    return std::vector<HistoryEntry>();
  }
  absl::Status Forget(const std::vector<std::string>&, const std::vector<std::string>&, absl::Time) override {
    return absl::OkStatus();
  }
  absl::Status Prune(absl::Time, absl::Time) override { return absl::OkStatus(); }
  absl::Status Backup(const std::string&) override { return absl::OkStatus(); }

  absl::Status writing;
  int writes = 0;
};

TEST(AlertBookFailureTest, ChangesNothingThatIsNotOnDisk) {
  FakeAlertStore store;
  AlertBook book(store);
  ASSERT_TRUE(book.Restore().ok());
  ASSERT_TRUE(book.Update(SilentAt("Lund", 2), Policy(), kMonday).ok());
  store.writing = absl::UnavailableError("No space left on device");
  EXPECT_FALSE(book.Update(SilentAt("Lund", 9), Policy(), kTuesday).ok());
  EXPECT_EQ(book.open().at(0).count, 2u);
  store.writing = absl::OkStatus();
  EXPECT_TRUE(book.Update(SilentAt("Lund", 9), Policy(), kWednesday).ok());
  EXPECT_EQ(book.open().at(0).count, 9u);
  EXPECT_EQ(store.writes, 2);
  EXPECT_TRUE(book.Update(SilentAt("Lund", 9), Policy(), kWednesday).ok());
  EXPECT_EQ(store.writes, 2) << "what did not change is not written";
}

}  // namespace
}  // namespace kortvakt
