// Instants as whole seconds, so that every verdict is exact to the second and no
// sum can overflow, whatever dates a certificate bears.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

// Far beyond the years 1 to 9999 that certificates can bear; sums of a few stay
// far within 64 bits.
inline constexpr int64_t kFarSeconds = 1'000'000'000'000'000;

// Seconds since 1970, UTC; fractions are cut downwards.
inline int64_t WholeSeconds(absl::Time time) {
  return std::clamp(absl::ToUnixSeconds(time), -kFarSeconds, kFarSeconds);
}
inline int64_t WholeSeconds(absl::Duration duration) {
  return std::clamp(absl::ToInt64Seconds(duration), -kFarSeconds, kFarSeconds);
}
inline absl::Time InstantOf(int64_t seconds) {
  if (seconds >= kFarSeconds) return absl::InfiniteFuture();
  return absl::FromUnixSeconds(seconds);
}

enum class Validity { kNotYet, kValid, kExpired };

// RFC 5280, 4.1.2.5: from notBefore to notAfter, both included.
inline Validity ValidityAt(const CertificateFacts& certificate, int64_t now) {
  if (now > WholeSeconds(certificate.not_after)) return Validity::kExpired;
  return now < WholeSeconds(certificate.not_before) ? Validity::kNotYet : Validity::kValid;
}

}  // namespace kortvakt
