// Byte strings and their hexadecimal form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kortvakt {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// "3B7D96…": two digits a byte, no separators.
std::string UpperHex(ByteView bytes);
std::string LowerHex(ByteView bytes);

// Reads hex digits of either case; spaces and colons between bytes are skipped.
// kInvalidArgument: another character, or half a byte.
absl::StatusOr<Bytes> FromHex(std::string_view text);

// SHA-256 (FIPS 180-4) of `bytes`: 32 bytes.
Bytes Sha256(ByteView bytes);
// The same as 64 lower-case hex digits, the form in which fingerprints travel.
std::string Sha256Hex(ByteView bytes);

// The bytes of a string, and a string of bytes; no conversion.
inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string AsString(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// `text` with every byte that is not part of valid UTF-8 (RFC 3629) replaced by
// U+FFFD and every control character and separator of lines by a space, without what
// turns the direction of text (UAX #9), cut to at most `max_bytes` at a character's edge.
// What foreign input must pass before it is shown or sent.
std::string CleanText(std::string_view text, size_t max_bytes = 256);

}  // namespace kortvakt
