#include "tests/fuzz/revocation/fuzz_issuer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>

#include "common/base/openssl_owner.h"

namespace kortvakt::testing {
namespace {

using ContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using GroupPtr = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;

void Require(bool holds) {
  if (!holds) std::abort();
}

KeyPtr MakeKey() {
  const GroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const PointPtr point(EC_POINT_new(group.get()));
  const NumberPtr seven(BN_new());
  Require(BN_set_word(seven.get(), 7) == 1 &&
          EC_POINT_mul(group.get(), point.get(), seven.get(), nullptr, nullptr, nullptr) == 1);
  unsigned char encoded[65];
  Require(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
                             nullptr) == sizeof encoded);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  Require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
          OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded) ==
              1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, seven.get()) == 1);
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  Require(EVP_PKEY_fromdata_init(context.get()) == 1 &&
          EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return KeyPtr(key);
}

EVP_PKEY* Key() {
  static EVP_PKEY* key = MakeKey().release();
  return key;
}

void AddExtension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

Issued Make() {
  const X509Ptr certificate(X509_new());
  X509* x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Fuzz CA"), -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(x509));
  ASN1_TIME_set_string(X509_getm_notBefore(x509), "20000101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(x509), "99991231235959Z");
  X509_set_pubkey(x509, Key());
  AddExtension(x509, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(x509, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
  Require(X509_sign(x509, Key(), EVP_sha256()) > 0);
  Issued issued;
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  Require(size > 0);
  issued.der.assign(der, der + size);
  OPENSSL_free(der);
  issued.sha256 = Sha256Hex(issued.der);
  issued.pem = ToPem(issued.der);
  const BioPtr key(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PKCS8PrivateKey(key.get(), Key(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  issued.key_pem = TextOf(key.get());
  return issued;
}

}  // namespace

const Issued& FuzzIssuer() {
  static const Issued& issued = *new Issued(Make());
  return issued;
}

std::string DerOf(uint8_t tag, const std::string& contents) {
  std::string length;
  for (size_t left = contents.size(); left > 0; left >>= 8)
    length.insert(length.begin(), static_cast<char>(left));
  std::string der(1, static_cast<char>(tag));
  if (contents.size() < 0x80) {
    der += static_cast<char>(contents.size());
  } else {
    der += static_cast<char>(0x80 | length.size());
    der += length;
  }
  return der + contents;
}

std::string SignatureParts(ByteView bytes) {
  const ContextPtr context(EVP_MD_CTX_new());
  size_t size = 0;
  Require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, Key()) == 1 &&
          EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size()) == 1);
  std::string signature(size, '\0');
  Require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes.data(), bytes.size()) == 1);
  signature.resize(size);
  // ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758, 3.2).
  return std::string("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02", 12) +
         DerOf(0x03, std::string(1, '\0') + signature);
}

}  // namespace kortvakt::testing
