#include "common/certs/name_text.h"

#include "common/base/bytes.h"
#include "common/certs/certificate_facts.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

// Longest name told; a message with a text over 4 KiB is refused by the collector.
constexpr size_t kMaxName = 2048;
constexpr size_t kMaxOrganisation = 256;
constexpr unsigned long kNameFlags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);

int TypeOf(const X509_NAME_ENTRY* entry) { return OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)); }

bool StaysInPersonName(int type) {
  switch (type) {
    case NID_countryName:
    case NID_organizationName:
    case NID_organizationalUnitName:
    case NID_localityName:
    case NID_organizationIdentifier:
      return true;
    default:
      return false;
  }
}

// Character strings; BIT STRING and the like are printed as hexadecimal DER, in
// which nothing personal could be found.
bool IsText(const ASN1_STRING* value) {
  switch (ASN1_STRING_type(value)) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_VISIBLESTRING:
      return true;
    default:
      return false;
  }
}

bool ConvertsToUtf8(const ASN1_STRING* value) {
  const ErrorQueueScope errors;
  unsigned char* utf8 = nullptr;
  const bool converts = ASN1_STRING_to_UTF8(&utf8, value) >= 0;
  OPENSSL_free(utf8);
  return converts;
}

// Adds `entry` to `name`, its value replaced where it must not be told as it is.
void AddEntry(X509_NAME* name, const X509_NAME_ENTRY* entry, bool joined, const Holder& holder) {
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const int set = joined ? -1 : 0;
  const std::string text = AttributeText(value);
  const std::string told = IsText(value) ? Depersonalise(text, holder) : "***";
  if (told == text && ConvertsToUtf8(value)) {
    X509_NAME_add_entry(name, entry, -1, set);
    return;
  }
  X509_NAME_add_entry_by_OBJ(name, X509_NAME_ENTRY_get_object(entry), V_ASN1_UTF8STRING,
                             reinterpret_cast<const unsigned char*>(told.data()),
                             static_cast<int>(told.size()), -1, set);
}

std::string Print(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, kNameFlags) < 0) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  if (size <= 0) return "";
  return CleanText({data, static_cast<size_t>(size)}, kMaxName);
}

}  // namespace

std::string Depersonalise(const std::string& text, const Holder& holder) {
  std::string masked = MaskIdentityNumbers(text);
  return holder.IsNamedIn(masked) ? "***" : masked;
}

bool IsPersonName(const X509_NAME* name) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    switch (TypeOf(entry)) {
      case NID_surname:
      case NID_givenName:
      case NID_initials:
      case NID_pseudonym:
      case NID_userId:
        return true;
      case NID_serialNumber: {
        const std::string text = AttributeText(X509_NAME_ENTRY_get_data(entry));
        if (IsHsaId(text, /*lenient=*/true) || MaskIdentityNumbers(text) != text) return true;
        break;
      }
      default:
        break;
    }
  }
  return false;
}

std::string NameText(const X509_NAME* name, bool personal, const Holder& holder) {
  const ErrorQueueScope errors;
  const X509NamePtr kept(X509_NAME_new());
  if (kept == nullptr) return "";
  int last_set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int type = TypeOf(entry);
    if (type == NID_pkcs9_emailAddress || (personal && !StaysInPersonName(type))) continue;
    const int set = X509_NAME_ENTRY_set(entry);
    AddEntry(kept.get(), entry, set == last_set, holder);
    last_set = set;
  }
  return Print(kept.get());
}

std::string OrganisationOf(const X509_NAME* name, const Holder& holder) {
  const int index = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
  if (index < 0) return "";
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  if (!IsText(value)) return "";
  return CleanText(Depersonalise(AttributeText(value), holder), kMaxOrganisation);
}

}  // namespace kortvakt
