#include "agent/revocation/ocsp.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "agent/revocation/openssl_names.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

using RequestPtr = std::unique_ptr<OCSP_REQUEST, FreeWith<OCSP_REQUEST_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreeWith<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, FreeWith<OCSP_BASICRESP_free>>;
using CertIdPtr = std::unique_ptr<OCSP_CERTID, FreeWith<OCSP_CERTID_free>>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not what is in it
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

constexpr absl::Duration kWithoutNextUpdate = absl::Hours(24);

CertIdPtr MakeCertId(X509* issuer, std::string_view serial_number) {
  const IntegerPtr serial = SerialFromHex(serial_number);
  const ASN1_BIT_STRING* key = X509_get0_pubkey_bitstr(issuer);
  if (serial == nullptr || key == nullptr) return nullptr;
  return CertIdPtr(OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer), key, serial.get()));
}

// RFC 6960, 4.2.2.2: issued by the CA itself, for OCSP signing, and valid. X509_check_purpose
// has the extensions read.
bool IsDelegate(X509* signer, X509* issuer, absl::Time now) {
  if (X509_check_purpose(signer, -1, 0) != 1) return false;
  const uint32_t flags = X509_get_extension_flags(signer);
  const bool for_ocsp =
      (flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) != 0;
  if (!for_ocsp || (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0) return false;
  // UINT32_MAX stands for "no keyUsage", which allows all.
  if ((X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) return false;
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  if (X509_NAME_cmp(X509_get_issuer_name(signer), X509_get_subject_name(issuer)) != 0 || key == nullptr ||
      X509_verify(signer, key) != 1) {
    return false;
  }
  const std::optional<absl::Time> begin = TimeOf(X509_get0_notBefore(signer));
  const std::optional<absl::Time> end = TimeOf(X509_get0_notAfter(signer));
  return begin && end && *begin <= now && now <= *end;
}

bool IsSignedByOneWhoMay(OCSP_BASICRESP* basic, X509* issuer, absl::Time now) {
  const StackPtr issuers(sk_X509_new_null());
  if (issuers == nullptr || sk_X509_push(issuers.get(), issuer) == 0) return false;
  // The signature by whom the response names; who that may be is ours to say.
  if (OCSP_basic_verify(basic, issuers.get(), nullptr, OCSP_NOVERIFY) != 1) return false;
  X509* signer = nullptr;
  if (OCSP_resp_get0_signer(basic, &signer, issuers.get()) != 1 || signer == nullptr) return false;
  return X509_cmp(signer, issuer) == 0 || IsDelegate(signer, issuer, now);
}

bool HasCriticalExtension(OCSP_BASICRESP* basic, OCSP_SINGLERESP* single) {
  return OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0 ||
         OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0;
}

RevocationAnswer ReadSingle(OCSP_SINGLERESP* single, absl::Time now) {
  int reason = -1;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* begin = nullptr;
  ASN1_GENERALIZEDTIME* next = nullptr;
  const int status = OCSP_single_get0_status(single, &reason, &revoked, &begin, &next);
  RevocationAnswer answer;
  answer.this_update = TimeOf(begin);
  answer.next_update = TimeOf(next);
  if (next != nullptr && !answer.next_update) return Unknown(RevocationProblem::kMalformed);
  if (!IsCurrent(now, kWithoutNextUpdate, answer)) return answer;
  answer.problem = RevocationProblem::kNone;
  if (status == V_OCSP_CERTSTATUS_GOOD) {
    answer.status = RevocationStatus::kGood;
  } else if (status == V_OCSP_CERTSTATUS_REVOKED && TimeOf(revoked)) {
    answer.status = RevocationStatus::kRevoked;
    answer.revoked_at = TimeOf(revoked);
    answer.reason = ReasonOf(reason);
  } else {
    answer.problem =
        status == V_OCSP_CERTSTATUS_UNKNOWN ? RevocationProblem::kNotKnown : RevocationProblem::kMalformed;
  }
  return answer;
}

RevocationAnswer ForError(int status) {
  switch (status) {
    case OCSP_RESPONSE_STATUS_TRYLATER:
      return Unknown(RevocationProblem::kTryLater, "tryLater");
    case OCSP_RESPONSE_STATUS_INTERNALERROR:
      return Unknown(RevocationProblem::kTryLater, "internalError");
    case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
      return Unknown(RevocationProblem::kRefused, "unauthorized");
    case OCSP_RESPONSE_STATUS_SIGREQUIRED:
      return Unknown(RevocationProblem::kRefused, "sigRequired");
    case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
      return Unknown(RevocationProblem::kRefused, "malformedRequest");
    default:
      return Unknown(RevocationProblem::kMalformed);
  }
}

}  // namespace

absl::StatusOr<std::string> MakeOcspRequest(const CertificateName& name) {
  const ErrorQueueScope errors;
  ASSIGN_OR_RETURN(const X509Ptr issuer, DecodeCertificate(name.issuer));
  CertIdPtr id = MakeCertId(issuer.get(), name.serial_number);
  const RequestPtr request(OCSP_REQUEST_new());
  if (id == nullptr || request == nullptr)
    return absl::InvalidArgumentError("the serial number cannot be asked for");
  if (OCSP_request_add0_id(request.get(), id.get()) == nullptr)
    return OpenSslStatus("making an OCSP request");
  (void)id.release();  // the request's now
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  if (size <= 0) return OpenSslStatus("making an OCSP request");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

RevocationAnswer ReadOcspResponse(std::string_view response, const CertificateName& name, absl::Time now) {
  const ErrorQueueScope errors;
  const absl::StatusOr<X509Ptr> issuer = DecodeCertificate(name.issuer);
  const CertIdPtr id = issuer.ok() ? MakeCertId(issuer->get(), name.serial_number) : nullptr;
  if (id == nullptr || response.size() > kMaxOcspResponse) return Unknown(RevocationProblem::kMalformed);
  const auto* cursor = reinterpret_cast<const unsigned char*>(response.data());
  const unsigned char* end = cursor + response.size();
  const ResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(response.size())));
  if (parsed == nullptr || cursor != end) return Unknown(RevocationProblem::kMalformed);
  const int status = OCSP_response_status(parsed.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) return ForError(status);
  const BasicPtr basic(OCSP_response_get1_basic(parsed.get()));
  if (basic == nullptr) return Unknown(RevocationProblem::kMalformed);
  if (!IsSignedByOneWhoMay(basic.get(), issuer->get(), now)) return Unknown(RevocationProblem::kWrongSigner);
  const int index = OCSP_resp_find(basic.get(), id.get(), -1);
  OCSP_SINGLERESP* single = index < 0 ? nullptr : OCSP_resp_get0(basic.get(), index);
  if (single == nullptr) return Unknown(RevocationProblem::kNotKnown);
  if (HasCriticalExtension(basic.get(), single)) return Unknown(RevocationProblem::kNotUnderstood);
  return ReadSingle(single, now);
}

}  // namespace kortvakt
