#include "common/base/event.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <thread>

#include "tests/support/patience.h"

namespace kortvakt {
namespace {

// Whether it has happened, or does where we `wait`.
bool Happens(const Event& event, bool wait = false) {
  pollfd asked{event.descriptor(), POLLIN, 0};
  const auto patience = static_cast<int>(absl::ToInt64Milliseconds(testing::kPatience));
  return poll(&asked, 1, wait ? patience : 0) == 1 && asked.revents == POLLIN;
}

TEST(EventTest, HappensForGood) {
  const Event event;
  ASSERT_TRUE(event.status().ok());
  EXPECT_FALSE(Happens(event));
  event.Set();
  EXPECT_TRUE(Happens(event));
  event.Set();
  EXPECT_TRUE(Happens(event));
}

TEST(EventTest, WakesAnotherThread) {
  const Event event;
  bool woken = false;
  std::thread waits([&] { woken = Happens(event, true); });
  event.Set();
  waits.join();
  EXPECT_TRUE(woken);
}

TEST(EventTest, SaysThatTheSystemHasNoDescriptorLeft) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Event event;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(event.status())) << event.status();
  EXPECT_LT(event.descriptor(), 0);
  event.Set();
  EXPECT_FALSE(Happens(event));
}

}  // namespace
}  // namespace kortvakt
