#include "common/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/descriptor.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

absl::Status WriteAll(int fd, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("writing ", path));
    }
    contents.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return ErrnoStatus(errno, absl::StrCat("syncing ", path));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return ErrnoStatus(errno, absl::StrCat("opening ", path));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return ErrnoStatus(errno, absl::StrCat("looking at ", path));
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  std::string contents;
  char buffer[65536];
  while (true) {
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("reading ", path));
    }
    if (count == 0) return contents;
    if (contents.size() + static_cast<size_t>(count) > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": larger than ", max_bytes, " bytes"));
    }
    contents.append(buffer, static_cast<size_t>(count));
  }
}

absl::Status WriteFileDurably(const std::string& path, std::string_view contents, unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  {
    const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) return ErrnoStatus(errno, absl::StrCat("creating a file beside ", path));
    // Errors name the file that is meant: the same words each time are logged once.
    absl::Status status = WriteAll(file.get(), contents, path);
    if (status.ok() && fchmod(file.get(), mode) != 0) {
      status = ErrnoStatus(errno, absl::StrCat("setting the mode of ", path));
    }
    if (!status.ok()) {
      unlink(temporary.c_str());
      return status;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status status = ErrnoStatus(errno, absl::StrCat("replacing ", path));
    unlink(temporary.c_str());
    return status;
  }
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("syncing the folder of ", path));
  }
  return absl::OkStatus();
}

}  // namespace kortvakt
