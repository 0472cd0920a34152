// What the tests of ReaderWatch share: the service, test cards, and waiting.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/readers/reader_watch.h"
#include "common/base/mutex.h"
#include "tests/support/pcsc/private_pcscd.h"

namespace kortvakt::testing {

// A private pcscd, and a ReaderWatch on it that reads test cards: such a card
// says who it is in data object DF30, and is asked for that `commands` times,
// five a transaction, so that a mix of two cards would be seen.
class WatchingTest : public ::testing::Test {
 protected:
  static constexpr size_t kCommands = 20;

  WatchingTest();
  ~WatchingTest() override;

  // Starts the service; false with a test failure when it does not.
  [[nodiscard]] bool StartService(const std::vector<std::string>& names = {"Kortvakt Virtual"});
  // A file for InsertCard of the card that says `identity` (hex).
  std::string CardFile(const std::string& identity);
  void StartWatch();
  void StopWatch() { watch_.reset(); }

  // Waits until `condition` holds for what the watch says; false when it does not within `limit`.
  bool Await(const std::function<bool(const ObservedReaders&)>& condition,
             absl::Duration limit = absl::Seconds(20));
  // The same, for the card in a slot.
  bool AwaitCard(size_t slot, const std::string& identity, absl::Duration limit = absl::Seconds(20));
  bool AwaitState(size_t slot, CardState state, absl::Duration limit = absl::Seconds(20));
  bool AwaitNoCard(size_t slot, absl::Duration limit = absl::Seconds(20));
  bool AwaitReaders(size_t count, absl::Duration limit = absl::Seconds(20));

  std::optional<ObservedReader> Reader(size_t slot) const;
  // What the card in a slot said of itself, hex; "" for none read.
  std::string Identity(size_t slot) const;
  size_t Apdus(size_t slot) const;
  bool WasReset(size_t slot) const;

  std::optional<PrivatePcscd> service_;
  ReaderWatch::Options options_;
  std::unique_ptr<ReaderWatch> watch_;
  // Called before each command, with its number from 0 within the reading.
  std::function<void(size_t)> before_command_;
  std::atomic<int> readings_{0};
  std::atomic<int> refreshes_{0};

 private:
  absl::StatusOr<CardContents> Read(CardSession& session);
  absl::StatusOr<CardContents> Refresh(CardSession& session, const CardContents& before);

  std::string folder_;
  mutable Mutex mutex_;
  CondVar changed_;
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kortvakt::testing
