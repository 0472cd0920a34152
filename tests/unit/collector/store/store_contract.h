// What every FleetStore must do, in code: include it once in a database's test
// and instantiate StoreContractTest with a way to open it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/store/fleet_store.h"
#include "common/base/time.h"

namespace kortvakt {

// A folder of its own for a test, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kortvakt-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Path(const std::string& name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

// Gives a store and waits for its answer.
inline absl::StatusOr<PutOutcome> PutAndWait(FleetStore& store, ReportRecord record) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<PutOutcome>>>();
  std::future<absl::StatusOr<PutOutcome>> future = answer->get_future();
  store.Put(std::move(record),
            [answer](absl::StatusOr<PutOutcome> outcome) { answer->set_value(std::move(outcome)); });
  return future.get();
}

inline absl::Time Noon() { return absl::FromUnixSeconds(1'795'348'800); }  // 2026-11-22T12:00:00Z

inline ReportRecord Record(const std::string& report, const std::string& workstation,
                           const std::string& snapshot) {
  ReportRecord record;
  record.report_id = report;
  record.workstation_id = workstation;
  record.snapshot = snapshot;
  record.digest = "digest of " + snapshot;
  record.received_at = Noon();
  record.clock_offset = absl::Milliseconds(-1500);
  return record;
}

// Opens the store in a folder; called again for the same folder after the first
// was closed it finds what was kept.
using OpenStore = std::function<std::unique_ptr<FleetStore>(const TemporaryFolder&)>;

class StoreContractTest : public ::testing::TestWithParam<OpenStore> {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_.reset();
    store_ = GetParam()(folder_);
    ASSERT_NE(store_, nullptr);
  }
  // A report of "card" that came so long after noon.
  void PutWithCard(const std::string& report, const std::string& workstation, absl::Duration after) {
    ReportRecord record = Record(report, workstation, "s");
    record.received_at += after;
    record.cards.push_back({"card", "facts", true});
    ASSERT_TRUE(PutAndWait(*store_, record).ok());
  }
  std::vector<StoredAlert> Open() { return store_->ReadOpenAlerts().value(); }

  TemporaryFolder folder_;
  std::unique_ptr<FleetStore> store_;
};

TEST_P(StoreContractTest, KeepsAReportOverARestart) {
  ASSERT_EQ(PutAndWait(*store_, Record("r1", "w1", std::string("bytes\0with nul", 14))).value(),
            PutOutcome::kStored);
  Reopen();
  const StoredWorkstation stored = store_->ReadWorkstation("w1").value();
  EXPECT_EQ(stored.id, "w1");
  EXPECT_EQ(stored.snapshot, std::string("bytes\0with nul", 14));
  EXPECT_EQ(stored.digest, std::string("digest of bytes\0with nul", 24));
  EXPECT_EQ(stored.last_seen, Noon());
  EXPECT_EQ(stored.clock_offset, absl::Milliseconds(-1500));
}

TEST_P(StoreContractTest, AnswersASecondReportWithTheSameIdAsDuplicateAndKeepsTheNewest) {
  ASSERT_EQ(PutAndWait(*store_, Record("r1", "w1", "old")).value(), PutOutcome::kStored);
  ASSERT_EQ(PutAndWait(*store_, Record("r2", "w1", "new")).value(), PutOutcome::kStored);
  EXPECT_EQ(PutAndWait(*store_, Record("r1", "w1", "old")).value(), PutOutcome::kDuplicate);
  Reopen();
  EXPECT_EQ(PutAndWait(*store_, Record("r2", "w1", "other")).value(), PutOutcome::kDuplicate);
  EXPECT_EQ(store_->ReadWorkstation("w1")->snapshot, "new");
}

TEST_P(StoreContractTest, TellsTheSameIdOfTwoWorkstationsApart) {
  ASSERT_EQ(PutAndWait(*store_, Record("r1", "w1", "one")).value(), PutOutcome::kStored);
  EXPECT_EQ(PutAndWait(*store_, Record("r1", "w2", "two")).value(), PutOutcome::kStored);
}

TEST_P(StoreContractTest, RemembersTheLast64ReportIdsOfAWorkstation) {
  for (int i = 0; i < 65; ++i) {
    ASSERT_EQ(PutAndWait(*store_, Record(absl::StrCat("r", i), "w1", "s")).value(), PutOutcome::kStored);
  }
  EXPECT_EQ(PutAndWait(*store_, Record("r1", "w1", "s")).value(), PutOutcome::kDuplicate);
  EXPECT_EQ(PutAndWait(*store_, Record("r64", "w1", "s")).value(), PutOutcome::kDuplicate);
  EXPECT_EQ(PutAndWait(*store_, Record("r0", "w1", "s")).value(), PutOutcome::kStored);
}

TEST_P(StoreContractTest, WritesAndAnswersReportsOfAWorkstationInOrder) {
  std::vector<int> answered;
  std::promise<void> all;
  for (int i = 0; i < 2500; ++i) {
    store_->Put(Record(absl::StrCat("r", i), "w1", absl::StrCat("snapshot ", i)),
                [&, i](absl::StatusOr<PutOutcome> outcome) {
                  EXPECT_TRUE(outcome.ok()) << outcome.status();
                  answered.push_back(i);
                  if (i == 2499) all.set_value();
                });
  }
  all.get_future().wait();
  ASSERT_EQ(answered.size(), 2500u);
  EXPECT_TRUE(std::is_sorted(answered.begin(), answered.end()));
  EXPECT_EQ(store_->ReadWorkstation("w1")->snapshot, "snapshot 2499");
}

TEST_P(StoreContractTest, ListsWorkstationsInTheOrderOfFirstSight) {
  for (const char* id : {"w3", "w1", "w2", "w1"}) {
    ASSERT_TRUE(PutAndWait(*store_, Record(absl::StrCat("r", id), id, id)).ok());
  }
  std::vector<std::string> ids;
  ASSERT_TRUE(store_
                  ->ReadWorkstations([&ids](StoredWorkstation one) {
                    ids.push_back(one.id);
                    return true;
                  })
                  .ok());
  EXPECT_THAT(ids, ::testing::ElementsAre("w3", "w1", "w2"));
}

TEST_P(StoreContractTest, AMarkMovesLastSeenForwardOnly) {
  ASSERT_TRUE(PutAndWait(*store_, Record("r1", "w1", "s")).ok());
  store_->MarkSeen({"w1", Noon() + absl::Minutes(10), absl::Seconds(3), {}});
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadWorkstation("w1")->last_seen, Noon() + absl::Minutes(10));
  EXPECT_EQ(store_->ReadWorkstation("w1")->clock_offset, absl::Seconds(3));
  store_->MarkSeen({"w1", Noon() - absl::Minutes(10), absl::Seconds(8), {}});
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadWorkstation("w1")->last_seen, Noon() + absl::Minutes(10));
  EXPECT_EQ(store_->ReadWorkstation("w1")->clock_offset, absl::Seconds(3)) << "of the newest";
}

TEST_P(StoreContractTest, AMarkThatWaitedWhileAReportCameLeavesTheReportsClock) {
  ASSERT_TRUE(PutAndWait(*store_, Record("r1", "w1", "s")).ok());
  store_->MarkSeen({"w1", Noon() + absl::Minutes(1), absl::Seconds(8), {}});
  ReportRecord newer = Record("r2", "w1", "s");
  newer.received_at += absl::Minutes(2);
  ASSERT_TRUE(PutAndWait(*store_, newer).ok());
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadWorkstation("w1")->last_seen, Noon() + absl::Minutes(2));
  EXPECT_EQ(store_->ReadWorkstation("w1")->clock_offset, newer.clock_offset);
}

TEST_P(StoreContractTest, AMarkMovesACardToItsWorkstation) {
  PutWithCard("r1", "w1", absl::ZeroDuration());
  PutWithCard("r2", "w2", absl::Minutes(1));
  store_->MarkSeen({"w1", Noon() + absl::Minutes(2), absl::ZeroDuration(), {"card"}});
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadCard("card")->workstation_id, "w1");
}

TEST_P(StoreContractTest, AMarkThatWaitedNeverMovesACardBackFromWhereItWasSeenSince) {
  PutWithCard("r1", "w1", absl::ZeroDuration());
  store_->MarkSeen({"w1", Noon() + absl::Minutes(1), absl::ZeroDuration(), {"card"}});
  // A newer sign of life of the workstation is none of the card.
  store_->MarkSeen({"w1", Noon() + absl::Minutes(3), absl::ZeroDuration(), {}});
  PutWithCard("r2", "w2", absl::Minutes(2));
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadCard("card")->workstation_id, "w2");
  EXPECT_EQ(store_->ReadWorkstation("w1")->last_seen, Noon() + absl::Minutes(3));
}

TEST_P(StoreContractTest, AMarkGivenLateNeverMovesACardBack) {
  PutWithCard("r1", "w1", absl::ZeroDuration());
  PutWithCard("r2", "w2", absl::Minutes(2));
  ASSERT_TRUE(store_->Flush().ok());
  store_->MarkSeen({"w1", Noon() + absl::Minutes(1), absl::ZeroDuration(), {"card"}});
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->ReadCard("card")->workstation_id, "w2");
}

TEST_P(StoreContractTest, OfTwoMarksTheNewerHasTheCardWhateverTheOrder) {
  PutWithCard("r1", "w1", absl::ZeroDuration());
  PutWithCard("r2", "w2", absl::ZeroDuration());
  for (const char* last : {"w1", "w2"}) {
    const std::string before = last == std::string("w1") ? "w2" : "w1";
    store_->MarkSeen({last, Noon() + absl::Minutes(2), absl::ZeroDuration(), {"card"}});
    store_->MarkSeen({before, Noon() + absl::Minutes(1), absl::ZeroDuration(), {"card"}});
    ASSERT_TRUE(store_->Flush().ok());
    EXPECT_EQ(store_->ReadCard("card")->workstation_id, last);
    Reopen();
  }
}

TEST_P(StoreContractTest, TellsTheBytesOfReportsThatWaitWithTheirCards) {
  ReportRecord record = Record("r1", "w1", std::string(1000, 's'));
  record.cards.push_back({"card", std::string(200, 'c'), true});
  record.cards.push_back({"other card", std::string(30, 'c'), true});
  std::promise<size_t> told;
  store_->Put(record, [&](absl::StatusOr<PutOutcome>) { told.set_value(store_->pending_bytes()); });
  EXPECT_EQ(told.get_future().get(), 1230u);
  while (store_->pending() > 0) std::this_thread::yield();
  EXPECT_EQ(store_->pending_bytes(), 0u);
}

TEST_P(StoreContractTest, IgnoresAMarkOfAWorkstationThatIsNotStored) {
  store_->MarkSeen({"nobody", Noon(), absl::ZeroDuration(), {"card"}});
  EXPECT_TRUE(store_->Flush().ok());
  EXPECT_TRUE(absl::IsNotFound(store_->ReadWorkstation("nobody").status()));
}

TEST_P(StoreContractTest, ACardBelongsToTheWorkstationThatSawItLast) {
  ReportRecord first = Record("r1", "w1", "s");
  first.cards.push_back({"card", "facts", true});
  ASSERT_TRUE(PutAndWait(*store_, first).ok());
  ReportRecord second = Record("r2", "w2", "s");
  second.received_at += absl::Hours(24);
  second.cards.push_back({"card", "newer facts", true});
  ASSERT_TRUE(PutAndWait(*store_, second).ok());
  const StoredCard card = store_->ReadCard("card").value();
  EXPECT_EQ(card.workstation_id, "w2");
  EXPECT_EQ(card.snapshot, "newer facts");
  EXPECT_EQ(FormatUtc(card.last_seen), "2026-11-23T00:00:00Z");
}

TEST_P(StoreContractTest, ASightingThatCouldNotReadTheCardKeepsWhatIsKnown) {
  ReportRecord first = Record("r1", "w1", "s");
  first.cards.push_back({"card", "facts", true});
  ASSERT_TRUE(PutAndWait(*store_, first).ok());
  ReportRecord second = Record("r2", "w2", "s");
  second.cards.push_back({"card", "nothing", false});
  second.cards.push_back({"unknown card", "nothing", false});
  ASSERT_TRUE(PutAndWait(*store_, second).ok());
  EXPECT_EQ(store_->ReadCard("card")->snapshot, "facts");
  EXPECT_EQ(store_->ReadCard("card")->workstation_id, "w2");
  EXPECT_EQ(store_->ReadCard("unknown card")->snapshot, "nothing");
}

TEST_P(StoreContractTest, SaysNotFoundForWhatIsNotStored) {
  EXPECT_TRUE(absl::IsNotFound(store_->ReadWorkstation("w").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->ReadWorkstation("").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->ReadCard("c").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->ReadCard("").status()));
}

TEST_P(StoreContractTest, KeepsHistoryNewestFirstAndPrunesByTime) {
  store_->AddHistory({{Noon(), "w1", "site", "finding_opened", "NO_CARD"},
                      {Noon() + absl::Hours(1), "w1", "site", "finding_closed", "NO_CARD"}});
  ASSERT_TRUE(store_->Flush().ok());
  std::vector<HistoryEntry> history = store_->ReadHistory(10).value();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].kind, "finding_closed");
  EXPECT_EQ(history[1].at, Noon());
  ASSERT_TRUE(store_->Prune(Noon(), Noon() + absl::Minutes(1)).ok());
  history = store_->ReadHistory(10).value();
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].kind, "finding_closed");
}

TEST_P(StoreContractTest, AnAlertKeepsItsOpeningUntilItIsResolved) {
  StoredAlert alert{"RENEWAL_DUE", "site", "4w", "warning", 2, "two", Noon(), Noon(), std::nullopt};
  ASSERT_TRUE(store_->WriteAlerts({alert}).ok());
  alert.count = 3;
  alert.opened_at = alert.changed_at = Noon() + absl::Hours(1);
  ASSERT_TRUE(store_->WriteAlerts({alert}).ok());
  Reopen();
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].opened_at, Noon());
  EXPECT_EQ(Open()[0].changed_at, Noon() + absl::Hours(1));
  EXPECT_EQ(Open()[0].count, 3u);

  alert.resolved_at = Noon() + absl::Hours(2);
  ASSERT_TRUE(store_->WriteAlerts({alert}).ok());
  EXPECT_TRUE(Open().empty());
  const std::vector<StoredAlert> resolved = store_->ReadResolvedAlerts(10).value();
  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0].resolved_at, Noon() + absl::Hours(2));

  alert.resolved_at.reset();
  alert.opened_at = Noon() + absl::Hours(3);
  ASSERT_TRUE(store_->WriteAlerts({alert}).ok());
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].opened_at, Noon() + absl::Hours(3));
}

TEST_P(StoreContractTest, PrunesResolvedAlertsButNeverOpenOnes) {
  StoredAlert open{"A", "s", "", "info", 1, "", Noon(), Noon(), std::nullopt};
  StoredAlert closed{"B", "s", "", "info", 1, "", Noon(), Noon(), std::nullopt};
  ASSERT_TRUE(store_->WriteAlerts({open, closed}).ok());
  closed.resolved_at = Noon();
  ASSERT_TRUE(store_->WriteAlerts({closed}).ok());
  ASSERT_TRUE(store_->Prune(Noon(), Noon() + absl::Hours(1)).ok());
  EXPECT_EQ(Open().size(), 1u);
  EXPECT_TRUE(store_->ReadResolvedAlerts(10)->empty());
}

TEST_P(StoreContractTest, ForgetsWhatWasNotSeenSince) {
  for (const char* id : {"w1", "w2", "w3"}) {
    ReportRecord record = Record(absl::StrCat("r", id), id, "s");
    record.received_at = Noon();
    record.cards.push_back({absl::StrCat("card of ", id), "facts", true});
    ASSERT_TRUE(PutAndWait(*store_, record).ok());
  }
  ReportRecord later = Record("r4", "w2", "s");
  later.received_at = Noon() + absl::Hours(48);
  ASSERT_TRUE(PutAndWait(*store_, later).ok());
  ASSERT_TRUE(
      store_->Forget({"w1", "w2", "w3", "unknown"}, {"card of w1", "card of w2"}, Noon() + absl::Hours(24))
          .ok());
  Reopen();
  EXPECT_TRUE(absl::IsNotFound(store_->ReadWorkstation("w1").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->ReadCard("card of w1").status()));
  EXPECT_TRUE(store_->ReadWorkstation("w2").ok()) << "heard of since";
  EXPECT_TRUE(absl::IsNotFound(store_->ReadCard("card of w2").status()));
  EXPECT_TRUE(store_->ReadWorkstation("w3").ok()) << "its card stays";
  EXPECT_TRUE(store_->ReadCard("card of w3").ok());
  // Comes back as new.
  ASSERT_TRUE(PutAndWait(*store_, Record("rw1", "w1", "s")).ok());
  EXPECT_TRUE(store_->ReadWorkstation("w1").ok());
}

TEST_P(StoreContractTest, BacksUpWhatIsStoredAndNeverOverwrites) {
  ASSERT_TRUE(PutAndWait(*store_, Record("r1", "w1", "s")).ok());
  const std::string target = folder_.Path("backup");
  ASSERT_TRUE(store_->Backup(target).ok());
  EXPECT_TRUE(std::filesystem::exists(target));
  EXPECT_TRUE(absl::IsAlreadyExists(store_->Backup(target)));
}

TEST_P(StoreContractTest, AnswersEveryReportBeforeItIsGone) {
  std::atomic<int> answered = 0;
  for (int i = 0; i < 500; ++i) {
    store_->Put(Record(absl::StrCat("r", i), absl::StrCat("w", i), "s"),
                [&answered](absl::StatusOr<PutOutcome>) { ++answered; });
  }
  store_.reset();
  EXPECT_EQ(answered, 500);
}

}  // namespace kortvakt
