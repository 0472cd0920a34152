#include "agent/revocation/openssl_names.h"

#include <openssl/bn.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxSerialDigits = 128;
constexpr absl::Duration kTolerance = absl::Minutes(5);  // as Kerberos has it (RFC 4120, 8.2)

}  // namespace

IntegerPtr SerialFromHex(std::string_view hex) {
  const std::string_view digits = !hex.empty() && hex.front() == '-' ? hex.substr(1) : hex;
  if (digits.empty() || digits.size() > kMaxSerialDigits ||
      digits.find_first_not_of("0123456789ABCDEFabcdef") != digits.npos) {
    return nullptr;
  }
  const std::string text(hex);
  BIGNUM* number = nullptr;
  if (BN_hex2bn(&number, text.c_str()) == 0) return nullptr;
  IntegerPtr serial(BN_to_ASN1_INTEGER(number, nullptr));
  BN_free(number);
  return serial;
}

std::optional<absl::Time> TimeOf(const ASN1_TIME* time) {
  struct tm civil {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) return std::nullopt;
  return absl::FromCivil(absl::CivilSecond(civil.tm_year + 1900, civil.tm_mon + 1, civil.tm_mday,
                                           civil.tm_hour, civil.tm_min, civil.tm_sec),
                         absl::UTCTimeZone());
}

bool IsCurrent(absl::Time now, absl::Duration without_next, RevocationAnswer& answer) {
  const auto old = [&](absl::Time since) {
    answer.problem = RevocationProblem::kNotCurrent;
    answer.detail = FormatUtc(since);
    return false;
  };
  if (!answer.this_update) {
    answer.problem = RevocationProblem::kMalformed;
    return false;
  }
  if (*answer.this_update > now + kTolerance) return old(*answer.this_update);
  const absl::Time end = answer.next_update.value_or(*answer.this_update + without_next);
  return end < now - kTolerance ? old(end) : true;
}

RevocationReason ReasonOf(long code) {
  switch (code) {
    case 1:
      return RevocationReason::kKeyCompromise;
    case 2:
    case 10:  // aACompromise
      return RevocationReason::kCaCompromise;
    case 3:
      return RevocationReason::kAffiliationChanged;
    case 4:
      return RevocationReason::kSuperseded;
    case 5:
      return RevocationReason::kCessationOfOperation;
    case 6:
      return RevocationReason::kCertificateHold;
    case 9:
      return RevocationReason::kPrivilegeWithdrawn;
    default:
      return RevocationReason::kUnspecified;
  }
}

RevocationAnswer Unknown(RevocationProblem problem, std::string_view detail) {
  RevocationAnswer answer;
  answer.problem = problem;
  answer.detail = std::string(detail);
  return answer;
}

}  // namespace kortvakt
