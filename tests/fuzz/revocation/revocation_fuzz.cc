// Any bytes as an answer about revocation. The first byte says as what: a whole OCSP response
// ('o') or CRL ('c'); or what is signed in them ('O', 'C'), which is then signed by the issuer,
// so that what lies behind the signature is reached.
#include <cstdint>
#include <cstdlib>

#include "agent/revocation/crl.h"
#include "agent/revocation/ocsp.h"
#include "common/base/time.h"
#include "tests/fuzz/revocation/fuzz_issuer.h"

namespace kortvakt {
namespace {

using testing::DerOf;
using testing::SignatureParts;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckAnswer(const RevocationAnswer& answer) {
  const bool known = answer.status != RevocationStatus::kUnknown;
  Require(known == (answer.problem == RevocationProblem::kNone));
  Require(!known || answer.this_update.has_value());
  Require((answer.status == RevocationStatus::kRevoked) == answer.revoked_at.has_value());
  Require(CleanText(answer.detail) == answer.detail);
}

// RFC 6960, 4.2.1: a successful response of the basic type.
std::string SignedResponse(const std::string& data) {
  const std::string basic = DerOf(0x30, data + SignatureParts(AsBytes(data)));
  const std::string type("\x06\x09\x2B\x06\x01\x05\x05\x07\x30\x01\x01", 11);  // id-pkix-ocsp-basic
  return DerOf(0x30, std::string("\x0A\x01\x00", 3) + DerOf(0xA0, DerOf(0x30, type + DerOf(0x04, basic))));
}

}  // namespace
}  // namespace kortvakt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const CertificateName name{testing::FuzzIssuer().der, "0A0B"};
  // Within the time for which the corpus was made.
  const absl::Time now = *ParseTime("2030-01-01T12:00:00Z");
  switch (data[0]) {
    case 'o':
      CheckAnswer(ReadOcspResponse(text, name, now));
      break;
    case 'c':
      CheckAnswer(ReadCrl(text, name, now));
      break;
    case 'O':
      CheckAnswer(ReadOcspResponse(SignedResponse(text), name, now));
      break;
    case 'C':
      CheckAnswer(ReadCrl(DerOf(0x30, text + SignatureParts(AsBytes(text))), name, now));
      break;
    default:
      break;
  }
  return 0;
}
