#include "common/certs/certificate_facts.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/certs/der.h"
#include "common/certs/holder.h"
#include "common/certs/name_text.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

// Longer values and lists than real certificates have, short enough for a report.
constexpr size_t kMaxSerial = 256;  // bytes; RFC 5280, 4.1.2.2: 20
constexpr size_t kMaxKeyId = 64;    // bytes
constexpr size_t kMaxListed = 32;   // policies, usages, addresses of a kind
constexpr size_t kMaxOid = 128;     // characters
constexpr size_t kMaxUrl = 1024;    // characters
constexpr char kSeisCardNumber[] = "1.2.752.34.2.1";

std::string OidText(const ASN1_OBJECT* object) {
  char text[kMaxOid + 1];
  const int length = OBJ_obj2txt(text, sizeof text, object, /*no_name=*/1);
  if (length <= 0 || static_cast<size_t>(length) >= sizeof text) return "";
  return text;
}

// As i2a_ASN1_INTEGER prints it, without the line breaks it puts into long ones.
std::string SerialText(const ASN1_INTEGER* serial) {
  const int length = ASN1_STRING_length(serial);
  if (length < 0 || static_cast<size_t>(length) > kMaxSerial) return "";
  const bool negative = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;
  if (length == 0) return negative ? "-00" : "00";
  return absl::StrCat(negative ? "-" : "",
                      UpperHex({ASN1_STRING_get0_data(serial), static_cast<size_t>(length)}));
}

absl::StatusOr<absl::Time> ReadTime(const ASN1_TIME* time, const char* field) {
  struct tm civil {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("certificate's ", field, " is no time"));
  }
  return absl::FromCivil(absl::CivilSecond(civil.tm_year + 1900, civil.tm_mon + 1, civil.tm_mday,
                                           civil.tm_hour, civil.tm_min, civil.tm_sec),
                         absl::UTCTimeZone());
}

std::string KeyIdText(const ASN1_OCTET_STRING* id) {
  if (id == nullptr) return "";
  const auto size = static_cast<size_t>(ASN1_STRING_length(id));
  return size > kMaxKeyId ? "" : UpperHex({ASN1_STRING_get0_data(id), size});
}

void ReadKeyUsages(const X509* certificate, CertificateFacts& facts) {
  // RFC 5280, 4.2.1.3.
  constexpr std::array<const char*, 9> kNames = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                 "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                 "cRLSign",          "encipherOnly",   "decipherOnly"};
  const auto bits = FindExtension<ASN1_BIT_STRING, ASN1_BIT_STRING_free>(certificate, NID_key_usage);
  if (bits == nullptr) return;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (ASN1_BIT_STRING_get_bit(bits.get(), static_cast<int>(i)) == 1) facts.key_usages.push_back(kNames[i]);
  }
}

void ReadExtendedKeyUsages(const X509* certificate, CertificateFacts& facts) {
  const auto usages =
      FindExtension<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>(certificate, NID_ext_key_usage);
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    std::string oid = OidText(sk_ASN1_OBJECT_value(usages.get(), i));
    if (!oid.empty() && facts.extended_key_usages.size() < kMaxListed) {
      facts.extended_key_usages.push_back(std::move(oid));
    }
  }
}

void ReadPolicies(const X509* certificate, CertificateFacts& facts) {
  const auto policies =
      FindExtension<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free>(certificate, NID_certificate_policies);
  for (int i = 0; i < sk_POLICYINFO_num(policies.get()); ++i) {
    std::string oid = OidText(sk_POLICYINFO_value(policies.get(), i)->policyid);
    if (!oid.empty() && facts.policy_oids.size() < kMaxListed) facts.policy_oids.push_back(std::move(oid));
  }
}

// "%41" as "A": a number must not hide behind escapes (RFC 3986, 2.1).
std::string Unescape(std::string_view url) {
  std::string text;
  for (size_t i = 0; i < url.size(); ++i) {
    const auto byte =
        url[i] == '%' && i + 2 < url.size() ? FromHex(url.substr(i + 1, 2)) : absl::StatusOr<Bytes>();
    if (byte.ok() && byte->size() == 1) {
      text += static_cast<char>((*byte)[0]);
      i += 2;
    } else {
      text += url[i];
    }
  }
  return text;
}

void AddUrl(const GENERAL_NAME* name, const Holder& holder, std::vector<std::string>& urls) {
  if (name->type != GEN_URI || urls.size() >= kMaxListed) return;
  const ASN1_IA5STRING* value = name->d.uniformResourceIdentifier;
  const std::string url =
      AsString({ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value))});
  if (url.size() > kMaxUrl) return;
  for (const char c : url) {
    if (c <= 0x20 || c >= 0x7F) return;  // RFC 3986 has printable ASCII only
  }
  const std::string lower = absl::AsciiStrToLower(url);
  if (!absl::StartsWith(lower, "http://") && !absl::StartsWith(lower, "https://")) return;
  std::string masked = MaskIdentityNumbers(url);
  const std::string plain = Unescape(masked);
  if (holder.IsNamedIn(plain) || MaskIdentityNumbers(plain) != plain) return;
  urls.push_back(std::move(masked));
}

void ReadAddresses(const X509* certificate, const Holder& holder, CertificateFacts& facts) {
  const auto access =
      FindExtension<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>(certificate, NID_info_access);
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* description = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    const int method = OBJ_obj2nid(description->method);
    if (method == NID_ad_OCSP) AddUrl(description->location, holder, facts.ocsp_urls);
    if (method == NID_ad_ca_issuers) AddUrl(description->location, holder, facts.ca_issuers_urls);
  }
  const auto points =
      FindExtension<CRL_DIST_POINTS, CRL_DIST_POINTS_free>(certificate, NID_crl_distribution_points);
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT_NAME* point = sk_DIST_POINT_value(points.get(), i)->distpoint;
    if (point == nullptr || point->type != 0) continue;  // 0: fullName (RFC 5280, 4.2.1.13)
    for (int j = 0; j < sk_GENERAL_NAME_num(point->name.fullname); ++j) {
      AddUrl(sk_GENERAL_NAME_value(point->name.fullname, j), holder, facts.crl_urls);
    }
  }
}

void ReadKey(const X509* certificate, CertificateFacts& facts) {
  X509_PUBKEY* key = X509_get_X509_PUBKEY(certificate);
  unsigned char* der = nullptr;
  const int size = key == nullptr ? -1 : i2d_X509_PUBKEY(key, &der);
  if (size > 0) facts.public_key_sha256 = Sha256Hex({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  const EVP_PKEY* decoded = X509_get0_pubkey(certificate);
  if (decoded == nullptr) return;
  const char* type = EVP_PKEY_get0_type_name(decoded);
  const int bits = EVP_PKEY_get_bits(decoded);
  if (type == nullptr || bits <= 0) return;
  facts.key_type = type;
  facts.key_bits = static_cast<uint32_t>(bits);
}

std::string SignatureAlgorithm(const X509* certificate) {
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, certificate);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  const int nid = OBJ_obj2nid(object);
  return nid == NID_undef ? OidText(object) : OBJ_nid2ln(nid);
}

// The SEIS card number, a string of about 19 digits. Anything shorter might be
// somebody's number.
std::string CardNumber(const X509* certificate) {
  constexpr size_t kShortest = 14;
  constexpr size_t kLongest = 24;
  const std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>> oid(OBJ_txt2obj(kSeisCardNumber, 1));
  const int index = X509_get_ext_by_OBJ(certificate, oid.get(), -1);
  if (index < 0) return "";
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate, index));
  DerReader reader({ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value))});
  const absl::StatusOr<DerElement> element = reader.Next();
  if (!element.ok() || element->contents.size() < kShortest || element->contents.size() > kLongest) return "";
  for (const uint8_t c : element->contents) {
    if (c < '0' || c > '9') return "";
  }
  return AsString(element->contents);
}

void ReadIdentity(const X509* certificate, const PrivacyOptions& privacy, CertificateFacts& facts) {
  const bool test_issuer = absl::StrContains(facts.issuer, "TEST") || absl::StrContains(facts.issuer, " PP");
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_serialNumber, i)) >= 0;) {
    const std::string text = AttributeText(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    facts.identity_kind = SwedishIdentityNumberKind(text);
    if (facts.identity_kind != IdentityKind::kOther) return;
    if (!IsHsaId(text, test_issuer)) continue;
    // A number in the own part of an HSA-id is no less somebody's number; a
    // reserve number with a hyphen is no HSA-id.
    const bool holds_number = MaskIdentityNumbers(text) != text;
    if (holds_number && !IsHsaId(text, /*lenient=*/false)) continue;
    facts.identity_kind = IdentityKind::kHsaId;
    if (privacy.keep_hsa_id && !holds_number) facts.hsa_id = text;
    return;
  }
}

bool IsCa(const X509* certificate) {
  const auto constraints =
      FindExtension<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>(certificate, NID_basic_constraints);
  return constraints != nullptr && constraints->ca != 0;
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadCertificate(ByteView der, const PrivacyOptions& privacy) {
  ASSIGN_OR_RETURN(const X509Ptr certificate, DecodeCertificate(der));
  const ErrorQueueScope errors;
  CertificateFacts facts;
  ASSIGN_OR_RETURN(facts.not_before, ReadTime(X509_get0_notBefore(certificate.get()), "notBefore"));
  ASSIGN_OR_RETURN(facts.not_after, ReadTime(X509_get0_notAfter(certificate.get()), "notAfter"));
  facts.sha256 = Sha256Hex(der);
  facts.serial_number = SerialText(X509_get0_serialNumber(certificate.get()));
  facts.is_ca = IsCa(certificate.get());

  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  const X509_NAME* issuer = X509_get_issuer_name(certificate.get());
  const bool personal = !facts.is_ca || IsPersonName(subject);
  const bool self_issued = X509_NAME_cmp(subject, issuer) == 0;
  const Holder holder = personal ? FindHolder(certificate.get()) : Holder();
  facts.subject = NameText(subject, personal, holder);
  const bool personal_issuer = (personal && self_issued) || IsPersonName(issuer);
  facts.issuer = NameText(issuer, personal_issuer, personal_issuer ? holder : Holder());
  facts.organisation = OrganisationOf(subject, holder);

  ReadPolicies(certificate.get(), facts);
  ReadKeyUsages(certificate.get(), facts);
  ReadExtendedKeyUsages(certificate.get(), facts);
  facts.subject_key_id = KeyIdText(X509_get0_subject_key_id(certificate.get()));
  facts.authority_key_id = KeyIdText(X509_get0_authority_key_id(certificate.get()));
  ReadAddresses(certificate.get(), holder, facts);
  ReadKey(certificate.get(), facts);
  facts.signature_algorithm = SignatureAlgorithm(certificate.get());
  ReadIdentity(certificate.get(), privacy, facts);
  if (privacy.keep_card_number) facts.card_number = CardNumber(certificate.get());
  return facts;
}

bool MentionsHolder(ByteView der, std::string_view text) {
  const absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der);
  if (!certificate.ok()) return false;
  const ErrorQueueScope errors;
  if (IsCa(certificate->get()) && !IsPersonName(X509_get_subject_name(certificate->get()))) return false;
  return MaskIdentityNumbers(text) != text || FindHolder(certificate->get()).IsHintedAtIn(text);
}

}  // namespace kortvakt
