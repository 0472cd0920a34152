// Any bytes as an answer of the trust reader, which a user's process may have written:
// readings within bounds that can be answered again, or none.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/trust/store_reading.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto readings = kortvakt::DecodeReadings({reinterpret_cast<const char*>(data), size});
  if (!readings.ok()) return 0;
  Require(readings->size() <= kortvakt::kMaxReadings);
  const std::string encoded = kortvakt::EncodeReadings(*readings);
  const auto again = kortvakt::DecodeReadings(encoded);
  Require(again.ok() && kortvakt::EncodeReadings(*again) == encoded);
  kortvakt::LimitUsersStores(*readings);
  size_t certificates = 0;
  for (const kortvakt::StoreReading& reading : *readings) {
    Require(reading.contents.entries.size() <= kortvakt::kMaxCertificatesOfStore);
    certificates += reading.contents.entries.size();
    for (const auto& entry : reading.contents.entries)
      Require(entry.sha256 == kortvakt::Sha256Hex(entry.der));
  }
  Require(certificates <= kortvakt::kMaxCertificatesOfUser);
  return 0;
}
