#include "agent/reporter/identity.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/workstation_identity.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

// URIs of the certificate's subjectAltName (RFC 5280, 4.2.1.6).
std::vector<std::string> UrisOf(X509* certificate) {
  std::vector<std::string> uris;
  const auto names = FindExtension<GENERAL_NAMES, GENERAL_NAMES_free>(certificate, NID_subject_alt_name);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

}  // namespace

absl::StatusOr<Identity> ReadIdentity(const TlsPaths& paths, absl::Time now) {
  Identity identity;
  ASSIGN_OR_RETURN(identity.tls, ReadTlsMaterial(paths, now));
  const std::string& pem = identity.tls.certificate;
  const BioPtr view(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(view.get(), nullptr, nullptr, nullptr));
  absl::StatusOr<std::string> id =
      WorkstationOf(certificate ? UrisOf(certificate.get()) : std::vector<std::string>());
  if (!id.ok()) return Annotate(id.status(), paths.certificate);
  identity.workstation_id = *std::move(id);
  return identity;
}

}  // namespace kortvakt
