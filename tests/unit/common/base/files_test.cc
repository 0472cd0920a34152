#include "common/base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace kortvakt {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::string pattern = ::testing::TempDir() + "files.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FilesTest, ReadsWhatWasWrittenWithTheModeAskedFor) {
  const std::string path = folder_ + "/a";
  const std::string contents("x\0y\n", 4);
  ASSERT_TRUE(WriteFileDurably(path, contents, 0640).ok());
  EXPECT_EQ(*ReadFile(path), contents);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(FilesTest, ReplacesAFileAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteFileDurably(folder_ + "/a", "old", 0600).ok());
  ASSERT_TRUE(WriteFileDurably(folder_ + "/a", "new", 0600).ok());
  EXPECT_EQ(*ReadFile(folder_ + "/a"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FilesTest, RefusesWhatIsNoRegularFileWithoutHanging) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(pipe).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(folder_).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile("/dev/zero").status()));
}

TEST_F(FilesTest, StopsAtTheLimit) {
  ASSERT_TRUE(WriteFileDurably(folder_ + "/a", std::string(1000, 'x'), 0600).ok());
  EXPECT_TRUE(ReadFile(folder_ + "/a", 1000).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile(folder_ + "/a", 999).status()));
}

// What is tried again and again is logged once by this.
TEST_F(FilesTest, SaysTheSameEachTimeThatAFileCannotBeWritten) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status first = WriteFileDurably(folder_ + "/a", std::string(100, 'x'), 0600);
  const absl::Status second = WriteFileDurably(folder_ + "/a", std::string(100, 'x'), 0600);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(first, second);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(FilesTest, SaysThatAFolderIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(ReadFile(folder_ + "/none").status()));
  EXPECT_TRUE(absl::IsNotFound(WriteFileDurably(folder_ + "/none/a", "x", 0600)));
}

}  // namespace
}  // namespace kortvakt
