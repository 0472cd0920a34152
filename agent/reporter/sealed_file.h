// Files of the agent's own that must be whole or be known not to be.
//
// Format: a line "KIND 1 SHA256\n" with the SHA-256 (64 lower-case hex digits) of the
// rest, and the rest. A file is written beside, synced and renamed, so that a power cut
// leaves the old one or the new one.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kortvakt {

// Replaces `path`, mode 0600, by a file of `kind` (a word) with `body`. On an error the
// old file stands.
absl::Status WriteSealedFile(const std::string& path, std::string_view kind, std::string_view body);

// The body of the file at `path`, at most `max_bytes`. kDataLoss: it is not whole, or of
// another kind; other errors as ReadFile (common/base/files.h) has them.
absl::StatusOr<std::string> ReadSealedFile(const std::string& path, std::string_view kind, size_t max_bytes);

// Whether `name` is what a crash in WriteSealedFile leaves of a file whose name ends in
// `ending`.
bool IsHalfWritten(std::string_view name, std::string_view ending);

}  // namespace kortvakt
