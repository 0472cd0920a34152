#include "common/base/bytes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

std::string Hex(ByteView bytes, const char* digits) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0x0F]);
  }
  return text;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Character {
  size_t length = 0;  // in bytes; 0: no valid UTF-8
  uint32_t code = 0;
};

// The one that `text`, which is not empty, begins with.
Character FirstCharacter(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {1, first};
  size_t length = 0;
  uint32_t code = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2;
    code = first & 0x1Fu;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code = first & 0x0Fu;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4;
    code = first & 0x07u;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  // RFC 3629, section 3: no overlong forms, no surrogates, nothing past 10FFFF.
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {length, code};
}

// What ends a line, moves a cursor or starts a sequence that does: control characters of ISO/IEC 646 and
// 6429, and Unicode's separators of lines and paragraphs.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

// What turns the direction of the text that follows (UAX #9: Bidi_Control).
bool TurnsDirection(uint32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string UpperHex(ByteView bytes) { return Hex(bytes, "0123456789ABCDEF"); }
std::string LowerHex(ByteView bytes) { return Hex(bytes, "0123456789abcdef"); }

absl::StatusOr<Bytes> FromHex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char c : text) {
    if (high < 0 && (c == ' ' || c == ':')) continue;
    const int value = HexValue(c);
    if (value < 0) return absl::InvalidArgumentError("not a hexadecimal digit");
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) return absl::InvalidArgumentError("an odd number of hexadecimal digits");
  return bytes;
}

Bytes Sha256(ByteView bytes) {
  Bytes digest(32);
  unsigned int length = 0;
  // Cannot fail but for lack of memory: the algorithm is part of every OpenSSL 3.
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return digest;
}

std::string Sha256Hex(ByteView bytes) { return LowerHex(Sha256(bytes)); }

std::string CleanText(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
  std::string clean;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    std::string_view piece = character.length == 0 ? kReplacement : text.substr(0, character.length);
    if (character.length != 0 && IsControl(character.code)) piece = " ";
    if (TurnsDirection(character.code)) piece = "";
    if (clean.size() + piece.size() > max_bytes) break;
    clean += piece;
    text.remove_prefix(std::max<size_t>(character.length, 1));
  }
  return clean;
}

}  // namespace kortvakt
