#include "tests/support/pcsc/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

// In the child, between fork and exec: async-signal-safe calls only. Returns errno.
int Become(char* const* arguments, char* const* environment, const char* output, int death_signal,
           pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, death_signal);
  if (getppid() != parent) _exit(127);  // the parent ended before prctl
  if (*output != '\0') {
    const int file = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
  }
  execve(arguments[0], arguments, environment);
  return errno;
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& command,
                                                 const Options& options) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> settings;
  for (const auto& [name, value] : options.environment) settings.push_back(absl::StrCat(name, "=", value));
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  // The first of two settings of a name counts (getenv(3)).
  for (char** old = environ; *old != nullptr; ++old) environment.push_back(*old);
  environment.push_back(nullptr);

  int report[2];  // carries errno out of the child; closed by a successful exec
  if (pipe2(report, O_CLOEXEC) != 0) return ErrnoStatus(errno, "pipe");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    const int error = errno;
    close(report[0]);
    close(report[1]);
    return ErrnoStatus(error, "fork");
  }
  if (pid == 0) {
    const int error = Become(arguments.data(), environment.data(), options.output.c_str(),
                             options.death_signal, parent);
    [[maybe_unused]] const ssize_t written = write(report[1], &error, sizeof error);
    _exit(127);
  }
  close(report[1]);
  int error = 0;
  const bool failed = read(report[0], &error, sizeof error) == sizeof error;
  close(report[0]);
  // glibc 2.36 declares pidfd_open without C linkage.
  ChildProcess child(pid, static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (child.descriptor_ < 0) {
    const int why = errno;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return ErrnoStatus(why, "pidfd_open");
  }
  if (failed) return ErrnoStatus(error, absl::StrCat("starting ", command[0]));
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      exit_status_(other.exit_status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  Stop();
  pid_ = std::exchange(other.pid_, -1);
  descriptor_ = std::exchange(other.descriptor_, -1);
  exit_status_ = other.exit_status_;
  return *this;
}

ChildProcess::~ChildProcess() { Stop(); }

bool ChildProcess::Running() const {
  if (descriptor_ < 0) return false;
  pollfd ended{descriptor_, POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

void ChildProcess::Signal(int number) const {
  if (descriptor_ >= 0) kill(pid_, number);
}

absl::StatusOr<int> ChildProcess::Wait(absl::Duration limit) {
  if (descriptor_ < 0) return exit_status_;
  pollfd ended{descriptor_, POLLIN, 0};
  const absl::Time end = absl::Now() + limit;
  int ready = 0;
  do {
    const absl::Duration left = std::max(end - absl::Now(), absl::ZeroDuration());
    ready = poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(left)));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return absl::DeadlineExceededError(absl::StrCat("process ", pid_, " is still running"));
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  close(std::exchange(descriptor_, -1));
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_status_;
}

void ChildProcess::Stop(absl::Duration patience) {
  if (descriptor_ < 0) return;
  Signal(SIGTERM);
  if (Wait(patience).ok()) return;
  Signal(SIGKILL);
  Wait(absl::Seconds(30)).IgnoreError();
}

}  // namespace kortvakt::testing
