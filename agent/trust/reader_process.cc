#include "agent/trust/reader_process.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/host/helper.h"
#include "common/base/bytes.h"
#include "common/base/descriptor.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kALittle = absl::Milliseconds(500);  // for the program's own limit to hold first
constexpr absl::Duration kAfterTooLate = absl::Minutes(15);

}  // namespace

struct ReaderProcess::Child {
  StartedHelper helper;  // its output is closed when it is given up
  std::string text;
};

std::string DefaultReaderProgram() { return HelperProgram("kortvakt-trust-reader"); }

ReaderProcess::ReaderProcess(std::string program, size_t max_answer, const Clock& clock)
    : program_(std::move(program)),
      max_answer_(max_answer),
      clock_(clock),
      answer_(absl::UnavailableError("not started")) {}

ReaderProcess::~ReaderProcess() {
  if (child_ == nullptr) return;
  kill(child_->helper.pid, SIGKILL);
  Reap();
}

// Whether there is no process any more.
bool ReaderProcess::Reap() {
  if (child_ == nullptr) return true;
  int status = 0;
  const pid_t ended = waitpid(child_->helper.pid, &status, WNOHANG);
  if (ended == 0) return false;
  if (child_->helper.output.get() < 0) {
    child_.reset();  // given up before
    return true;
  }
  if (ended == child_->helper.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    answer_ = std::move(child_->text);
  } else if (ended == child_->helper.pid && WIFEXITED(status)) {
    answer_ = absl::UnavailableError(absl::StrCat(
        "the trust reader failed: ", child_->text.empty() ? "no reason given" : CleanText(child_->text)));
  } else {
    answer_ = absl::UnavailableError("the trust reader was ended by a signal");
    not_before_ = clock_.Monotonic() + kAfterTooLate;
  }
  child_.reset();
  return true;
}

// Gives the process up: it is killed where that is allowed, and reaped when it ends.
void ReaderProcess::Fail(const std::string& why) {
  answer_ = absl::UnavailableError(why);
  not_before_ = clock_.Monotonic() + kAfterTooLate;
  child_->helper.output = Descriptor();
  child_->text.clear();
  kill(child_->helper.pid, SIGKILL);
}

void ReaderProcess::Start(const std::vector<std::string>& arguments, const std::string& input) {
  if (!Reap() || clock_.Monotonic() < not_before_) return;  // the answer is still why
  absl::StatusOr<StartedHelper> started = StartHelper(program_, arguments, input);
  if (started.ok()) {
    child_ = std::make_unique<Child>(Child{*std::move(started), ""});
  } else {
    answer_ = absl::UnavailableError(started.status().message());
  }
}

void ReaderProcess::ReadSome() {
  std::array<char, 65536> buffer;
  const ssize_t count = read(child_->helper.output.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count > 0) {
    child_->text.append(buffer.data(), static_cast<size_t>(count));
    if (child_->text.size() > max_answer_) Fail("the trust reader said too much");
    return;
  }
  // It closed its output, and ends now if it is ours.
  for (int tries = 0; !Reap() && tries < 100; ++tries) usleep(1000);
  if (child_ != nullptr) Fail("the trust reader does not end");
}

void ReaderProcess::Wait(const std::vector<ReaderProcess*>& readers) {
  if (readers.empty()) return;
  const Clock& clock = readers.front()->clock_;
  const absl::Duration end = clock.Monotonic() + kReaderTime + kALittle;
  while (true) {
    std::vector<pollfd> polled;
    std::vector<ReaderProcess*> waiting;
    for (ReaderProcess* reader : readers) {
      if (reader->child_ == nullptr || reader->child_->helper.output.get() < 0) continue;
      waiting.push_back(reader);
      polled.push_back({reader->child_->helper.output.get(), POLLIN, 0});
    }
    if (waiting.empty()) return;
    const absl::Duration left = end - clock.Monotonic();
    if (left <= absl::ZeroDuration()) {
      for (ReaderProcess* reader : waiting) reader->Fail("the trust reader did not answer in time");
      return;
    }
    if (poll(polled.data(), polled.size(), static_cast<int>(absl::ToInt64Milliseconds(left)) + 1) < 0)
      continue;
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (polled[i].revents != 0) waiting[i]->ReadSome();
    }
  }
}

absl::StatusOr<std::string> ReaderProcess::TakeAnswer() {
  if (!answer_.ok()) return answer_;
  return std::exchange(answer_, absl::UnavailableError("not started"));
}

}  // namespace kortvakt
