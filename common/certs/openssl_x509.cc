#include "common/certs/openssl_x509.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/certs/der.h"

namespace kortvakt {

absl::StatusOr<X509Ptr> DecodeCertificate(ByteView der) {
  if (der.size() > kMaxCertificateSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate of ", der.size(), " bytes, at most ", kMaxCertificateSize, " are taken"));
  }
  const absl::StatusOr<DerHeader> header = ReadDerHeader(der);
  if (!header.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no certificate: ", std::string(header.status().message())));
  }
  if (header->tag != kDerSequence) return absl::InvalidArgumentError("no certificate: not a SEQUENCE");
  if (header->total_size() != der.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate says ", header->total_size(), " bytes, ", der.size(), " are there"));
  }
  const ErrorQueueScope errors;
  const unsigned char* cursor = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (certificate == nullptr) return OpenSslStatus("decoding a certificate");
  if (cursor != der.data() + der.size()) {
    return absl::InvalidArgumentError("bytes follow the certificate");
  }
  return certificate;
}

}  // namespace kortvakt
