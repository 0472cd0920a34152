#include "common/certs/chain.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

#include "common/base/status.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxPath = 8;
// Certificates of one name that are tried as issuer of one certificate. A CA that
// is renewed and cross-signed has a handful; the bound keeps a store full of
// look-alikes from costing a signature check each.
constexpr size_t kMaxSameName = 64;

struct PooledCertificate {
  Bytes der;
  std::string sha256;
  X509Ptr decoded;
};

bool IsSelfIssued(const X509* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

// basicConstraints says so, or it is a self-signed certificate from before there
// were extensions (X.509 version 1).
bool CanIssue(const X509* certificate) {
  const auto constraints =
      FindExtension<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>(certificate, NID_basic_constraints);
  if (constraints != nullptr) return constraints->ca != 0;
  return X509_get_version(certificate) == X509_VERSION_1 && IsSelfIssued(certificate);
}

bool HasSigned(X509* issuer, X509* certificate) {
  const ASN1_OCTET_STRING* wanted = X509_get0_authority_key_id(certificate);
  const ASN1_OCTET_STRING* offered = X509_get0_subject_key_id(issuer);
  if (wanted != nullptr && offered != nullptr && ASN1_OCTET_STRING_cmp(wanted, offered) != 0) return false;
  // RFC 5280, 4.2.1.3; UINT32_MAX stands for "no keyUsage", which allows all.
  if ((X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) == 0) return false;
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  return key != nullptr && X509_verify(certificate, key) == 1;
}

}  // namespace

struct CertificatePool::Impl {
  std::deque<PooledCertificate> certificates;
  std::unordered_map<std::string, const PooledCertificate*> by_fingerprint;
  // By hash of the canonical subject name; names of one hash are compared.
  std::multimap<unsigned long, const PooledCertificate*> by_subject;

  static unsigned long NameKey(const X509_NAME* name) {
    int ok = 0;
    return X509_NAME_hash_ex(name, nullptr, nullptr, &ok);
  }

  const PooledCertificate* FindIssuerOf(X509* certificate, const std::string& sha256) const {
    // A root finds itself, also when a twin with the same key ends later.
    const auto self = by_fingerprint.find(sha256);
    if (self != by_fingerprint.end() && IsSelfIssued(certificate) && HasSigned(certificate, certificate)) {
      return self->second;
    }
    const X509_NAME* name = X509_get_issuer_name(certificate);
    const PooledCertificate* best = nullptr;
    size_t tried = 0;
    const auto [first, last] = by_subject.equal_range(NameKey(name));
    for (auto entry = first; entry != last && tried < kMaxSameName; ++entry) {
      const PooledCertificate* candidate = entry->second;
      if (X509_NAME_cmp(X509_get_subject_name(candidate->decoded.get()), name) != 0) continue;
      ++tried;
      if (best != nullptr && !EndsLater(*candidate, *best)) continue;
      if (HasSigned(candidate->decoded.get(), certificate)) best = candidate;
    }
    return best;
  }

  // By notAfter; of equal ones the smaller fingerprint, so that the answer does
  // not depend on the order in which they came.
  static bool EndsLater(const PooledCertificate& a, const PooledCertificate& b) {
    const int order =
        ASN1_TIME_compare(X509_get0_notAfter(a.decoded.get()), X509_get0_notAfter(b.decoded.get()));
    return order != 0 ? order > 0 : a.sha256 < b.sha256;
  }
};

CertificatePool::CertificatePool() : impl_(std::make_unique<Impl>()) {}
CertificatePool::~CertificatePool() = default;
CertificatePool::CertificatePool(CertificatePool&&) noexcept = default;
CertificatePool& CertificatePool::operator=(CertificatePool&&) noexcept = default;

absl::Status CertificatePool::Add(ByteView der) {
  std::string sha256 = Sha256Hex(der);
  if (impl_->by_fingerprint.count(sha256) > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(X509Ptr certificate, DecodeCertificate(der));
  const ErrorQueueScope errors;
  if (!CanIssue(certificate.get())) return absl::OkStatus();
  const PooledCertificate& added = impl_->certificates.emplace_back(
      PooledCertificate{Bytes(der.begin(), der.end()), std::move(sha256), std::move(certificate)});
  impl_->by_fingerprint.emplace(added.sha256, &added);
  impl_->by_subject.emplace(Impl::NameKey(X509_get_subject_name(added.decoded.get())), &added);
  return absl::OkStatus();
}

std::string CertificatePool::FindIssuer(ByteView der) const {
  const absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der);
  if (!certificate.ok()) return "";
  const ErrorQueueScope errors;
  const PooledCertificate* issuer = impl_->FindIssuerOf(certificate->get(), Sha256Hex(der));
  return issuer == nullptr ? "" : issuer->sha256;
}

std::vector<std::string> CertificatePool::BuildPath(ByteView der) const {
  std::vector<std::string> path;
  const absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der);
  if (!certificate.ok()) return path;
  const ErrorQueueScope errors;
  X509* current = certificate->get();
  std::string sha256 = Sha256Hex(der);
  if (IsSelfIssued(current) && HasSigned(current, current)) return path;
  while (path.size() < kMaxPath) {
    const PooledCertificate* issuer = impl_->FindIssuerOf(current, sha256);
    // Its own issuer: the end. One that was there before: CAs that sign each other.
    if (issuer == nullptr || issuer->sha256 == sha256) break;
    if (std::find(path.begin(), path.end(), issuer->sha256) != path.end()) break;
    path.push_back(issuer->sha256);
    current = issuer->decoded.get();
    sha256 = issuer->sha256;
  }
  return path;
}

ByteView CertificatePool::Find(std::string_view sha256) const {
  const auto found = impl_->by_fingerprint.find(std::string(sha256));
  return found == impl_->by_fingerprint.end() ? ByteView() : ByteView(found->second->der);
}

}  // namespace kortvakt
