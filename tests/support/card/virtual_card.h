// A card that exists only as data, answering APDUs: behind the real pcscd through
// the virtual reader's driver (tests/support/pcsc), or directly in a unit test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "tests/support/card/card_image.h"

namespace kortvakt::testing {

// What a virtual reader asks of a card. Not thread-safe.
class VirtualCard {
 public:
  virtual ~VirtualCard() = default;
  virtual Bytes Atr() const = 0;
  // Power on and reset: back to the MF, PIN state gone.
  virtual void Reset() = 0;
  // Answers a command APDU with data and status word. An empty answer stands for
  // "the card never answers"; the reader's side decides what that looks like.
  virtual Bytes Transmit(ByteView command) = 0;
  // Every command so far, also across resets.
  virtual const std::vector<Bytes>& commands() const = 0;
  // Whether a VERIFY (INS 20) succeeded and the state still holds.
  virtual bool pin_verified() const = 0;
};

// Whether `command` only reads: SELECT, READ BINARY, READ RECORD, GET RESPONSE,
// GET DATA (INS A4, B0, B1, B2, C0, CA). All that an agent may send.
bool OnlyReads(ByteView command);

// A card that behaves as ISO/IEC 7816-4 says, with the contents of `image`. It
// also takes VERIFY (20), MSE (22) and PSO (2A), to play the card of somebody who
// logs in: PSO is answered 6982 until the PIN was verified.
std::unique_ptr<VirtualCard> MakeVirtualCard(CardImage image);

// The card of a TOML file; see card_image.h for the form.
absl::StatusOr<std::unique_ptr<VirtualCard>> LoadVirtualCard(const std::string& path);

}  // namespace kortvakt::testing
