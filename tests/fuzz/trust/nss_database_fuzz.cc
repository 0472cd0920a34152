// Any bytes as a user's cert9.db: certificates each once, within bounds, or none.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "agent/trust/nss_database.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto entries = kortvakt::ReadNssDatabase(kortvakt::Bytes(data, data + size));
  if (!entries.ok()) return 0;
  if (entries->size() > kortvakt::kMaxNssCertificates) std::abort();
  std::set<std::string> known;
  for (const auto& entry : *entries) {
    if (entry.sha256 != kortvakt::Sha256Hex(entry.der) || !known.insert(entry.sha256).second) std::abort();
  }
  return 0;
}
