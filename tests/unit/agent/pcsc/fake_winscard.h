// libpcsclite's functions replaced at link time by a card that follows a script.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace kortvakt::testing {

// One fake for the whole program; each test starts with Reset. One thread.
struct FakeWinscard {
  // Answers each command; what it returns is the whole answer, status word included.
  std::function<Bytes(const Bytes&)> card;
  uint32_t protocol = 1;  // SCARD_PROTOCOL_T0
  // Whether the reader says that it takes extended-length APDUs.
  bool extended_length = false;
  Bytes atr = {0x3B, 0x00};
  // Codes that the next SCardBeginTransaction calls return; then success.
  std::deque<uint32_t> begin_codes;
  // Called at each SCardBeginTransaction.
  std::function<void()> on_begin;
  // The state that SCardGetStatusChange tells of every reader; 0: a time-out.
  uint32_t reader_state = 0;
  uint32_t connect_code = 0;
  uint32_t transmit_code = 0;
  // Every call with its mode of leaving, in order: "connect shared", "begin", "end leave", ….
  std::vector<std::string> calls;
  std::vector<Bytes> commands;

  static FakeWinscard& Get();
  static FakeWinscard& Reset();
};

}  // namespace kortvakt::testing
