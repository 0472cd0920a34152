#include "agent/host/helper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "tests/support/patience.h"
#include "tests/support/pki/openssl_oracle.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

class HelperTest : public ::testing::Test {
 protected:
  ~HelperTest() override {
    // Nobody is left behind.
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }
  std::string Script(const std::string& text) {
    const std::string path = folder_.Write("helper", "#!/bin/sh\n" + text);
    EXPECT_EQ(chmod(path.c_str(), 0755), 0);
    return path;
  }
  // All that it says, until it closes its output.
  static std::string Heard(const StartedHelper& helper) {
    std::string text;
    std::array<char, 65536> buffer;
    while (true) {
      const ssize_t count = read(helper.output.get(), buffer.data(), buffer.size());
      if (count == 0) return text;
      if (count > 0) {
        text.append(buffer.data(), static_cast<size_t>(count));
        continue;
      }
      if (errno != EAGAIN) return absl::StrCat("read: ", errno);
      pollfd wait{helper.output.get(), POLLIN, 0};
      if (poll(&wait, 1, absl::ToInt64Milliseconds(testing::kPatience)) != 1) return "nothing was said";
    }
  }
  static int Ended(const StartedHelper& helper) {
    int status = 0;
    EXPECT_EQ(waitpid(helper.pid, &status, 0), helper.pid);
    return status;
  }
  // What a helper says that is started, and ends by itself.
  std::string Said(const std::string& script, const std::vector<std::string>& arguments = {},
                   const std::string& input = "") {
    const auto helper = StartHelper(Script(script), arguments, input);
    EXPECT_TRUE(helper.ok()) << helper.status();
    if (!helper.ok()) return "";
    std::string text = Heard(*helper);
    EXPECT_EQ(Ended(*helper), 0);
    return text;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(HelperTest, HasItsArgumentsAndItsInputAndNothingElse) {
  setenv("KORTVAKT_TEST", "not the helper's", 1);
  const Descriptor open(dup(STDOUT_FILENO));
  EXPECT_EQ(Said("/usr/bin/env | /bin/grep KORTVAKT\n"
                 "echo \"$#:$2\"\n"
                 "/bin/cat\n"
                 "[ -e /proc/self/fd/" +
                     std::to_string(open.get()) + " ] && echo 'a file is open'\ntrue\n",
                 {"one", "two words"}, std::string("in\0put\n", 7)),
            std::string("2:two words\nin\0put\n", 19));
  unsetenv("KORTVAKT_TEST");
  EXPECT_EQ(Said("/bin/cat"), "");
}

// Far beyond what any pipe holds.
TEST_F(HelperTest, ReadsAllOfALargeInput) {
  std::string input;
  while (input.size() < 4u << 20) absl::StrAppend(&input, input.size(), "\n");
  EXPECT_TRUE(Said("/bin/cat\n", {}, input) == input);
}

TEST_F(HelperTest, NeedNotReadItsInput) {
  const std::string input(4u << 20, 'x');
  ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
  EXPECT_EQ(Said("echo well\n", {}, input), "well\n") << "ends at once";
  EXPECT_EQ(Said("exec 0<&-\necho well\n", {}, input), "well\n") << "closes it";
  const auto silent = StartHelper(Script("exec /bin/sleep 600\n"), {}, input);
  ASSERT_TRUE(silent.ok()) << silent.status();
  EXPECT_EQ(kill(silent->pid, SIGKILL), 0);
  EXPECT_TRUE(WIFSIGNALED(Ended(*silent))) << "never looks at it";
}

TEST_F(HelperTest, IsListenedToWithoutWaiting) {
  const auto silent = StartHelper(Script("exec /bin/sleep 600\n"), {}, "");
  ASSERT_TRUE(silent.ok()) << silent.status();
  char byte = 0;
  EXPECT_EQ(read(silent->output.get(), &byte, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(kill(silent->pid, SIGKILL), 0);
  Ended(*silent);
}

TEST_F(HelperTest, IsEndedBySignalsThatThisProgramBlocksOrIgnores) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigset_t before;
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &term, &before), 0);
  ASSERT_NE(signal(SIGPIPE, SIG_IGN), SIG_ERR);
  for (const char* name : {"TERM", "PIPE"}) {
    const auto helper = StartHelper(Script(absl::StrCat("kill -", name, " $$\n")), {}, "");
    ASSERT_TRUE(helper.ok()) << helper.status();
    EXPECT_TRUE(WIFSIGNALED(Ended(*helper))) << name;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(HelperTest, IsNamedWhereItCannotBeStarted) {
  const absl::Status missing = StartHelper("/nonexistent/helper", {}, "").status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("starting /nonexistent/helper"));
}

}  // namespace
}  // namespace kortvakt
