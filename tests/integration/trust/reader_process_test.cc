#include "agent/trust/reader_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/trust/store_reading.h"
#include "tests/integration/trust/user_home.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

// A clock that the test moves. While Wait() looks at it, it may run by itself.
class TestClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch(); }
  absl::Duration Monotonic() const override {
    now_ += step;
    return now_;
  }
  void Advance(absl::Duration by) { now_ += by; }
  absl::Duration step;

 private:
  mutable absl::Duration now_;
};

class ReaderProcessTest : public ::testing::Test {
 protected:
  std::string Script(const std::string& text) {
    const std::string path = folder_.Write("reader", "#!/bin/sh\n" + text);
    chmod(path.c_str(), 0755);
    return path;
  }
  absl::StatusOr<std::string> Run(ReaderProcess& reader, const std::string& input = "") {
    reader.Start({"one", "two words"}, input);
    ReaderProcess::Wait({&reader});
    return reader.TakeAnswer();
  }
  TemporaryFolder folder_;
  TestClock clock_;
};

TEST_F(ReaderProcessTest, PassesArgumentsAndInputAndNoEnvironment) {
  ReaderProcess reader(Script("echo \"$#:$2:$(/bin/cat):$HOME\"\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_EQ(*Run(reader, "known"), "2:two words:known:\n");
  EXPECT_EQ(*Run(reader, ""), "2:two words::\n") << "again";
}

TEST_F(ReaderProcessTest, SaysWhyThereIsNoAnswer) {
  ReaderProcess failed(Script("printf 'no such home\\033[31m'; exit 1\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_EQ(Run(failed).status().message(), "the trust reader failed: no such home [31m");
  ReaderProcess killed(Script("kill -SEGV $$\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_THAT(Run(killed).status().message(), HasSubstr("ended by a signal"));
  ReaderProcess nowhere("/nonexistent/reader", kMaxUserAnswerBytes, clock_);
  EXPECT_THAT(Run(nowhere).status().message(), HasSubstr("/nonexistent/reader"));
  ReaderProcess silent(Script(""), kMaxUserAnswerBytes, clock_);
  EXPECT_EQ(*Run(silent), "");
}

TEST_F(ReaderProcessTest, DoesNotWaitForOneThatHangs) {
  clock_.step = absl::Seconds(3);
  ReaderProcess reader(Script("exec /bin/sleep 600\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_THAT(Run(reader).status().message(), HasSubstr("did not answer in time"));
  clock_.step = absl::ZeroDuration();
  // For a while it is not asked again; then it is.
  Script("echo well\n");
  EXPECT_THAT(Run(reader).status().message(), HasSubstr("did not answer in time"));
  clock_.Advance(absl::Minutes(16));
  // The one that hung was killed; there is no other until it has ended.
  absl::StatusOr<std::string> answer = Run(reader);
  for (int i = 0; i < 5000 && !answer.ok(); ++i) {
    usleep(1000);
    answer = Run(reader);
  }
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "well\n");
}

TEST_F(ReaderProcessTest, DoesNotWaitForOneThatClosesItsOutputAndStays) {
  ReaderProcess reader(Script("exec 1>&-\nexec /bin/sleep 600\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_THAT(Run(reader).status().message(), HasSubstr("does not end"));
}

TEST_F(ReaderProcessTest, DoesNotTakeMoreThanItsLimit) {
  ReaderProcess reader(Script("exec /bin/cat /dev/zero\n"), kMaxUserAnswerBytes, clock_);
  EXPECT_THAT(Run(reader).status().message(), HasSubstr("said too much"));
}

TEST_F(ReaderProcessTest, WaitsForAllAtOnce) {
  // Each waits for the other: a pipe between them.
  const std::string pipe = folder_.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  ReaderProcess first(Script("echo x > " + pipe + "\necho first\n"), kMaxUserAnswerBytes, clock_);
  const std::string path = folder_.Write("second", "#!/bin/sh\nread x < " + pipe + "\necho second\n");
  chmod(path.c_str(), 0755);
  ReaderProcess second(path, kMaxUserAnswerBytes, clock_);
  first.Start({}, "");
  second.Start({}, "");
  ReaderProcess::Wait({&first, &second});
  EXPECT_EQ(*first.TakeAnswer(), "first\n");
  EXPECT_EQ(*second.TakeAnswer(), "second\n");
}

}  // namespace
}  // namespace kortvakt
