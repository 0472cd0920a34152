#include "agent/host/helper.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// A file in memory, to be read from its start. A pipe would make us wait for a reader beyond
// what it holds, which may be one page (pipe(7)), or be no reader any more.
absl::StatusOr<Descriptor> FileOf(std::string_view contents) {
  Descriptor file(memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) return ErrnoStatus(errno, "making a file in memory");
  for (size_t done = 0; done < contents.size();) {
    const ssize_t written =
        pwrite(file.get(), contents.data() + done, contents.size() - done, static_cast<off_t>(done));
    if (written < 0 && errno != EINTR) return ErrnoStatus(errno, "writing a helper's input");
    if (written > 0) done += static_cast<size_t>(written);
  }
  return file;
}

struct Pipe {
  Descriptor read;  // does not block
  Descriptor write;
};

// Closed in programs that are started.
absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return ErrnoStatus(errno, "making a pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) return ErrnoStatus(errno, "preparing a pipe");
  return pipe;
}

// A process that runs `program`, its standard input and output at these descriptors.
absl::StatusOr<int> Spawn(const std::string& program, const std::vector<std::string>& arguments, int input,
                          int output) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* const no_environment[] = {nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  // Signals that this program blocks or ignores must end the helper as usual.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), no_environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("starting ", program));
  return pid;
}

}  // namespace

std::string HelperProgram(const std::string& name) {
  std::array<char, PATH_MAX> path;
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  std::string folder(path.data(), size > 0 ? static_cast<size_t>(size) : 0);
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  const std::string beside = absl::StrCat(folder, "/", name);
  return access(beside.c_str(), X_OK) == 0 ? beside : absl::StrCat(folder, "/../libexec/kortvakt/", name);
}

absl::StatusOr<StartedHelper> StartHelper(const std::string& program,
                                          const std::vector<std::string>& arguments, std::string_view input) {
  ASSIGN_OR_RETURN(const Descriptor file, FileOf(input));
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ASSIGN_OR_RETURN(const int pid, Spawn(program, arguments, file.get(), out.write.get()));
  return StartedHelper{pid, std::move(out.read)};
}

}  // namespace kortvakt
