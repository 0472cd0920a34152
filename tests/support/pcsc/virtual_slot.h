// One slot of a virtual reader: holds a card and speaks to the reader's driver
// (vpcd) as the card. Protocol, both ways: two bytes length, big-endian, then
// the body; a body of one byte is an order (0 power off, 1 power on, 2 reset,
// 4 give the ATR), a longer one is an APDU.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "tests/support/card/virtual_card.h"

namespace kortvakt::testing {

// What happens to a card at one of its APDUs.
struct SlotFault {
  // kHold: like kSilent, until SetFault; then the answer comes.
  enum class Kind { kSilent, kVanish, kSwap, kHold };
  Kind kind = Kind::kSilent;
  size_t at = 0;                      // so many APDUs are answered first
  std::shared_ptr<VirtualCard> next;  // kSwap: the card that comes instead
};

// Thread-safe; has one thread of its own.
class VirtualSlot {
 public:
  // The driver listens on 127.0.0.1:`port`; while it does not, the slot tries again.
  explicit VirtualSlot(uint16_t port);
  ~VirtualSlot();
  VirtualSlot(const VirtualSlot&) = delete;
  VirtualSlot& operator=(const VirtualSlot&) = delete;

  // Puts `card` in, pulling out what is there; nullptr: pulls only. Faults and delay stay.
  void Put(std::shared_ptr<VirtualCard> card);
  // Each answer comes so much later, and by so much for each byte of command and answer.
  void SetDelay(absl::Duration delay, absl::Duration a_byte);
  // Counted from now on; nullopt: none. An answer that is held comes now.
  void SetFault(std::optional<SlotFault> fault);
  // What happened since ClearLog, in order: "power-on", "power-off", "reset", "insert", "remove", or
  // "COMMAND ANSWER" in upper-case hex; the answer is "-" where none was given.
  std::vector<std::string> Log() const;
  void ClearLog();

 private:
  void Run();
  // Serves one connection until it ends or the card is no longer `generation`.
  void Serve(int socket, const std::shared_ptr<VirtualCard>& card, uint64_t generation);
  // The answer to `command`; nullopt: the connection is to be closed.
  std::optional<Bytes> Answer(VirtualCard& card, uint64_t generation, const Bytes& command);
  void PutLocked(std::shared_ptr<VirtualCard> card) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(std::string line);

  const uint16_t port_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<VirtualCard> card_ ABSL_GUARDED_BY(mutex_);
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;  // of card_
  int socket_ ABSL_GUARDED_BY(mutex_) = -1;
  absl::Duration delay_ ABSL_GUARDED_BY(mutex_);
  absl::Duration delay_a_byte_ ABSL_GUARDED_BY(mutex_);
  std::optional<SlotFault> fault_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> log_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace kortvakt::testing
