// A file system layer that can lose everything not synced, as a power cut would.
//
// Preloaded (LD_PRELOAD) into a program, it writes an undo journal: before a
// write, truncation, creation, rename or removal under the folder
// KORTVAKT_CRASH_FOLDER, it notes in the file KORTVAKT_CRASH_JOURNAL how to take
// it back. A sync of a file discards the notes on its contents; a sync of a
// folder those on its names. After the program was killed, `kortvakt-power-cut
// JOURNAL` (power_cut.cc) takes back what is left: just the synced state stands.
//
// Journal: records of "TYPE KEY LENGTH NAME\n" and LENGTH bytes; see journal.h.
// The harshest reading of POSIX: nothing unsynced survives, in no order.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/crash/journal.h"

namespace {

using kortvakt::testing::JournalRecord;

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

std::recursive_mutex& Lock() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

bool Watched(const std::string& path) {
  static const char* folder = std::getenv("KORTVAKT_CRASH_FOLDER");
  return folder != nullptr && path.rfind(folder, 0) == 0 &&
         // The shared-memory file of SQLite's WAL is rebuilt at the next start and never synced.
         (path.size() < 4 || path.compare(path.size() - 4, 4, "-shm") != 0);
}

std::string PathOf(int fd) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

std::string Absolute(const char* path) {
  if (path[0] == '/') return path;
  char* folder = getcwd(nullptr, 0);
  std::string result = folder == nullptr ? path : std::string(folder) + "/" + path;
  std::free(folder);
  return result;
}

void Note(const JournalRecord& record) {
  static const char* journal = std::getenv("KORTVAKT_CRASH_JOURNAL");
  if (journal == nullptr) return;
  static const int fd =
      Next<int (*)(const char*, int, ...)>("open")(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = kortvakt::testing::Encode(record);
  // One write: the journal itself must be whole when the program is killed.
  static const auto real = Next<ssize_t (*)(int, const void*, size_t)>("write");
  if (real(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
}

// Notes what stands at [offset, offset + count) of the file now, and its size.
void NoteContents(int fd, off_t offset, size_t count) {
  const std::string path = PathOf(fd);
  if (!Watched(path)) return;
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
  std::string before;
  if (offset < status.st_size) {
    before.resize(std::min(count, static_cast<size_t>(status.st_size - offset)));
    // The descriptor may be write-only.
    static const auto real_open = Next<int (*)(const char*, int, ...)>("open");
    const int reader = real_open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t got = pread(reader, before.data(), before.size(), offset);
    close(reader);
    before.resize(got < 0 ? 0 : static_cast<size_t>(got));
  }
  Note({'w', status.st_ino, offset, status.st_size, path, before});
}

void NoteName(char type, const std::string& path, const std::string& contents = "") {
  if (!Watched(path)) return;
  const std::string folder = path.substr(0, path.rfind('/'));
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return;
  Note({type, status.st_ino, 0, 0, path, contents});
}

std::string ContentsOf(const std::string& path) {
  std::string contents;
  static const auto real_open = Next<int (*)(const char*, int, ...)>("open");
  const int fd = real_open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return contents;
  char buffer[65536];
  for (ssize_t got = 0; (got = read(fd, buffer, sizeof buffer)) > 0;)
    contents.append(buffer, static_cast<size_t>(got));
  close(fd);
  return contents;
}

// Before a name comes to stand for another file: what it stands for now.
void NoteReplacement(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) {
    NoteName('r', path, ContentsOf(path));
  } else {
    NoteName('c', path);
  }
}

int Sync(int fd, int (*real)(int)) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const int result = real(fd);
  struct stat status {};
  if (result == 0 && fstat(fd, &status) == 0 && Watched(PathOf(fd) + "/")) {
    Note({S_ISDIR(status.st_mode) ? 'D' : 'S', status.st_ino, 0, 0, "", ""});
  }
  return result;
}

int OpenWith(int (*real)(const char*, int, ...), const char* path, int flags, mode_t mode) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const std::string name = Absolute(path);
  const bool exists = access(path, F_OK) == 0;
  if (Watched(name)) {
    if (!exists && (flags & O_CREAT) != 0) NoteName('c', name);
    if (exists && (flags & O_TRUNC) != 0) {
      static const auto real_open = Next<int (*)(const char*, int, ...)>("open");
      const int fd = real_open(path, O_RDONLY | O_CLOEXEC);
      struct stat status {};
      if (fd >= 0 && fstat(fd, &status) == 0) NoteContents(fd, 0, static_cast<size_t>(status.st_size));
      close(fd);
    }
  }
  return real(path, flags, mode);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return OpenWith(Next<int (*)(const char*, int, ...)>("open"), path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return OpenWith(Next<int (*)(const char*, int, ...)>("open64"), path, flags, mode);
}

int mkostemp(char* pattern, int flags) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const int fd = Next<int (*)(char*, int)>("mkostemp")(pattern, flags);
  if (fd >= 0) NoteName('c', Absolute(pattern));
  return fd;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const int flags = fcntl(fd, F_GETFL);
  struct stat status {};
  if (flags >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    const off_t at = (flags & O_APPEND) != 0 ? status.st_size : lseek(fd, 0, SEEK_CUR);
    NoteContents(fd, at, count);
  }
  return Next<ssize_t (*)(int, const void*, size_t)>("write")(fd, bytes, count);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  NoteContents(fd, offset, count);
  return Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite")(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t offset) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  NoteContents(fd, offset, count);
  return Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite64")(fd, bytes, count, offset);
}

int ftruncate(int fd, off_t size) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  struct stat status {};
  if (fstat(fd, &status) == 0) {
    NoteContents(fd, size, size < status.st_size ? static_cast<size_t>(status.st_size - size) : 0);
  }
  return Next<int (*)(int, off_t)>("ftruncate")(fd, size);
}

int ftruncate64(int fd, off_t size) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  struct stat status {};
  if (fstat(fd, &status) == 0) {
    NoteContents(fd, size, size < status.st_size ? static_cast<size_t>(status.st_size - size) : 0);
  }
  return Next<int (*)(int, off_t)>("ftruncate64")(fd, size);
}

int rename(const char* from, const char* to) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  NoteName('u', Absolute(from), ContentsOf(Absolute(from)));
  NoteReplacement(Absolute(to));
  return Next<int (*)(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const std::string name = Absolute(path);
  if (access(path, F_OK) == 0) NoteName('u', name, ContentsOf(name));
  return Next<int (*)(const char*)>("unlink")(path);
}

int remove(const char* path) {
  const std::lock_guard<std::recursive_mutex> lock(Lock());
  const std::string name = Absolute(path);
  if (access(path, F_OK) == 0) NoteName('u', name, ContentsOf(name));
  return Next<int (*)(const char*)>("remove")(path);
}

int fsync(int fd) { return Sync(fd, Next<int (*)(int)>("fsync")); }
int fdatasync(int fd) { return Sync(fd, Next<int (*)(int)>("fdatasync")); }

}  // extern "C"
