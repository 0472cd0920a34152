#include "agent/trust/home_folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"
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

absl::StatusOr<Descriptor> HomeFolder::OpenBelow(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, folder_.get(), path.c_str(), &how, sizeof how);
  if (fd < 0) return OpenError(errno, FileName(path));
  return Descriptor(static_cast<int>(fd));
}

absl::StatusOr<std::string> HomeFolder::Read(const std::string& path, size_t max_bytes) const {
  ASSIGN_OR_RETURN(const Descriptor file, OpenBelow(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  const std::string name = FileName(path);
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

absl::Status HomeFolder::Find(const std::string& path) const { return OpenBelow(path, O_PATH).status(); }

size_t HomeFolder::SizeOf(const std::string& path) const {
  const absl::StatusOr<Descriptor> file = OpenBelow(path, O_PATH);
  struct stat status {};
  return file.ok() && fstat(file->get(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

std::string HomeFolder::NeighbourByLink(const std::string& path) const {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  const absl::StatusOr<Descriptor> folder = OpenBelow(path.substr(0, slash), O_PATH | O_DIRECTORY);
  if (!folder.ok()) return "";
  std::array<char, 256> target;
  const ssize_t size = readlinkat(folder->get(), path.c_str() + slash + 1, target.data(), target.size());
  if (size <= 0 || size == static_cast<ssize_t>(target.size())) return "";
  const std::string name(target.data(), static_cast<size_t>(size));
  const bool neighbour = name != "." && name != ".." && name.find('/') == std::string::npos;
  return neighbour ? path.substr(0, slash + 1) + name : "";
}

}  // namespace kortvakt
