// What all tests here share: a private pcscd with virtual readers, cards of both families,
// and the cards' logs.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/integration/pcsc/test_cards.h"
#include "tests/support/patience.h"
#include "tests/support/pcsc/private_pcscd.h"

namespace kortvakt::testing {

// For so long nothing is sent where nothing is to be: the looks of pcscd (0.4 s) and of the watches
// here (0.5 s) and their quiet time (1 s) pass meanwhile.
inline constexpr absl::Duration kStillness = absl::Seconds(2);
// As many readers as pcscd 1.9.9 has room for.
inline constexpr size_t kMostSlots = 16;

class ServiceTest : public ::testing::Test {
 protected:
  // Starts the service; false with a test failure when it does not.
  // `verbose` as PrivatePcscd::Start has it.
  [[nodiscard]] bool StartService(const std::vector<std::string>& names = {"Kortvakt Virtual"},
                                  bool verbose = false);
  // The same with kMostSlots readers.
  [[nodiscard]] bool StartLargeService();

  void Insert(size_t slot, const TestCard& card);
  void Remove(size_t slot);
  // The same, and returns once pcscd has noticed.
  void InsertNoticed(size_t slot, const TestCard& card);

  // What a card was sent: PrivatePcscd::ApduLog.
  std::vector<std::string> Commands(size_t slot) const;
  size_t Apdus(size_t slot) const { return Commands(slot).size(); }
  // How many of these do more than read.
  size_t OthersThanReading(size_t slot) const;
  bool WasReset(size_t slot) const;
  // Waits until a card has been sent so many commands.
  [[nodiscard]] bool AwaitApdus(size_t slot, size_t count, absl::Duration limit = kPatience) const;
  // Waits until pcscd has cut the power of a card that nobody uses any more. Before that it
  // takes a virtual card that was pulled for one that is still there, if another is in the
  // reader at its next look (vpcd 3.3: the failed command "power off" is all it notices).
  [[nodiscard]] bool AwaitPowerOff(size_t slot) const;
  // For so long no card is sent anything; at once false when one is.
  [[nodiscard]] bool NothingIsSent(absl::Duration time) const;

  TestCards cards_;
  std::optional<PrivatePcscd> service_;

 private:
  std::vector<std::string> Log(size_t slot) const;
  size_t slots_ = 0;
};

}  // namespace kortvakt::testing
