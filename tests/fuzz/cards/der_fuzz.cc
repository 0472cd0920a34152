// Walking DER.
#include <cstdint>
#include <cstdlib>

#include "common/certs/der.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  DerReader reader(ByteView(data, size));
  size_t walked = 0;
  while (!reader.empty()) {
    const absl::StatusOr<DerElement> element = reader.Next();
    if (!element.ok()) break;
    walked += element->total_size();
    if (element->total_size() == 0 || walked > size) std::abort();
    DerReader inner(element->contents);
    while (inner.Next().ok()) {
    }
  }
  return 0;
}
