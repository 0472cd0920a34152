#include "agent/trust/home_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// Folders on the way may have names of the user's own: messages have the file's only,
// or the folder's in whose place "FOLDER/." asks.
std::string FileName(absl::string_view path) {
  absl::ConsumeSuffix(&path, "/.");
  return std::string(path.substr(path.rfind('/') + 1));
}

absl::Status OpenError(int error, const std::string& name) {
  switch (error) {
    case ELOOP:
      return absl::FailedPreconditionError(absl::StrCat(name, ": a symbolic link is on the way"));
    case EXDEV:
      return absl::FailedPreconditionError(absl::StrCat(name, ": leads out of the home's file system"));
    case ENOTDIR:
      return absl::NotFoundError(absl::StrCat(name, ": no such file"));
    default:
      return ErrnoStatus(error, name);
  }
}

// Whether both are on the same mount; 0, or the error.
int SameMount(const Descriptor& one, const Descriptor& other) {
  struct statx first {};
  struct statx second {};
  if (statx(one.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &first) != 0 ||
      statx(other.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &second) != 0) {
    return errno;
  }
  // Before Linux 5.8 there are devices only, and files of an overlay may have others than their folder.
  const bool same =
      (first.stx_mask & second.stx_mask & STATX_MNT_ID) != 0
          ? first.stx_mnt_id == second.stx_mnt_id
          : first.stx_dev_major == second.stx_dev_major && first.stx_dev_minor == second.stx_dev_minor;
  return same ? 0 : EXDEV;
}

bool IsLink(const Descriptor& file) {
  struct stat status {};
  return fstat(file.get(), &status) == 0 && S_ISLNK(status.st_mode);
}

}  // namespace

absl::StatusOr<HomeFolder> HomeFolder::Open(const std::string& path) {
  Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  // The home's path may name its user.
  if (folder.get() < 0) return ErrnoStatus(errno, "the home folder");
  return HomeFolder(std::move(folder));
}

bool HomeFolder::IsMine() const {
  struct stat status {};
  return fstat(folder_.get(), &status) == 0 && status.st_uid == geteuid();
}

// Step by step: openat2(2), which could do it at once, is not to be had in a service with
// RestrictSUIDSGID=, which DynamicUser= brings along (systemd.exec(5)). O_PATH alone opens nothing and
// mounts nothing.
absl::StatusOr<Descriptor> HomeFolder::Find(const std::string& path, Descriptor& folder) const {
  const std::string name = FileName(path);
  folder = Descriptor(openat(folder_.get(), ".", O_PATH | O_CLOEXEC));
  if (folder.get() < 0) return OpenError(errno, name);
  Descriptor found;
  for (const absl::string_view step : absl::StrSplit(path, '/')) {
    if (step.empty() || step == "..") return OpenError(EXDEV, name);
    if (found.get() >= 0) folder = std::move(found);
    if (IsLink(folder)) return OpenError(ELOOP, name);
    found = Descriptor(openat(folder.get(), std::string(step).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (found.get() < 0) return OpenError(errno, name);
    const int error = SameMount(folder_, found);
    if (error != 0) return OpenError(error, name);
  }
  return found;
}

absl::StatusOr<std::string> HomeFolder::Read(const std::string& path, size_t max_bytes) const {
  const std::string name = FileName(path);
  Descriptor folder;
  ASSIGN_OR_RETURN(const Descriptor found, Find(path, folder));
  if (IsLink(found)) return OpenError(ELOOP, name);
  const Descriptor file(openat(folder.get(), path.c_str() + path.rfind('/') + 1,
                               O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) return OpenError(errno, name);
  const int error = SameMount(folder_, file);  // it may be another by now
  if (error != 0) return OpenError(error, name);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return ErrnoStatus(errno, name);
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError(absl::StrCat(name, ": not a regular file"));
  std::string contents;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, name);
    }
    if (count == 0) return contents;
    if (contents.size() + static_cast<size_t>(count) > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(name, ": larger than ", max_bytes, " bytes"));
    }
    contents.append(buffer.data(), static_cast<size_t>(count));
  }
}

absl::Status HomeFolder::Find(const std::string& path) const {
  Descriptor folder;
  return Find(path, folder).status();
}

size_t HomeFolder::SizeOf(const std::string& path) const {
  Descriptor folder;
  const absl::StatusOr<Descriptor> file = Find(path, folder);
  struct stat status {};
  return file.ok() && fstat(file->get(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

std::string HomeFolder::NeighbourByLink(const std::string& path) const {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  Descriptor folder;
  if (!Find(path, folder).ok()) return "";
  std::array<char, 256> target;
  const ssize_t size = readlinkat(folder.get(), path.c_str() + slash + 1, target.data(), target.size());
  if (size <= 0 || size == static_cast<ssize_t>(target.size())) return "";
  const std::string name(target.data(), static_cast<size_t>(size));
  const bool neighbour = name != "." && name != ".." && name.find('/') == std::string::npos;
  return neighbour ? path.substr(0, slash + 1) + name : "";
}

}  // namespace kortvakt
