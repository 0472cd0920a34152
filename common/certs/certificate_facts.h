// What Kortvakt keeps of an X.509 certificate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Level of assurance (tillitsnivå).
enum class Loa { kUnknown, k2, k3, kNotApplicable };

// What a level of assurance rests on; kNone: unknown or not applicable.
enum class LoaBasis { kNone, kPolicy, kVerifiedIssuer, kIssuerName };

// What a certificate is for. Design, section 4 "Kind".
enum class Purpose { kAuthentication, kSignature, kTransport, kAuthority, kOther };

// What identifies the holder.
enum class IdentityKind { kHsaId, kPersonnummer, kSamordningsnummer, kOther };

// Whether a card holds a private key, by its own key directory.
enum class KeyPresence { kUnknown, kPresent, kAbsent };

// One way up from a certificate: fingerprints of CA certificates, the issuer first.
using CertificatePath = std::vector<std::string>;

// Facts of one certificate (RFC 5280). Strings are valid UTF-8 without control
// characters. See proto/kortvakt/v1/snapshot.proto, message Certificate, for the
// form and meaning of each; the names are the same.
struct CertificateFacts {
  std::string sha256;
  std::string serial_number;
  std::string issuer;
  std::string subject;
  std::string issuer_sha256;  // set by whoever has a CertificatePool (chain.h)
  absl::Time not_before = absl::UnixEpoch();
  absl::Time not_after = absl::UnixEpoch();
  std::vector<std::string> policy_oids;
  std::vector<std::string> key_usages;
  std::vector<std::string> extended_key_usages;
  std::string subject_key_id;
  std::string authority_key_id;
  std::vector<std::string> ca_issuers_urls;
  std::vector<std::string> ocsp_urls;
  std::vector<std::string> crl_urls;
  std::string key_type;
  uint32_t key_bits = 0;
  std::string signature_algorithm;
  IdentityKind identity_kind = IdentityKind::kOther;
  std::string hsa_id;
  std::string organisation;
  std::string card_number;
  bool is_ca = false;
  KeyPresence key_presence = KeyPresence::kUnknown;
  std::string public_key_sha256;
  std::vector<CertificatePath> paths;  // of a card's certificate: CertificatePool::FindPaths (chain.h)

  // By a catalogue: set by Classify (classify.h).
  Loa loa = Loa::kUnknown;
  LoaBasis loa_basis = LoaBasis::kNone;
  Purpose purpose = Purpose::kOther;

  bool operator==(const CertificateFacts&) const = default;
};

// Which personal identifiers may be kept.
struct PrivacyOptions {
  bool keep_hsa_id = true;
  bool keep_card_number = true;
};

// The facts in `der`, which must be exactly one certificate: trailing bytes are
// an error (the card readers cut padding by the DER header first). At most 64 KiB.
//
// Personal data is gone before this returns:
//  - of a person's name (a subject that is no CA's, an issuer that is that same
//    name, and any name with SN, GN or a holder's number in it) only C, O, OU, L
//    and organizationIdentifier stay; of a CA's name all but emailAddress;
//  - anything that looks like a personnummer, samordningsnummer or reserve number
//    is replaced by "***" wherever it stands, also in addresses; so is an
//    attribute that names the holder (an O that is the holder's own name), and an
//    address that does is left out;
//  - subjectAltName is not kept.
// identity_kind tells what the subject's serialNumber was; only an HSA-id is kept,
// in the lenient form where the issuer's name says TEST or PP.
//
// What OpenSSL can parse but not understand (an unknown key type, a broken
// extension, a value longer than any real one) leaves its field empty;
// kInvalidArgument only for what is no certificate at all (OpenSSL takes none with
// invalid UTF-8 in a name) or has no readable validity. Does not verify anything; thread-safe.
absl::StatusOr<CertificateFacts> ReadCertificate(ByteView der, const PrivacyOptions& privacy);

// Whether `text`, such as a card's label, holds personal data of the holder of
// `der`: a part of three or more letters of the subject's CN, SN or GN, its
// serialNumber, or an e-mail address or UPN of the subject or subjectAltName. Case
// does not count. False when `der` is no certificate or a CA's.
bool MentionsHolder(ByteView der, std::string_view text);

// Whether `text` is an HSA-id (facts dossier, section 7): "SE", 10 or 12 digits,
// "-", 1 to 18 letters or digits, at most 31 characters; `lenient` takes any
// upper-case prefix, as TEST issuers use.
bool IsHsaId(std::string_view text, bool lenient);

// A 12- or 10-digit Swedish identity number (with or without "-" or "+" before
// the last four) with a valid date and Luhn check digit over the last ten:
// kPersonnummer, kSamordningsnummer (day + 60); kOther when it is none.
IdentityKind SwedishIdentityNumberKind(std::string_view text);

// `text` with every identity number in it replaced by "***".
std::string MaskIdentityNumbers(std::string_view text);

}  // namespace kortvakt
