// Commands that can be sent to a card: reading only. There is no way to express
// VERIFY, MSE, PSO, GET CHALLENGE, MANAGE CHANNEL or a write (ISO/IEC 7816-4),
// and no way to send other bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt {

class CommandApdu {
 public:
  // SELECT by application identifier (7816-4, 11.2.2; P1=04). `aid`: 1 to 16 bytes.
  // `want_fci`: P2=00 and answer data wanted, else P2=0C.
  static CommandApdu SelectApplication(ByteView aid, bool want_fci = false);
  // SELECT by file identifier (P1=00).
  static CommandApdu SelectFile(uint16_t file_id, bool want_fci = false);
  // SELECT by path from the MF without its 3F00 (P1=08) or from the current DF (P1=09);
  // `path`: 2 to 16 bytes, an even number.
  static CommandApdu SelectPathFromMf(ByteView path, bool want_fci = false);
  static CommandApdu SelectPathFromDf(ByteView path, bool want_fci = false);
  // READ BINARY of the current file (11.3.3; INS B0 up to offset 7FFF, INS B1 with an offset
  // data object above, whose answer channels unwrap: it may then bring up to 4 bytes fewer).
  // `length` 1 to 256, or to 65,536 where the channel is extended.
  static CommandApdu ReadBinary(size_t offset, size_t length);
  // READ RECORD number 1 to 254 of the current file (11.4.3; P2=04).
  static CommandApdu ReadRecord(uint8_t number);
  // GET DATA (11.7.3), short or extended tag. `length` as in ReadBinary.
  static CommandApdu GetData(uint16_t tag, size_t length = 256);
  // GET RESPONSE (11.8.1): what 61xx announces. Sent by channels, for the caller.
  static CommandApdu GetResponse(size_t length);

  // The same command asking for `length` bytes: the answer to 6Cxx.
  CommandApdu WithLength(size_t length) const;

  uint8_t ins() const { return ins_; }
  // Bytes of answer data asked for; 0: none.
  size_t length() const { return length_; }
  // As sent: short form while data and length fit (7816-4, 5.2), else extended.
  // Under T=0 a command with data carries no Le (7816-3, 12.2.1): `t0` leaves it out.
  Bytes Encode(bool t0) const;
  bool extended() const { return length_ > 256; }

 private:
  CommandApdu(uint8_t ins, uint8_t p1, uint8_t p2, Bytes data, size_t length)
      : ins_(ins), p1_(p1), p2_(p2), data_(std::move(data)), length_(length) {}
  uint8_t ins_;
  uint8_t p1_;
  uint8_t p2_;
  Bytes data_;
  size_t length_;
};

struct ResponseApdu {
  Bytes data;
  uint16_t sw = 0;  // status word (7816-4, 5.6)
  bool ok() const { return sw == 0x9000; }
};

// The contents of the data object 53 that the data of an answer to READ BINARY with INS B1
// is (7816-4, 11.3.3); fewer than it announces where Le cut it, none where there is no data.
// kDataLoss: it is no such object.
absl::StatusOr<Bytes> UnwrapDiscretionaryData(ByteView answer);

}  // namespace kortvakt
