// Return codes of PC/SC as absl::Status, translated once, the name kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kortvakt {

// "SCARD_E_NO_SERVICE"; a code that has no name as "0x80100099".
std::string PcscCodeName(int64_t code);

// `code` as a status with the message "what: SCARD_...". OK for SCARD_S_SUCCESS.
//   kUnavailable         card, reader or service went away, or the card was reset
//   kFailedPrecondition  SCARD_E_SHARING_VIOLATION: another program has the card to itself
//   kDataLoss            the card does not answer to reset
//   kUnimplemented       reader and card do not agree on a protocol
//   kCancelled           SCardCancel
//   kDeadlineExceeded    time-out
//   kPermissionDenied, kResourceExhausted, kInvalidArgument, kInternal  as they say
absl::Status PcscStatus(int64_t code, std::string_view what);

// The name of the code that `status` was made of; the message where it was not made by PcscStatus.
std::string PcscCodeName(const absl::Status& status);

}  // namespace kortvakt
