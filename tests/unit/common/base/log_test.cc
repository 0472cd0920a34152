#include "common/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What is written to standard error at `level`.
std::string Written(const std::string& level) {
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  ::testing::internal::CaptureStderr();
  StartLog(level);
  spdlog::info("an info");
  spdlog::warn("a warning");
  LogAudit("somebody: listed cards");
  const std::string written = ::testing::internal::GetCapturedStderr();
  spdlog::set_default_logger(before);
  return written;
}

TEST(LogTest, WritesFromItsLevelUp) {
  EXPECT_THAT(Written("info"), HasSubstr("info an info\n"));
  EXPECT_THAT(Written("warning"), Not(HasSubstr("an info")));
  EXPECT_THAT(Written("warning"), HasSubstr("warning a warning\n"));
  EXPECT_THAT(Written("error"), Not(HasSubstr("a warning")));
}

TEST(LogTest, WritesAuditLinesWhateverTheLevel) {
  for (const char* level : {"debug", "info", "warning", "error"}) {
    EXPECT_THAT(Written(level), HasSubstr("Z info audit: somebody: listed cards\n")) << level;
  }
}

TEST(LogTest, GivesAuditLinesJournaldsPriority) {
  setenv("JOURNAL_STREAM", "1:2", 1);
  EXPECT_EQ(Written("error"), "<6>audit: somebody: listed cards\n");
  unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace kortvakt
