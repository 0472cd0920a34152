#include "tests/support/pki/card_certificates.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {
namespace {

// As many bytes as the signature of a 4,096-bit CA key, which would take seconds to make.
Bytes LikeASignature(size_t seed) {
  Bytes bytes;
  while (bytes.size() < 512) {
    const Bytes more = Sha256(AsBytes(absl::StrCat(seed, " ", bytes.size())));
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  Bytes octet_string = {0x04, 0x82, 0x02, 0x00};  // X.690, 8.7
  octet_string.insert(octet_string.end(), bytes.begin(), bytes.end());
  return octet_string;
}

struct FreeX509 {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

Bytes KeyId(const Bytes& der) {
  const uint8_t* bytes = der.data();
  const std::unique_ptr<X509, FreeX509> certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (certificate == nullptr || X509_pubkey_digest(certificate.get(), EVP_sha1(), digest, &size) != 1) {
    std::abort();
  }
  return Bytes(digest, digest + size);
}

}  // namespace

std::vector<CardSizedCertificate> CardSizedCertificates(size_t count) {
  CertificateSpec authority;
  authority.subject = {{"C", "SE"}, {"O", "Kortvakt Demo AB"}, {"CN", "Kortvakt Demo Person HSA-id 3 CA v1"}};
  authority.ca = true;
  authority.key_usages = {"keyCertSign", "cRLSign"};
  const Issued issuer = Issue(authority);
  std::vector<CardSizedCertificate> certificates;
  for (size_t i = 0; i < count; ++i) {
    CertificateSpec spec;
    spec.subject = {{"C", "SE"},
                    {"L", "Exempelstad"},
                    {"O", "Region Exempel"},
                    {"CN", "Testa Testsson"},
                    {"SN", "Testsson"},
                    {"GN", "Testa"},
                    {"serialNumber", "SE2321000016-T35T"}};
    spec.key = {.type = KeySpec::Type::kRsa, .bits = 2048, .label = absl::StrCat("card-sized ", i)};
    spec.key_usages = {i % 2 == 0 ? "digitalSignature" : "nonRepudiation"};
    spec.extended_key_usages = {"clientAuth", "emailProtection"};
    spec.emails = {"testa.testsson@region.example"};
    spec.policies = {"2.999.1.3"};
    spec.ca_issuers_urls = {"http://aia.test/kortvakt-demo-person-hsa-id-3-ca-v1.cer"};
    spec.ocsp_urls = {"http://ocsp.test/kortvakt-demo-person-hsa-id-3-ca-v1"};
    spec.crl_urls = {"http://crl.test/kortvakt-demo-person-hsa-id-3-ca-v1.crl"};
    spec.card_number = "9752000260000000015";
    spec.extensions = {{.oid = "2.999.2", .critical = false, .value = LikeASignature(i)}};
    const Issued issued = Issue(spec, &issuer);
    certificates.push_back({issued.der, KeyId(issued.der)});
  }
  return certificates;
}

}  // namespace kortvakt::testing
