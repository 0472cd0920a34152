// Certificates as OpenSSL has them, for .cc files only: no header that others include
// has them.
#pragma once

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"
#include "common/base/openssl_owner.h"

namespace kortvakt {

using X509NamePtr = std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>>;

// Takes what a scope leaves in OpenSSL's error queue away again: parsing foreign
// bytes fails often and must not show up in somebody else's message.
class ErrorQueueScope {
 public:
  ErrorQueueScope() { ERR_set_mark(); }
  ~ErrorQueueScope() { ERR_pop_to_mark(); }
  ErrorQueueScope(const ErrorQueueScope&) = delete;
  ErrorQueueScope& operator=(const ErrorQueueScope&) = delete;
};

// Largest certificate taken, in bytes; real ones have 1 to 3 KiB.
inline constexpr size_t kMaxCertificateSize = 64u << 10;

// `der`, which must be exactly one certificate of at most kMaxCertificateSize.
absl::StatusOr<X509Ptr> DecodeCertificate(ByteView der);

// An extension of the certificate as its structure `T`; null when it is absent,
// there twice, or broken.
template <typename T, auto Free>
std::unique_ptr<T, FreeWith<Free>> FindExtension(const X509* certificate, int nid) {
  return std::unique_ptr<T, FreeWith<Free>>(
      static_cast<T*>(X509_get_ext_d2i(certificate, nid, nullptr, nullptr)));
}

}  // namespace kortvakt
