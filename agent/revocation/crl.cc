#include "agent/revocation/crl.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "agent/revocation/openssl_names.h"
#include "common/base/status.h"
#include "common/certs/der.h"
#include "common/certs/openssl_x509.h"
#include "common/snapshot/revocation_details.h"

namespace kortvakt {
namespace {

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, FreeWith<X509_ALGOR_free>>;
using BitStringPtr = std::unique_ptr<ASN1_BIT_STRING, FreeWith<ASN1_BIT_STRING_free>>;
using AnyPtr = std::unique_ptr<ASN1_TYPE, FreeWith<ASN1_TYPE_free>>;
using Asn1TimePtr = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, FreeWith<ASN1_ENUMERATED_free>>;

constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kCrlExtensions = 0xA0;  // RFC 5280, 5.1: [0] EXPLICIT

// The element with its header, as it stands in what it was read from.
ByteView Whole(const DerElement& element) {
  return {element.contents.data() - element.header_size, element.total_size()};
}

// `der`, all of it, as OpenSSL's structure.
template <typename Pointer, auto Decode>
Pointer DecodeAll(ByteView der) {
  const unsigned char* cursor = der.data();
  Pointer decoded(Decode(nullptr, &cursor, static_cast<long>(der.size())));
  return cursor == der.data() + der.size() ? std::move(decoded) : nullptr;
}

// A CRL taken apart; views into it. Entries stay bytes: OpenSSL's structures are ten times
// their size.
struct TakenApart {
  ByteView tbs;
  ByteView inner_algorithm;
  ByteView issuer;
  DerElement this_update;
  DerElement next_update;  // tag 0: none
  ByteView entries;        // contents of revokedCertificates
  ByteView extensions;     // contents of the SEQUENCE of them
  ByteView algorithm;
  ByteView signature;
};

absl::StatusOr<TakenApart> TakeApart(ByteView crl) {
  TakenApart parts;
  DerReader whole(crl);
  ASSIGN_OR_RETURN(const DerElement list, whole.Next(kDerSequence));
  if (!whole.empty()) return absl::InvalidArgumentError("bytes follow the list");
  DerReader outer(list.contents);
  ASSIGN_OR_RETURN(const DerElement tbs, outer.Next(kDerSequence));
  ASSIGN_OR_RETURN(const DerElement algorithm, outer.Next(kDerSequence));
  ASSIGN_OR_RETURN(const DerElement signature, outer.Next(kDerBitString));
  if (!outer.empty()) return absl::InvalidArgumentError("bytes follow the signature");
  parts.tbs = Whole(tbs);
  parts.algorithm = Whole(algorithm);
  parts.signature = Whole(signature);

  DerReader reader(tbs.contents);
  if (reader.PeekTag() == kDerInteger) RETURN_IF_ERROR(reader.Next().status());  // version
  ASSIGN_OR_RETURN(const DerElement inner, reader.Next(kDerSequence));
  parts.inner_algorithm = Whole(inner);
  ASSIGN_OR_RETURN(const DerElement issuer, reader.Next(kDerSequence));
  parts.issuer = Whole(issuer);
  ASSIGN_OR_RETURN(parts.this_update, reader.Next());
  if (reader.PeekTag() == kUtcTime || reader.PeekTag() == kGeneralizedTime) {
    ASSIGN_OR_RETURN(parts.next_update, reader.Next());
  }
  if (reader.PeekTag() == kDerSequence) {
    ASSIGN_OR_RETURN(const DerElement entries, reader.Next(kDerSequence));
    parts.entries = entries.contents;
  }
  if (reader.PeekTag() == kCrlExtensions) {
    ASSIGN_OR_RETURN(const DerElement wrapped, reader.Next(kCrlExtensions));
    DerReader inside(wrapped.contents);
    ASSIGN_OR_RETURN(const DerElement extensions, inside.Next(kDerSequence));
    if (!inside.empty()) return absl::InvalidArgumentError("bytes follow the extensions");
    parts.extensions = extensions.contents;
  }
  if (!reader.empty()) return absl::InvalidArgumentError("bytes follow the extensions");
  return parts;
}

std::optional<absl::Time> ReadTime(const DerElement& element) {
  if (element.tag != kUtcTime && element.tag != kGeneralizedTime) return std::nullopt;
  return TimeOf(DecodeAll<Asn1TimePtr, d2i_ASN1_TIME>(Whole(element)).get());
}

// RFC 5280, 5.1.1.2: both algorithms the same; 6.3.3 (f) and (g): the issuer may sign lists,
// and has signed this one.
bool IsSignedBy(X509* issuer, const TakenApart& parts) {
  if (!std::equal(parts.algorithm.begin(), parts.algorithm.end(), parts.inner_algorithm.begin(),
                  parts.inner_algorithm.end())) {
    return false;
  }
  const auto told = DecodeAll<X509NamePtr, d2i_X509_NAME>(parts.issuer);
  if (told == nullptr || X509_NAME_cmp(told.get(), X509_get_subject_name(issuer)) != 0) return false;
  if (X509_check_purpose(issuer, -1, 0) != 1 || (X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0) return false;
  const auto algorithm = DecodeAll<AlgorithmPtr, d2i_X509_ALGOR>(parts.algorithm);
  const auto signature = DecodeAll<BitStringPtr, d2i_ASN1_BIT_STRING>(parts.signature);
  const auto signed_bytes = DecodeAll<AnyPtr, d2i_ASN1_TYPE>(parts.tbs);
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  return algorithm != nullptr && signature != nullptr && signed_bytes != nullptr && key != nullptr &&
         ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm.get(), signature.get(), signed_bytes.get(),
                          key) == 1;
}

// What the extensions in `contents` are.
struct Extensions {
  bool broken = false;
  bool not_understood = false;  // a critical one, or one that makes the list a part
  long reason = -1;             // of an entry
};

Extensions ReadExtensions(ByteView contents) {
  Extensions result;
  DerReader reader(contents);
  while (!reader.empty() && !result.broken) {
    const absl::StatusOr<DerElement> element = reader.Next(kDerSequence);
    const ExtensionPtr extension =
        element.ok() ? DecodeAll<ExtensionPtr, d2i_X509_EXTENSION>(Whole(*element)) : nullptr;
    if (extension == nullptr) {
      result.broken = true;
      break;
    }
    const int kind = OBJ_obj2nid(X509_EXTENSION_get_object(extension.get()));
    const bool part =
        kind == NID_delta_crl || kind == NID_issuing_distribution_point || kind == NID_certificate_issuer;
    if (part || X509_EXTENSION_get_critical(extension.get()) != 0) result.not_understood = true;
    if (kind == NID_crl_reason) {
      const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension.get());
      const auto reason = DecodeAll<EnumeratedPtr, d2i_ASN1_ENUMERATED>(
          {ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value))});
      result.broken = reason == nullptr;
      if (reason != nullptr) result.reason = ASN1_ENUMERATED_get(reason.get());
    }
  }
  return result;
}

// The contents of a positive INTEGER without the zeros that DER has none of (X.690, 8.3.2)
// but some encoder may: a number that is listed must be found.
ByteView Shortest(ByteView integer) {
  while (integer.size() > 1 && integer[0] == 0 && integer[1] < 0x80) integer = integer.subspan(1);
  return integer;
}

// Looks through all entries for `serial` (contents of its INTEGER): one that is not
// understood makes the whole list of no use (RFC 5280, 5.3).
RevocationAnswer LookForSerial(const TakenApart& parts, ByteView serial, RevocationAnswer answer) {
  answer.status = RevocationStatus::kGood;
  answer.problem = RevocationProblem::kNone;
  DerReader entries(parts.entries);
  while (!entries.empty()) {
    const absl::StatusOr<DerElement> entry = entries.Next(kDerSequence);
    if (!entry.ok()) return Unknown(RevocationProblem::kMalformed);
    DerReader fields(entry->contents);
    const absl::StatusOr<DerElement> number = fields.Next(kDerInteger);
    const absl::StatusOr<DerElement> date = fields.Next();
    if (!number.ok() || !date.ok()) return Unknown(RevocationProblem::kMalformed);
    Extensions extensions;
    if (!fields.empty()) {
      const absl::StatusOr<DerElement> list = fields.Next(kDerSequence);
      if (!list.ok() || !fields.empty()) return Unknown(RevocationProblem::kMalformed);
      extensions = ReadExtensions(list->contents);
    }
    if (extensions.broken) return Unknown(RevocationProblem::kMalformed);
    if (extensions.not_understood || extensions.reason == kRemoveFromCrl) {
      return Unknown(RevocationProblem::kNotUnderstood);
    }
    const ByteView listed = Shortest(number->contents);
    if (!std::equal(listed.begin(), listed.end(), serial.begin(), serial.end())) continue;
    answer.revoked_at = ReadTime(*date);
    if (!answer.revoked_at) return Unknown(RevocationProblem::kMalformed);
    answer.status = RevocationStatus::kRevoked;
    answer.reason = ReasonOf(extensions.reason);
  }
  return answer;
}

}  // namespace

RevocationAnswer ReadCrl(std::string_view crl, const CertificateName& name, absl::Time now) {
  const ErrorQueueScope errors;
  const absl::StatusOr<X509Ptr> issuer = DecodeCertificate(name.issuer);
  const IntegerPtr serial = SerialFromHex(name.serial_number);
  const absl::StatusOr<TakenApart> parts = TakeApart(AsBytes(crl));
  if (!issuer.ok() || serial == nullptr || !parts.ok()) return Unknown(RevocationProblem::kMalformed);
  if (!IsSignedBy(issuer->get(), *parts)) return Unknown(RevocationProblem::kWrongSigner);
  RevocationAnswer answer;
  answer.this_update = ReadTime(parts->this_update);
  answer.next_update = ReadTime(parts->next_update);
  // RFC 5280, 5.1.2.5: there must be one.
  if (!answer.next_update) return Unknown(RevocationProblem::kMalformed, download_detail::kNoNextUpdate);
  if (!IsCurrent(now, absl::ZeroDuration(), answer)) return answer;
  const Extensions extensions = ReadExtensions(parts->extensions);
  if (extensions.broken) return Unknown(RevocationProblem::kMalformed);
  if (extensions.not_understood) return Unknown(RevocationProblem::kNotUnderstood);
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(serial.get(), &der);
  if (size <= 0) return Unknown(RevocationProblem::kMalformed);
  const Bytes encoded(der, der + size);
  OPENSSL_free(der);
  const absl::StatusOr<DerElement> number = DerReader(encoded).Next(kDerInteger);
  return number.ok() ? LookForSerial(*parts, number->contents, std::move(answer))
                     : Unknown(RevocationProblem::kMalformed);
}

}  // namespace kortvakt
