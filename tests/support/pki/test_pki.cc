#include "tests/support/pki/test_pki.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"

namespace kortvakt::testing {
namespace {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;
using X509Ptr = Owned<X509, X509_free>;
using KeyPtr = std::shared_ptr<EVP_PKEY>;
using BioPtr = Owned<BIO, BIO_free_all>;
using ObjectPtr = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "test PKI: cannot make %s\n", what.c_str());
  ERR_print_errors_fp(stderr);
  std::abort();
}

template <typename T>
T* NotNull(T* pointer, const std::string& what) {
  if (pointer == nullptr) Die(what);
  return pointer;
}

void Check(bool ok, const std::string& what) {
  if (!ok) Die(what);
}

const unsigned char* Data(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

KeyPtr GenerateKey(const KeySpec& spec) {
  EVP_PKEY* key = nullptr;
  switch (spec.type) {
    case KeySpec::Type::kEc:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", absl::StrCat("P-", spec.bits).c_str());
      break;
    case KeySpec::Type::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeySpec::Type::kRsa: {
      const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
          EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
      const Owned<BIGNUM, BN_free> exponent(BN_new());
      Check(BN_set_word(exponent.get(), static_cast<BN_ULONG>(spec.exponent)) == 1 &&
                EVP_PKEY_keygen_init(context.get()) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), spec.bits) == 1 &&
                EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) == 1,
            "RSA key");
      EVP_PKEY_keygen(context.get(), &key);
      break;
    }
  }
  return KeyPtr(NotNull(key, "key"), EVP_PKEY_free);
}

KeyPtr KeyFor(const KeySpec& spec) {
  static std::mutex mutex;
  static auto& cache = *new std::map<std::string, KeyPtr>();
  if (spec.label.empty() && spec.type != KeySpec::Type::kRsa) return GenerateKey(spec);
  const std::string name =
      absl::StrCat(static_cast<int>(spec.type), "/", spec.bits, "/", spec.exponent, "/", spec.label);
  const std::lock_guard<std::mutex> lock(mutex);
  KeyPtr& key = cache[name];
  if (key == nullptr) key = GenerateKey(spec);
  return key;
}

std::string ReadBio(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string KeyToPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key PEM");
  return ReadBio(bio);
}

KeyPtr KeyFromPem(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyPtr(NotNull(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), "issuer's key"),
                EVP_PKEY_free);
}

X509Ptr Decode(ByteView der) {
  const unsigned char* cursor = der.data();
  return X509Ptr(NotNull(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())), "issuer"));
}

int Asn1Type(StringType type) {
  switch (type) {
    case StringType::kUtf8:
      return V_ASN1_UTF8STRING;
    case StringType::kPrintable:
      return V_ASN1_PRINTABLESTRING;
    case StringType::kIa5:
      return V_ASN1_IA5STRING;
    case StringType::kT61:
      return V_ASN1_T61STRING;
    case StringType::kBmp:
      return V_ASN1_BMPSTRING;
  }
  Die("string type");
}

ObjectPtr Object(const std::string& name) {
  return ObjectPtr(NotNull(OBJ_txt2obj(name.c_str(), 0), absl::StrCat("object identifier ", name)));
}

void SetName(X509_NAME* name, const Name& attributes) {
  for (const NameAttribute& attribute : attributes) {
    const ObjectPtr type = Object(attribute.type);
    Check(X509_NAME_add_entry_by_OBJ(name, type.get(), Asn1Type(attribute.string_type), Data(attribute.value),
                                     static_cast<int>(attribute.value.size()), -1,
                                     attribute.joined ? -1 : 0) == 1,
          absl::StrCat("name attribute ", attribute.type));
  }
}

void SetSerial(X509* certificate, const CertificateSpec& spec) {
  Bytes magnitude = spec.serial;
  if (magnitude.empty()) {
    // 16 bytes, first bit clear, as SITHS has had since 2023.
    static std::mutex mutex;
    static uint64_t next = 0;
    const std::lock_guard<std::mutex> lock(mutex);
    const std::string text = absl::StrCat("serial ", ++next);
    magnitude = Sha256(AsBytes(text));
    magnitude.resize(16);
    magnitude[0] = static_cast<uint8_t>((magnitude[0] & 0x7F) | 0x01);
  }
  const Owned<BIGNUM, BN_free> number(
      NotNull(BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr), "serial"));
  BN_set_negative(number.get(), spec.negative_serial ? 1 : 0);
  Check(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr, "serial");
}

void SetDates(X509* certificate, const CertificateSpec& spec) {
  Check(ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(spec.not_before)) != nullptr &&
            ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(spec.not_after)) != nullptr,
        "dates");
}

void AddStructure(X509* certificate, int nid, bool critical, void* value) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      NotNull(X509V3_EXT_i2d(nid, critical ? 1 : 0, value), absl::StrCat("extension ", OBJ_nid2sn(nid))));
  Check(X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

void AddRaw(X509* certificate, const RawExtension& raw) {
  const ObjectPtr oid(NotNull(OBJ_txt2obj(raw.oid.c_str(), 1), absl::StrCat("OID ", raw.oid)));
  const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), raw.value.data(), static_cast<int>(raw.value.size()));
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      NotNull(X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), raw.critical ? 1 : 0, value.get()), raw.oid));
  Check(X509_add_ext(certificate, extension.get(), -1) == 1, raw.oid);
}

void AddBasicConstraints(X509* certificate, const CertificateSpec& spec) {
  if (!spec.ca.has_value()) return;
  const Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> constraints(BASIC_CONSTRAINTS_new());
  constraints->ca = *spec.ca ? 0xFF : 0;
  if (spec.path_length.has_value()) {
    constraints->pathlen = ASN1_INTEGER_new();
    ASN1_INTEGER_set(constraints->pathlen, *spec.path_length);
  }
  AddStructure(certificate, NID_basic_constraints, true, constraints.get());
}

void AddKeyUsage(X509* certificate, const CertificateSpec& spec) {
  if (spec.key_usages.empty()) return;
  // RFC 5280, 4.2.1.3.
  constexpr const char* kNames[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                    "dataEncipherment", "keyAgreement",   "keyCertSign",
                                    "cRLSign",          "encipherOnly",   "decipherOnly"};
  const Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free> bits(ASN1_BIT_STRING_new());
  for (const std::string& usage : spec.key_usages) {
    int bit = 0;
    while (bit < 9 && usage != kNames[bit]) ++bit;
    Check(bit < 9, absl::StrCat("key usage ", usage));
    ASN1_BIT_STRING_set_bit(bits.get(), bit, 1);
  }
  AddStructure(certificate, NID_key_usage, true, bits.get());
}

void AddExtendedKeyUsage(X509* certificate, const CertificateSpec& spec) {
  if (spec.extended_key_usages.empty()) return;
  const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> usages(EXTENDED_KEY_USAGE_new());
  for (const std::string& usage : spec.extended_key_usages) {
    sk_ASN1_OBJECT_push(usages.get(), Object(usage).release());
  }
  AddStructure(certificate, NID_ext_key_usage, false, usages.get());
}

void AddPolicies(X509* certificate, const CertificateSpec& spec) {
  if (spec.policies.empty()) return;
  const Owned<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free> policies(CERTIFICATEPOLICIES_new());
  for (const std::string& oid : spec.policies) {
    POLICYINFO* policy = POLICYINFO_new();
    ASN1_OBJECT_free(policy->policyid);
    policy->policyid = Object(oid).release();
    sk_POLICYINFO_push(policies.get(), policy);
  }
  AddStructure(certificate, NID_certificate_policies, false, policies.get());
}

GENERAL_NAME* TextName(int type, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME_set0_value(name, type, value);
  return name;
}

void AddAlternativeNames(X509* certificate, const CertificateSpec& spec) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  for (const std::string& text : spec.dns_names) sk_GENERAL_NAME_push(names.get(), TextName(GEN_DNS, text));
  for (const std::string& text : spec.uris) sk_GENERAL_NAME_push(names.get(), TextName(GEN_URI, text));
  for (const std::string& text : spec.emails) sk_GENERAL_NAME_push(names.get(), TextName(GEN_EMAIL, text));
  for (const std::string& text : spec.ip_addresses) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_IPADD, NotNull(a2i_IPADDRESS(text.c_str()), "IP address"));
    sk_GENERAL_NAME_push(names.get(), name);
  }
  for (const std::string& text : spec.upns) {
    ASN1_TYPE* value = ASN1_TYPE_new();
    ASN1_STRING* utf8 = ASN1_UTF8STRING_new();
    ASN1_STRING_set(utf8, text.data(), static_cast<int>(text.size()));
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8);
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_othername(name, Object("msUPN").release(), value);
    sk_GENERAL_NAME_push(names.get(), name);
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  AddStructure(certificate, NID_subject_alt_name, false, names.get());
}

void AddAccess(AUTHORITY_INFO_ACCESS* access, int method, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    ACCESS_DESCRIPTION* description = ACCESS_DESCRIPTION_new();
    description->method = OBJ_nid2obj(method);
    GENERAL_NAME_free(description->location);
    description->location = TextName(GEN_URI, url);
    sk_ACCESS_DESCRIPTION_push(access, description);
  }
}

void AddAddresses(X509* certificate, const CertificateSpec& spec) {
  const Owned<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free> access(AUTHORITY_INFO_ACCESS_new());
  AddAccess(access.get(), NID_ad_OCSP, spec.ocsp_urls);
  AddAccess(access.get(), NID_ad_ca_issuers, spec.ca_issuers_urls);
  if (sk_ACCESS_DESCRIPTION_num(access.get()) > 0) {
    AddStructure(certificate, NID_info_access, false, access.get());
  }
  if (spec.crl_urls.empty()) return;
  const Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free> points(CRL_DIST_POINTS_new());
  for (const std::string& url : spec.crl_urls) {
    DIST_POINT* point = DIST_POINT_new();
    point->distpoint = DIST_POINT_NAME_new();
    point->distpoint->type = 0;
    point->distpoint->name.fullname = GENERAL_NAMES_new();
    sk_GENERAL_NAME_push(point->distpoint->name.fullname, TextName(GEN_URI, url));
    sk_DIST_POINT_push(points.get(), point);
  }
  AddStructure(certificate, NID_crl_distribution_points, false, points.get());
}

// `text` as a DER element with a one-byte length.
Bytes ShortElement(uint8_t tag, const Bytes& contents) {
  Check(contents.size() < 128, "short extension");
  Bytes element = {tag, static_cast<uint8_t>(contents.size())};
  element.insert(element.end(), contents.begin(), contents.end());
  return element;
}

void AddCardExtensions(X509* certificate, const CertificateSpec& spec) {
  constexpr uint8_t kPrintableString = 0x13;
  constexpr uint8_t kUtf8String = 0x0C;
  constexpr uint8_t kSet = 0x31;
  constexpr uint8_t kSequence = 0x30;
  if (!spec.card_number.empty()) {
    const Bytes text(spec.card_number.begin(), spec.card_number.end());
    AddRaw(certificate, {"1.2.752.34.2.1", false, ShortElement(kPrintableString, text)});
  }
  if (!spec.title.empty()) {
    Bytes attribute = {0x06, 0x03, 0x55, 0x04, 0x0C};  // OID 2.5.4.12, title
    const Bytes value =
        ShortElement(kSet, ShortElement(kUtf8String, Bytes(spec.title.begin(), spec.title.end())));
    attribute.insert(attribute.end(), value.begin(), value.end());
    AddRaw(certificate, {"2.5.29.9", false, ShortElement(kSequence, ShortElement(kSequence, attribute))});
  }
}

void AddKeyIds(X509* certificate, const CertificateSpec& spec, X509* issuer) {
  if (spec.subject_key_id) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    Check(X509_pubkey_digest(certificate, EVP_sha1(), digest, &size) == 1, "key id");
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> id(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(id.get(), digest, static_cast<int>(size));
    AddStructure(certificate, NID_subject_key_identifier, false, id.get());
  }
  const ASN1_OCTET_STRING* issuer_id = X509_get0_subject_key_id(issuer);
  if (spec.authority_key_id && issuer_id != nullptr) {
    const Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> id(AUTHORITY_KEYID_new());
    id->keyid = ASN1_OCTET_STRING_dup(issuer_id);
    AddStructure(certificate, NID_authority_key_identifier, false, id.get());
  }
}

}  // namespace

absl::Time LongAgo() { return absl::FromCivil(absl::CivilDay(2000, 1, 1), absl::UTCTimeZone()); }
absl::Time Forever() {
  return absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone());
}

std::string ToPem(ByteView der, const std::string& label) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio(bio.get(), label.c_str(), "", der.data(), static_cast<long>(der.size())) > 0, "PEM");
  return ReadBio(bio);
}

Issued Issue(const CertificateSpec& spec, const Issued* issuer) {
  const KeyPtr key = KeyFor(spec.key);
  const X509Ptr certificate(X509_new());
  Check(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  SetSerial(certificate.get(), spec);
  SetDates(certificate.get(), spec);
  SetName(X509_get_subject_name(certificate.get()), spec.subject);
  Check(X509_set_pubkey(certificate.get(), key.get()) == 1, "public key");

  const X509Ptr issuer_certificate = issuer == nullptr ? nullptr : Decode(issuer->der);
  X509* signer = issuer == nullptr ? certificate.get() : issuer_certificate.get();
  Check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "issuer's name");
  AddKeyIds(certificate.get(), spec, signer);
  AddBasicConstraints(certificate.get(), spec);
  AddKeyUsage(certificate.get(), spec);
  AddExtendedKeyUsage(certificate.get(), spec);
  AddPolicies(certificate.get(), spec);
  AddAlternativeNames(certificate.get(), spec);
  AddAddresses(certificate.get(), spec);
  AddCardExtensions(certificate.get(), spec);
  for (const RawExtension& raw : spec.extensions) AddRaw(certificate.get(), raw);

  const KeyPtr signing_key = issuer == nullptr ? key : KeyFromPem(issuer->key_pem);
  const bool has_digest = EVP_PKEY_get_base_id(signing_key.get()) != EVP_PKEY_ED25519;
  const EVP_MD* digest =
      has_digest ? NotNull(EVP_get_digestbyname(spec.digest.c_str()), spec.digest) : nullptr;
  Check(X509_sign(certificate.get(), signing_key.get(), digest) > 0, "signature");

  Issued issued;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  Check(size > 0, "DER");
  issued.der.assign(der, der + size);
  OPENSSL_free(der);
  issued.pem = ToPem(issued.der);
  issued.key_pem = KeyToPem(key.get());
  issued.sha256 = Sha256Hex(issued.der);
  return issued;
}

std::string PublicKeySha256(const Issued& issued) {
  const unsigned char* cursor = issued.der.data();
  X509* certificate = d2i_X509(nullptr, &cursor, static_cast<long>(issued.der.size()));
  unsigned char* key = nullptr;
  const int size = certificate == nullptr ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
  std::string sha256 = size > 0 ? Sha256Hex({key, static_cast<size_t>(size)}) : "";
  OPENSSL_free(key);
  X509_free(certificate);
  return sha256;
}

}  // namespace kortvakt::testing
