#include "agent/cards/atr.h"

#include <cstddef>

namespace kortvakt {
namespace {

struct AtrPattern {
  const uint8_t* value;
  const uint8_t* mask;
  size_t size;
};

// Historical bytes 80 31 80 65 B0 (card service data, then issuer data), a chip
// number that differs from model to model (84: 930, 85: 840, 940, 940C), 12 0F.
// Masks never reach into the model's own bytes: Swedish cards of other makers
// share the first ten bytes, and exact masks have mistaken an 840 for a 940.
constexpr uint8_t kContactValue[] = {0x3B, 0x7F, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xB0,
                                     0x84, 0x00, 0x00, 0x00, 0x12, 0x0F, 0x00, 0x82, 0x90, 0x00};
constexpr uint8_t kContactMask[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                    0xFE, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0xFF, 0xFF, 0xFF};
// The same behind T=1 (a token's shell), with a check byte at the end.
constexpr uint8_t kT1Value[] = {0x3B, 0xFF, 0x96, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x43, 0x80, 0x31, 0x80, 0x65,
                                0xB0, 0x84, 0x00, 0x00, 0x00, 0x12, 0x00, 0x00, 0x82, 0x90, 0x00, 0x00};
constexpr uint8_t kT1Mask[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                               0xFF, 0xFE, 0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x00};
static_assert(sizeof(kContactValue) == sizeof(kContactMask));
static_assert(sizeof(kT1Value) == sizeof(kT1Mask));

constexpr AtrPattern kIdPrime[] = {
    {kContactValue, kContactMask, sizeof(kContactValue)},
    {kT1Value, kT1Mask, sizeof(kT1Value)},
};

bool Matches(ByteView atr, const AtrPattern& pattern) {
  if (atr.size() != pattern.size) return false;
  for (size_t i = 0; i < atr.size(); ++i) {
    if ((atr[i] & pattern.mask[i]) != pattern.value[i]) return false;
  }
  return true;
}

}  // namespace

bool LooksLikeIdPrime(ByteView atr) {
  for (const AtrPattern& pattern : kIdPrime) {
    if (Matches(atr, pattern)) return true;
  }
  return false;
}

}  // namespace kortvakt
