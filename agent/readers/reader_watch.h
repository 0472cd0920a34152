// The readers of the workstation and the cards in them, kept up to date.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/cards/card_reader.h"
#include "common/base/time.h"

namespace kortvakt {

// What is known of the card in a reader. State kInUse: others have used it ever since it
// came, or it has not been free for the quiet time yet (detail tells which); or they have
// kept it from being looked at again for `in_use_after`: then the contents are what was read
// of this insertion, at read_at.
struct ObservedCard {
  Bytes atr;  // empty: mute
  CardContents contents;
  std::optional<absl::Time> read_at;  // absent: never read
};

struct ObservedReader {
  std::string name;  // as PC/SC gives it
  ReaderState state = ReaderState::kOk;
  std::string detail;  // e.g. "SCARD_E_READER_UNAVAILABLE"; empty when ok
  std::optional<ObservedCard> card;
};

struct ObservedReaders {
  bool service_running = false;
  std::string service_detail;  // e.g. "SCARD_E_NO_SERVICE"; empty when running
  std::vector<ObservedReader> readers;
};

class WatchCore;

// Watches pcscd: one thread for status changes (which send the card nothing),
// one worker a reader while it reads. A card is read once, at its insertion; a card
// that is there at the start, or in use by another program, only after it has
// been free for `quiet_time` unbroken (docs/cards.md, "Never in the way").
//
// Thread-safe. Stop, and so destruction, ends a transaction under way, without a
// reset of the card, and waits for the threads; a call that PC/SC never returns
// from is left behind after `stop_limit`.
class ReaderWatch {
 public:
  struct Options {
    CardBudget budget;
    absl::Duration quiet_time = absl::Seconds(10);
    absl::Duration stop_limit = absl::Seconds(5);
    // Longest time between two tries to reach a service that is down.
    absl::Duration reconnect_ceiling = absl::Seconds(1);
    // pcsc-lite tells when others stop using a card, but not when they start: so
    // often we look by ourselves. A shorter time wakes the machine for nothing.
    absl::Duration look_interval = absl::Seconds(60);
    // How long others may keep a card that was read from being looked at again before it
    // is shown as in use: longer than a login or a signature takes, for each change of
    // what is shown is reported.
    absl::Duration in_use_after = absl::Minutes(2);
    // `check`: read what is there now, at once, unless somebody has it in use;
    // then end.
    bool once = false;
    // How a card is read, and looked at again; tests give their own.
    std::function<absl::StatusOr<CardContents>(CardSession&)> read = ReadCard;
    std::function<absl::StatusOr<CardContents>(CardSession&, const KnownCards&)> refresh = RefreshCard;
  };

  // `on_change` is called, from a thread of the watch, after each change of what
  // Current returns; keep it short.
  ReaderWatch(const Options& options, const Clock& clock, std::function<void()> on_change);
  ~ReaderWatch();
  ReaderWatch(const ReaderWatch&) = delete;
  ReaderWatch& operator=(const ReaderWatch&) = delete;

  // What is known now. Cards whose first reading is under way, at once after the
  // insertion, are left out until it ends, or until the budget is used up. A card
  // that has to be free for the quiet time first is shown as kInUse until it was read.
  ObservedReaders Current() const;

  // Ends watching; Current then stays as it is. Any number of times, from any
  // thread but in on_change.
  void Stop();

  // Waits until the service's state is known and no card is being read for the first
  // time or about to be at once, at most `limit`; not for a card to have been free
  // for the quiet time. False: still busy, or stopped.
  bool WaitUntilSettled(absl::Duration limit) const;

 private:
  // Shared with the threads, for one that never returns outlives us.
  std::shared_ptr<WatchCore> core_;
};

}  // namespace kortvakt
