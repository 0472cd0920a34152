// The smart card service: which readers there are and what is in them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/pcsc/card_channel.h"
#include "common/base/bytes.h"
#include "common/base/time.h"

namespace kortvakt {

// What the service says of a reader without asking the card.
struct ReaderStatus {
  std::string name;  // as the service gives it
  bool present = false;
  bool mute = false;       // the card does not answer to reset
  bool in_use = false;     // some program is connected; we count too, and it lags 0.4 s
  bool exclusive = false;  // some program has it to itself
  bool unavailable = false;
  bool gone = false;    // the service does not know the reader any more
  uint16_t events = 0;  // counts insertions and removals; wraps
  Bytes atr;            // empty: no card, or mute
  bool changed = false;  // since the Wait before

  // For the next Wait; 0: answer at once.
  uint32_t raw_state = 0;
};

// What two threads share of a conversation with a card: one is in it, one watches.
struct CardControl {
  // Set from outside: end the transaction and come back with kCancelled.
  std::atomic<bool> stop{false};
  // The PC/SC function that the conversation waits in, or nullptr.
  std::atomic<const char*> call{nullptr};
};

// A connection to the service. One thread uses it; Cancel may come from another.
class PcscContext {
 public:
  // Most readers that Wait can watch; the library takes no more.
  static const size_t kMostReaders;

  // kUnavailable: the service does not run.
  static absl::StatusOr<std::unique_ptr<PcscContext>> Establish();
  ~PcscContext();
  PcscContext(const PcscContext&) = delete;
  PcscContext& operator=(const PcscContext&) = delete;

  // Names of the readers, in the service's order; empty: none. kUnavailable: the
  // service went away; establish another context.
  absl::StatusOr<std::vector<std::string>> ListReaders();

  // Waits until one of `readers` differs from what it says, or another reader
  // arrives while it waits (list before each wait: one that came earlier is not
  // told), at most `timeout`, and brings `readers` up to date. Sends cards
  // nothing. Fails with:
  //   kDeadlineExceeded  nothing happened; `readers` is brought up to date even so, for that
  //                      others begin to use a card wakes nobody (pcsc-lite 1.9.9)
  //   kCancelled         Cancel
  //   kUnavailable       the service went away
  absl::Status Wait(std::vector<ReaderStatus>& readers, absl::Duration timeout);

  // Ends a Wait that another thread is in. Lost when none is: call it again
  // until that thread is done.
  void Cancel();

  // Connects to the card in `reader`, shared with other programs, T=0 or T=1;
  // leaves it as it is when the session ends. Waits, without limit, for a
  // transaction of another program. `clock` and `control` must outlive the
  // session, and this context too. Fails as PcscStatus says; kCancelled once
  // `control` asks to stop.
  absl::StatusOr<std::unique_ptr<CardSession>> Connect(const std::string& reader, const CardBudget& budget,
                                                       const Clock& clock, CardControl& control);

 private:
  explicit PcscContext(intptr_t handle) : handle_(handle) {}
  const intptr_t handle_;
};

}  // namespace kortvakt
