// Owners of OpenSSL objects, for this folder's .cc files only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace kortvakt {

template <auto Free>
struct FreeOpenSsl {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using TlsBio = std::unique_ptr<BIO, FreeOpenSsl<BIO_free_all>>;
using TlsX509 = std::unique_ptr<X509, FreeOpenSsl<X509_free>>;
using TlsKey = std::unique_ptr<EVP_PKEY, FreeOpenSsl<EVP_PKEY_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, FreeOpenSsl<SSL_CTX_free>>;
using TlsSession = std::unique_ptr<SSL, FreeOpenSsl<SSL_free>>;

}  // namespace kortvakt
