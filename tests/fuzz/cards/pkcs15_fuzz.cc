// Files of a PKCS#15 application.
#include <cstdint>
#include <cstdlib>

#include "agent/cards/certificate_list.h"
#include "agent/cards/file_reader.h"
#include "agent/cards/pkcs15_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  const ByteView input(data, size);
  const size_t end = DirectoryEnd(input);
  if (end != kUntilEnd && end > size) std::abort();
  (void)ParseObjectDirectory(input);
  for (const CertificateEntry& entry : ParseCertificateDirectory(input).entries) {
    if (entry.path && (entry.path->path.size() < 2 || entry.path->path.size() > 14)) std::abort();
  }
  (void)ParsePrivateKeyDirectory(input);
  (void)ParseTokenInfo(input);
  (void)ParseApplicationDirectory(input);
  const absl::StatusOr<Bytes> certificate = CutCertificate(Bytes(data, data + size));
  if (certificate.ok() && certificate->size() > size) std::abort();
  return 0;
}
