// What the tests of ReaderWatch share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/readers/reader_watch.h"
#include "common/base/mutex.h"
#include "tests/integration/pcsc/service_test.h"

namespace kortvakt::testing {

class Onlooker;

// A ReaderWatch on the private pcscd that reads cards as the agent does.
class WatchingTest : public ServiceTest {
 protected:
  WatchingTest();
  ~WatchingTest() override;

  // Instead of one that runs.
  void StartWatch();
  void StopWatch() { watch_.reset(); }

  // Waits until `condition` holds for what the watch says; false when it does not within `limit`.
  // An Onlooker sees what is waited for, however short it is there.
  bool Await(const std::function<bool(const ObservedReaders&)>& condition, absl::Duration limit = kPatience);
  // The same, for the card in a slot.
  bool AwaitCard(size_t slot, const TestCard& card, absl::Duration limit = kPatience);
  bool AwaitState(size_t slot, CardState state, absl::Duration limit = kPatience);
  bool AwaitNoCard(size_t slot, absl::Duration limit = kPatience);
  bool AwaitReaders(size_t count, absl::Duration limit = kPatience);

  std::optional<ObservedReader> Reader(size_t slot) const { return Reader(watch_->Current(), slot); }
  // TestCards::Describe of what is shown in a slot.
  std::string Shown(size_t slot) const { return Shown(watch_->Current(), slot); }
  // Every command of the reading of a card of each family, from 0; reads one of each in
  // slots 0 and 1, and leaves the slots empty.
  std::vector<std::pair<CardFamily, size_t>> MomentsOfAReading();

  ReaderWatch::Options options_;
  std::unique_ptr<ReaderWatch> watch_;
  // Called ahead of each transaction of a look at a card, with its number from 0: when it is
  // not the first, between two of ours.
  std::function<void(const CardSession&, size_t)> before_transaction_;
  // How often a card was read, or compared with those that are known, to the end.
  std::atomic<int> looks_{0};
  // How many of these gave way to another program.
  std::atomic<int> gave_way_{0};

 private:
  absl::StatusOr<CardContents> Look(CardSession& session, const KnownCards& known);
  // What the watch says now; the onlooker, if there is one, sees it too.
  ObservedReaders Now();
  std::optional<ObservedReader> Reader(const ObservedReaders& now, size_t slot) const;
  std::string Shown(const ObservedReaders& now, size_t slot) const;

  mutable Mutex mutex_;
  CondVar changed_;
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  Onlooker* onlooker_ = nullptr;
  friend class Onlooker;
};

// Looks at some slots all the while, from its making to Seen. One at a time for a test.
class Onlooker {
 public:
  // `test` and its watch must outlive it; make the test's cards before.
  Onlooker(WatchingTest& test, size_t slots);
  ~Onlooker() { Stop(); }
  Onlooker(const Onlooker&) = delete;
  Onlooker& operator=(const Onlooker&) = delete;
  // One more look, by whatever thread; what it saw.
  ObservedReaders Look();
  // What was shown in a slot, each as WatchingTest::Shown says and other than the one before.
  // Ends the looking.
  std::vector<std::string> Seen(size_t slot);
  // The same without "": the cards alone.
  std::vector<std::string> CardsSeen(size_t slot);

 private:
  void Stop();
  WatchingTest& test_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;  // held from a look to its note: what was seen later is noted later
  std::vector<std::vector<std::string>> seen_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace kortvakt::testing
