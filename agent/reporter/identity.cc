#include "agent/reporter/identity.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

constexpr std::string_view kUrn = "urn:kortvakt:workstation:";

// RFC 4122, section 3: 8-4-4-4-12 hexadecimal digits.
bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : absl::ascii_isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

std::string WorkstationIdOf(X509* certificate) {
  const auto names = FindExtension<GENERAL_NAMES, GENERAL_NAMES_free>(certificate, NID_subject_alt_name);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                           static_cast<size_t>(ASN1_STRING_length(uri)));
    if (text.size() > kUrn.size() && text.compare(0, kUrn.size(), kUrn) == 0 && IsUuid(text.substr(kUrn.size()))) {
      return absl::AsciiStrToLower(text.substr(kUrn.size()));
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<Identity> ReadIdentity(const TlsPaths& paths, absl::Time now) {
  Identity identity;
  ASSIGN_OR_RETURN(identity.tls, ReadTlsMaterial(paths, now));
  const std::string& pem = identity.tls.certificate;
  const BioPtr view(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(view.get(), nullptr, nullptr, nullptr));
  if (certificate) identity.workstation_id = WorkstationIdOf(certificate.get());
  if (identity.workstation_id.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(paths.certificate,
                                                   ": names no workstation; it needs a URI subjectAltName ",
                                                   std::string(kUrn), "UUID"));
  }
  return identity;
}

}  // namespace kortvakt
