#include "tests/unit/common/certs/varied_certificates.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/openssl_owner.h"

namespace kortvakt::testing {
namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "varied certificates: cannot make %s\n", what);
  ERR_print_errors_fp(stderr);
  std::abort();
}

X509Ptr Decode(ByteView der) {
  const unsigned char* cursor = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  Check(certificate != nullptr, "a certificate again");
  return certificate;
}

KeyPtr KeyOf(const Issued& issued) {
  const BioPtr bio(BIO_new_mem_buf(issued.key_pem.data(), static_cast<int>(issued.key_pem.size())));
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

void Sign(X509* certificate, EVP_PKEY* key, const Signing& signing) {
  const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  const bool has_digest = EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519;
  EVP_PKEY_CTX* parameters = nullptr;
  Check(EVP_DigestSignInit(context.get(), &parameters,
                           has_digest ? EVP_get_digestbyname(signing.digest.c_str()) : nullptr, nullptr,
                           key) == 1,
        "a signature");
  if (signing.pss) Check(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1, "PSS");
  Check(X509_sign_ctx(certificate, context.get()) > 0, "a signature");
}

}  // namespace

Issued Reissue(const Issued& issued, const Issued* issuer, const std::function<void(X509*)>& change,
               const Signing& signing) {
  const X509Ptr certificate = Decode(issued.der);
  change(certificate.get());
  const KeyPtr key = KeyOf(issuer == nullptr ? issued : *issuer);
  Sign(certificate.get(), key.get(), signing);
  Issued again = issued;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  Check(size > 0, "DER");
  again.der.assign(der, der + size);
  OPENSSL_free(der);
  again.pem = ToPem(again.der);
  again.sha256 = Sha256Hex(again.der);
  return again;
}

Issued Resign(const Issued& issued, const Issued* issuer, const Signing& signing) {
  return Reissue(
      issued, issuer, [](X509*) {}, signing);
}

Issued WithExtension(const Issued& issued, const Issued* issuer, const std::string& name,
                     const std::string& value) {
  return Reissue(issued, issuer, [&](X509* certificate) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
        X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str()));
    Check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, name.c_str());
  });
}

Issued AsVersion1(const Issued& issued, const Issued* issuer, bool written) {
  if (!written) {
    return Reissue(issued, issuer, [](X509* certificate) { X509_set_version(certificate, X509_VERSION_1); });
  }
  // [0] { INTEGER 2 } becomes [0] { INTEGER 0 } (RFC 5280, 4.1.2.1).
  Issued changed = issued;
  constexpr std::array<uint8_t, 5> kVersion3 = {0xA0, 0x03, 0x02, 0x01, 0x02};
  const auto version =
      std::search(changed.der.begin(), changed.der.end(), kVersion3.begin(), kVersion3.end());
  Check(version != changed.der.end(), "version 1");
  version[4] = 0;
  return Resign(changed, issuer, {});
}

namespace {

using Chooser = std::mt19937;

size_t Choose(Chooser& chooser, size_t count) { return chooser() % count; }

KeySpec AnyKey(Chooser& chooser, const std::string& label) {
  using Type = KeySpec::Type;
  const std::array<KeySpec, 8> keys = {{{Type::kEc, 256, 0, label},
                                        {Type::kEc, 256, 0, label},
                                        {Type::kEc, 384, 0, label},
                                        {Type::kEc, 521, 0, label},
                                        {Type::kEd25519, 0, 0, label},
                                        {Type::kRsa, 1024, 3, label},
                                        {Type::kRsa, 1024, 65537, label},
                                        {Type::kRsa, 2048, 65537, "varied"}}};
  return keys[Choose(chooser, keys.size())];
}

bool IsRsa(const Issued& issued) { return EVP_PKEY_get_base_id(KeyOf(issued).get()) == EVP_PKEY_RSA; }

std::string AnyDigest(Chooser& chooser) {
  constexpr std::array<const char*, 5> kDigests = {"SHA256", "SHA512", "SHA384", "SHA1", "MD5"};
  return kDigests[Choose(chooser, kDigests.size())];
}

// As Issue; MD5 with RSA only, for with others it has no name.
Issued IssueAny(CertificateSpec spec, const Issued* issuer = nullptr) {
  const bool rsa = issuer == nullptr ? spec.key.type == KeySpec::Type::kRsa : IsRsa(*issuer);
  if (spec.digest == "MD5" && !rsa) spec.digest = "SHA1";
  return Issue(spec, issuer);
}

CertificateSpec CaSpec(const std::string& name) {
  CertificateSpec spec;
  spec.subject = {{"C", "SE", StringType::kPrintable}, {"O", "Exempel AB"}, {"CN", name}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign", "cRLSign"};
  return spec;
}

absl::Time Year(int year) { return absl::FromCivil(absl::CivilDay(year, 1, 1), absl::UTCTimeZone()); }

// One odd thing in the certificate of a CA, or none; by its number.
constexpr size_t kOddities = 20;
Issued OddCa(CertificateSpec spec, const Issued* issuer, size_t oddity) {
  switch (oddity) {
    case 0:
      spec.path_length = 0;
      break;
    case 1:
      spec.path_length = 1;
      break;
    case 2:
      spec.ca.reset();
      break;
    case 3:
      spec.ca = false;
      break;
    case 4:
      spec.key_usages = {"cRLSign"};
      break;
    case 5:
      spec.key_usages.clear();
      break;
    case 6:
      spec.extended_key_usages = {"serverAuth"};
      break;
    case 7:
      spec.extended_key_usages = {"clientAuth"};
      break;
    case 8:
      spec.not_after = Year(2020);
      break;
    case 9:
      spec.not_before = Year(2040);
      break;
    case 10:
      spec.extensions = {{"1.2.3.4.5", true, {0x05, 0x00}}};
      break;
    case 11:
      spec.extensions = {{"1.2.3.4.5", false, {0x05, 0x00}}};
      break;
    case 12:
      spec.subject_key_id = false;
      break;
    case 13:
      spec.authority_key_id = false;
      break;
    default:
      break;
  }
  const Issued ca = IssueAny(spec, issuer);
  switch (oddity) {
    case 14:
      return WithExtension(ca, issuer, "nameConstraints", "critical,permitted;DNS:exempel.test");
    case 15:
      return WithExtension(ca, issuer, "nameConstraints", "critical,excluded;DNS:exempel.test");
    case 16:
      return WithExtension(ca, issuer, "policyConstraints", "critical,requireExplicitPolicy:0");
    case 17:
      return WithExtension(ca, issuer, "inhibitAnyPolicy", "critical,0");
    case 18:
      return IsRsa(issuer == nullptr ? ca : *issuer) ? Resign(ca, issuer, {"SHA256", true}) : ca;
    default:
      return ca;
  }
}

// A CA without extensions, of version 1.
Issued OldCa(const std::string& name, const Issued* issuer, bool written) {
  CertificateSpec spec = CaSpec(name);
  spec.ca.reset();
  spec.key_usages.clear();
  spec.subject_key_id = spec.authority_key_id = false;
  return AsVersion1(IssueAny(spec, issuer), issuer, written);
}

Issued AnyLeaf(Chooser& chooser, size_t number, const Issued& issuer) {
  CertificateSpec spec;
  spec.subject = {{"C", "SE", StringType::kPrintable}, {"CN", absl::StrCat("leaf ", number)}};
  spec.key_usages = {"digitalSignature"};
  spec.digest = AnyDigest(chooser);
  switch (Choose(chooser, 12)) {
    case 0:
      spec.dns_names = {"a.exempel.test"};
      break;
    case 1:
      spec.dns_names = {"a.annat.test"};
      break;
    case 2:
      spec.extended_key_usages = {"clientAuth"};
      break;
    case 3:
      spec.extended_key_usages = {"serverAuth"};
      break;
    case 4:
      spec.key_usages = {"nonRepudiation"};
      break;
    case 5:
      spec.extensions = {{"1.2.3.4.5", true, {0x05, 0x00}}};
      break;
    case 6:
      spec.not_after = Year(2021);
      break;
    case 7:
      spec.authority_key_id = false;
      break;
    case 8:
      spec.ca = true;
      spec.key_usages = {"keyCertSign", "digitalSignature"};
      break;
    case 9:
      spec.policies = {"1.2.752.74.8.512"};
      break;
    default:
      break;
  }
  const Issued leaf = IssueAny(spec, &issuer);
  return Choose(chooser, 6) == 0 && IsRsa(issuer) ? Resign(leaf, &issuer, {"SHA512", true}) : leaf;
}

}  // namespace

VariedPki MakeVariedPki(unsigned number) {
  Chooser chooser(number);
  VariedPki pki;
  const auto label = [number](const std::string& of) { return absl::StrCat("varied ", number, " ", of); };
  const auto spec_of = [&](const std::string& name) {
    CertificateSpec spec = CaSpec(absl::StrCat(name, " ", number));
    spec.key = AnyKey(chooser, label(name));
    spec.digest = AnyDigest(chooser);
    return spec;
  };
  const bool old_root = Choose(chooser, 8) == 0;
  const CertificateSpec root_spec = spec_of("root");
  const Issued root = old_root ? OldCa(absl::StrCat("root ", number), nullptr, Choose(chooser, 2) == 0)
                               : OddCa(root_spec, nullptr, Choose(chooser, 3 * kOddities));
  pki.roots.push_back(root);

  const CertificateSpec other_spec = spec_of("other root");
  const Issued other_root = IssueAny(other_spec);
  if (Choose(chooser, 2) == 0) pki.roots.push_back(other_root);
  // The root, signed by the other: where the first root is a version 1 one, of another key.
  if (Choose(chooser, 3) == 0)
    pki.others.push_back(OddCa(root_spec, &other_root, Choose(chooser, 2 * kOddities)));
  // And its twin that has ended.
  if (Choose(chooser, 4) == 0 && !old_root) {
    CertificateSpec twin = root_spec;
    twin.not_after = Year(2020);
    pki.roots.push_back(IssueAny(twin));
  }

  // Between: one to three levels, each with twins, cross-signed ones and look-alikes.
  Issued above = root;
  const size_t levels = 1 + Choose(chooser, 3);
  for (size_t level = 0; level < levels; ++level) {
    const CertificateSpec spec = spec_of(absl::StrCat("ca ", level));
    const Issued ca = Choose(chooser, 16) == 0
                          ? OldCa(absl::StrCat("ca ", level, " ", number), &above, true)
                          : OddCa(spec, &above, number % 3 == 0 ? kOddities : Choose(chooser, 2 * kOddities));
    pki.others.push_back(ca);
    for (size_t twin = Choose(chooser, 3); twin > 0; --twin) {
      pki.others.push_back(OddCa(spec, &above, Choose(chooser, kOddities)));
    }
    if (Choose(chooser, 4) == 0) pki.others.push_back(OddCa(spec, &other_root, Choose(chooser, kOddities)));
    if (Choose(chooser, 4) == 0) {
      CertificateSpec look_alike = spec;
      look_alike.key = {KeySpec::Type::kEc, 256, 0, label(absl::StrCat("look-alike ", level))};
      look_alike.subject_key_id = Choose(chooser, 2) == 0;
      pki.others.push_back(IssueAny(look_alike, Choose(chooser, 2) == 0 ? &above : nullptr));
    }
    above = ca;
  }
  std::shuffle(pki.others.begin(), pki.others.end(), chooser);
  for (size_t i = 0; i < 8; ++i) pki.leaves.push_back(AnyLeaf(chooser, i, i == 7 ? root : above));
  return pki;
}

}  // namespace kortvakt::testing
