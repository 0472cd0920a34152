// Walking DER (ITU-T X.690) that may be hostile: no recursion, no copies, every
// length checked against what is there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt {

// One element: tag and contents. Views into the input.
struct DerElement {
  uint8_t tag = 0;        // identifier octet; high tag numbers (X.690, 8.1.2.4) are refused
  ByteView contents;
  size_t header_size = 0;  // bytes before the contents
  size_t total_size() const { return header_size + contents.size(); }
};

// Tag and size of the element that begins with `start`, of which a few bytes
// suffice (2 to 6): how long a file really is. kInvalidArgument: not a definite
// length of at most 4 bytes; kOutOfRange: more bytes are needed to tell.
struct DerHeader {
  uint8_t tag = 0;
  size_t header_size = 0;
  size_t contents_size = 0;
  size_t total_size() const { return header_size + contents_size; }
};
absl::StatusOr<DerHeader> ReadDerHeader(ByteView start);

// Reads elements one after another.
class DerReader {
 public:
  explicit DerReader(ByteView bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  // Tag of the next element; 0 at the end.
  uint8_t PeekTag() const { return rest_.empty() ? 0 : rest_[0]; }
  // The next element. kInvalidArgument: it does not fit in the input.
  absl::StatusOr<DerElement> Next();
  // The next element, which must have `tag`.
  absl::StatusOr<DerElement> Next(uint8_t tag);

 private:
  ByteView rest_;
};

// Identifier octets used here (X.680, 8.4; constructed bit set for SEQUENCE, SET).
inline constexpr uint8_t kDerInteger = 0x02;
inline constexpr uint8_t kDerBitString = 0x03;
inline constexpr uint8_t kDerOctetString = 0x04;
inline constexpr uint8_t kDerOid = 0x06;
inline constexpr uint8_t kDerUtf8String = 0x0C;
inline constexpr uint8_t kDerSequence = 0x30;
inline constexpr uint8_t kDerSet = 0x31;

}  // namespace kortvakt
