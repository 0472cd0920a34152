// Files of an IDPrime application.
#include <cstdint>
#include <cstdlib>

#include "agent/cards/idprime_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  const ByteView input(data, size);
  if (ParseIdPrimeIndex(input).size() > 255) std::abort();
  (void)ParseTokenLabel(input);
  for (size_t number = 0; number < kMaxContainers; ++number) {
    (void)KeyInContainer(input, 1, {number, number % 2 == 0});
  }
  // A stream gives at most the 65,535 bytes that its header can say.
  const absl::StatusOr<Bytes> certificate = UnpackCertificate(Bytes(data, data + size));
  if (certificate.ok() && certificate->size() > size && certificate->size() > 65535) std::abort();
  return 0;
}
