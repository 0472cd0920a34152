// Status helpers: absl::Status and absl::StatusOr are the only way errors travel.
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kortvakt {

// `status` with "where: " put before its message; unchanged when OK.
absl::Status Annotate(const absl::Status& status, std::string_view where);

// An OS error: maps `error_number` (errno) to the nearest code, message
// "what: strerror".
absl::Status ErrnoStatus(int error_number, std::string_view what);

// OpenSSL's newest queued error as kInvalidArgument "what: reason"; the queue is
// empty afterwards, so that no old error shows up in a later message.
absl::Status OpenSslStatus(std::string_view what);

}  // namespace kortvakt

#define KORTVAKT_CONCAT_(a, b) a##b
#define KORTVAKT_CONCAT(a, b) KORTVAKT_CONCAT_(a, b)

// Returns from the calling function when `expression` is not OK.
#define RETURN_IF_ERROR(expression)                                 \
  do {                                                              \
    if (absl::Status status_ = (expression); !status_.ok()) {       \
      return status_;                                               \
    }                                                               \
  } while (false)

// ASSIGN_OR_RETURN(auto x, Function()): the value, or returns the error.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_(KORTVAKT_CONCAT(status_or_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_(temporary, declaration, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) return temporary.status();             \
  declaration = *std::move(temporary)
