#include <openssl/err.h>
#include <openssl/pem.h>

#include <charconv>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/tls/openssl_owner.h"
#include "common/tls/tls_check.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxPemBytes = 1u << 20;

TlsBio MemoryBio(const std::string& text) {
  return TlsBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

TlsX509 ReadX509(const std::string& pem) {
  TlsX509 certificate(PEM_read_bio_X509(MemoryBio(pem).get(), nullptr, NoPassphrase, nullptr));
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
  const TlsX509 certificate = ReadX509(material.certificate);
  if (!certificate) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no certificate in PEM form"));
  }
  const TlsKey key(PEM_read_bio_PrivateKey(MemoryBio(material.key).get(), nullptr, NoPassphrase, nullptr));
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

absl::StatusOr<ServerAddress> ParseServerAddress(const std::string& text, uint16_t default_port) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not HOST:PORT; write it as collector.example.org:", default_port));
  };
  std::string host = text;
  std::string port;
  bool has_port = false;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string::npos) return bad();
    host = text.substr(1, end - 1);
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':') return bad();
      has_port = true;
      port = text.substr(end + 2);
    }
  } else if (const size_t colon = text.find(':'); colon != std::string::npos && colon == text.rfind(':')) {
    has_port = true;
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.empty() || host.find_first_of("/ \t\r\n[]") != std::string::npos) return bad();
  ServerAddress address{.host = host, .port = default_port};
  if (has_port) {
    unsigned number = 0;
    const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || rest != port.data() + port.size() || number == 0 || number > 65535) {
      return bad();
    }
    address.port = static_cast<uint16_t>(number);
  }
  return address;
}

std::string FormatServerAddress(const ServerAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", address.host, v6 ? "]:" : ":", address.port);
}

}  // namespace kortvakt
