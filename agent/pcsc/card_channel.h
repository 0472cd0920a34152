// A conversation with a card, as the card drivers see it. No PC/SC types.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/pcsc/apdu.h"
#include "common/base/bytes.h"

namespace kortvakt {

// One PC/SC transaction, from creation to destruction, so that no other program
// can slip a command in between. Keep it short: one file group, about 0.1 s, and
// begin each with a SELECT, for others may have selected elsewhere in between.
//
// Not thread-safe: use it on the thread that opened it. Its CardSession must
// outlive it.
class CardChannel {
 public:
  virtual ~CardChannel() = default;

  // Sends `command` and returns the complete answer; 61xx and 6Cxx are followed
  // for the caller, within bounds. A status word other than 9000 is an answer,
  // not a failure. Never more data than `command` asked for. Fails with:
  //   kUnavailable         the card or reader went away, or was reset by another program
  //   kDeadlineExceeded    the session's time is used up
  //   kResourceExhausted   the session's budget of commands or bytes is used up
  //   kDataLoss            the answer breaks the protocol (short, too long, endless 61xx/6Cxx)
  //   kCancelled           the agent is stopping
  virtual absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) = 0;
};

// One insertion of one card, connected in shared mode, with a budget.
class CardSession {
 public:
  virtual ~CardSession() = default;
  // Answer to reset, at most 33 bytes.
  virtual ByteView atr() const = 0;
  // Whether the protocol is T=0 (else T=1).
  virtual bool is_t0() const = 0;
  // Whether the reader takes extended-length APDUs.
  virtual bool extended_length() const = 0;
  // Starts a transaction; waits for others' to end. Fails as Transmit does, and
  // with kAborted when others' took longer than the budget's patience: somebody is at
  // work with the card, who may have shown a PIN by now, so leave it alone.
  virtual absl::StatusOr<std::unique_ptr<CardChannel>> Begin() = 0;
};

// Budget of one reading of a card.
struct CardBudget {
  absl::Duration time = absl::Seconds(20);
  size_t bytes = 8u << 20;  // of answers
  size_t commands = 4096;   // APDUs, GET RESPONSE and repeats included
  // A wait for a transaction longer than this is somebody's work with the card, not a
  // passing look.
  absl::Duration patience = absl::Seconds(1);
};

}  // namespace kortvakt
