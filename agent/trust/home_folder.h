// Files below a user's home, opened so that nothing in the home leads out of it.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/descriptor.h"

namespace kortvakt {

// An open home folder. Paths are relative to it. No symbolic link is followed, no
// mount point crossed (so none is automounted), and only regular files are read,
// opened without blocking. Errors name the file, not the folders on the way: those
// may have names of the user's own.
class HomeFolder {
 public:
  static absl::StatusOr<HomeFolder> Open(const std::string& path);

  // Whether the folder is of the user that this process is.
  bool IsMine() const;

  // Contents of a file. kNotFound; kPermissionDenied; kInvalidArgument: not a
  // regular file; kFailedPrecondition: a symbolic link or a mount point on the
  // way; kResourceExhausted: larger than `max_bytes`.
  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) const;

  // OK when there is something at `path`, of whatever kind; errors as for Read. A
  // symbolic link is something itself; "FOLDER/." finds a folder that can be entered.
  absl::Status Find(const std::string& path) const;

  // Size of the file; 0 also when it is not there or cannot be looked at.
  size_t SizeOf(const std::string& path) const;

  // What the symbolic link at `path` says, when it is the name of a neighbour;
  // else empty. (Snap's "current".)
  std::string NeighbourByLink(const std::string& path) const;

 private:
  explicit HomeFolder(Descriptor folder) : folder_(std::move(folder)) {}
  // What is at `path`, by O_PATH; `folder` becomes the one that it is in.
  absl::StatusOr<Descriptor> Find(const std::string& path, Descriptor& folder) const;

  Descriptor folder_;
};

}  // namespace kortvakt
