// Whole files, read with a limit and written so that a power cut leaves the old
// one or the new one.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kortvakt {

// Contents of the regular file at `path`. kNotFound, kPermissionDenied as the
// system says; kInvalidArgument: not a regular file (a pipe could hang us);
// kResourceExhausted: larger than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = 16u << 20);

// Replaces `path` by a file with `contents` and `mode` (permission bits): written
// beside it, synced, renamed, folder synced. On an error the old file stands.
absl::Status WriteFileDurably(const std::string& path, std::string_view contents, unsigned mode);

}  // namespace kortvakt
