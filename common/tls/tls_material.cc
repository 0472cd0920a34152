#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/openssl_owner.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/tls/tls_check.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxPemBytes = 1u << 20;

BioPtr MemoryBio(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

X509Ptr ReadX509(const std::string& pem) {
  X509Ptr certificate(PEM_read_bio_X509(MemoryBio(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return certificate;
}

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* what) {
  if (path.empty()) return absl::InvalidArgumentError(absl::StrCat("no ", what, " file given"));
  auto contents = ReadFile(path, kMaxPemBytes);
  if (!contents.ok()) return Annotate(contents.status(), what);
  return contents;
}

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return OpenSslStatus("reading a date of validity");
  return absl::FromTM(fields, absl::UTCTimeZone());
}

absl::Status CheckOwnCertificate(const TlsMaterial& material, absl::Time now) {
  const std::string& path = material.paths.certificate;
  const X509Ptr certificate = ReadX509(material.certificate);
  if (!certificate) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no certificate in PEM form"));
  }
  const KeyPtr key(PEM_read_bio_PrivateKey(MemoryBio(material.key).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (!key) {
    return absl::InvalidArgumentError(
        absl::StrCat(material.paths.key, ": holds no private key in PEM form without a passphrase"));
  }
  const bool belongs = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs) {
    return absl::InvalidArgumentError(
        absl::StrCat(material.paths.key, ": is not the private key of the certificate in ", path));
  }
  ASSIGN_OR_RETURN(const absl::Time not_before, ToTime(X509_get0_notBefore(certificate.get())));
  ASSIGN_OR_RETURN(const absl::Time not_after, ToTime(X509_get0_notAfter(certificate.get())));
  if (now > not_after) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": this certificate ended ", FormatUtc(not_after),
                                                      "; get a new one from who issued it"));
  }
  if (now < not_before) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": this certificate is valid from ", FormatUtc(not_before), "; check this computer's clock"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsMaterial> ReadTlsMaterial(const TlsPaths& paths, absl::Time now) {
  TlsMaterial material{.paths = paths, .ca = "", .certificate = "", .key = ""};
  ASSIGN_OR_RETURN(material.ca, ReadPem(paths.ca, "CA certificate"));
  ASSIGN_OR_RETURN(material.certificate, ReadPem(paths.certificate, "client certificate"));
  ASSIGN_OR_RETURN(material.key, ReadPem(paths.key, "private key"));
  if (!ReadX509(material.ca)) {
    return absl::InvalidArgumentError(absl::StrCat(paths.ca, ": holds no CA certificate in PEM form"));
  }
  RETURN_IF_ERROR(CheckOwnCertificate(material, now));
  return material;
}

}  // namespace kortvakt
