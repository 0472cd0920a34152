// A card whose answers come from anywhere, behind the agent's own session over PC/SC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "agent/pcsc/pcsc_context.h"

namespace kortvakt::testing {

// The card in FakeWinscard's reader and the session with it, on a clock that stands
// still. One at a time, one thread.
class FuzzedCard {
 public:
  // T=1 rather than T=0; a reader that takes extended length; IDPrime's answer to reset.
  static constexpr uint8_t kT1 = 1;
  static constexpr uint8_t kExtended = 2;
  static constexpr uint8_t kIdPrime = 4;

  // `card` gives the whole answer to each command, status word included.
  FuzzedCard(uint8_t flags, std::function<Bytes(const Bytes&)> card);
  // `input`: a byte of flags, then answers, each behind its length of two bytes. After
  // the last the card is gone. Must outlive the card.
  explicit FuzzedCard(ByteView input);

  CardSession& session() { return *session_; }
  // Commands sent so far.
  size_t commands() const;

 private:
  CardControl control_;
  std::unique_ptr<PcscContext> context_;
  std::unique_ptr<CardSession> session_;
};

// Adds an answer to an input.
void AppendAnswer(Bytes& input, ByteView answer);

}  // namespace kortvakt::testing
