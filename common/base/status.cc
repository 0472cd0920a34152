#include "common/base/status.h"

#include <openssl/err.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace kortvakt {

absl::Status Annotate(const absl::Status& status, std::string_view where) {
  if (status.ok()) return status;
  return {status.code(), absl::StrCat(std::string(where), ": ", status.message())};
}

absl::Status ErrnoStatus(int error_number, std::string_view what) {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = absl::StatusCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = absl::StatusCode::kPermissionDenied;
      break;
    case EEXIST:
    case EADDRINUSE:
      code = absl::StatusCode::kAlreadyExists;
      break;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      code = absl::StatusCode::kResourceExhausted;
      break;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
      code = absl::StatusCode::kUnavailable;
      break;
    case ETIMEDOUT:
    case EAGAIN:
      code = absl::StatusCode::kDeadlineExceeded;
      break;
    default:
      break;
  }
  return {code, absl::StrCat(std::string(what), ": ",
                             std::generic_category().message(error_number))};
}

absl::Status OpenSslStatus(std::string_view what) {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  const std::string text = reason != nullptr ? reason : "unknown reason";
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(std::string(what), ": ", text));
}

}  // namespace kortvakt
