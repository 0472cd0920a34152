#include "common/base/server_address.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(ServerAddressTest, TakesHostPortAndDefaults) {
  const auto parsed = [](const std::string& text) {
    const auto address = ParseServerAddress(text, 7443);
    return address.ok() ? FormatServerAddress(*address) : "error";
  };
  EXPECT_EQ(parsed("collector.example.org"), "collector.example.org:7443");
  EXPECT_EQ(parsed("collector.example.org:1"), "collector.example.org:1");
  EXPECT_EQ(parsed("[2001:db8::1]:65535"), "[2001:db8::1]:65535");
  EXPECT_EQ(parsed("[2001:db8::1]"), "[2001:db8::1]:7443");
  EXPECT_EQ(parsed("2001:db8::1"), "[2001:db8::1]:7443");
}

TEST(ServerAddressTest, RefusesToConnectToWhatIsNone) {
  for (const char* text : {"", ":7443", "host:", "host:0", "host:65536", "host:7443x", "host:-1", "[::1",
                           "[::1]7443", "https://host", "ho st", "[]:1"}) {
    EXPECT_EQ(ParseServerAddress(text, 7443).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ServerAddressTest, TakesAnAddressToListenAtWithAnyPort) {
  EXPECT_EQ(ParseListenAddress("0.0.0.0:0")->port, 0);
  EXPECT_EQ(ParseListenAddress("[::1]:7443")->host, "::1");
  EXPECT_EQ(ParseListenAddress("localhost:65535")->port, 65535);
}

TEST(ServerAddressTest, RefusesToListenAtWhatIsNone) {
  for (const char* text :
       {"", ":", ":1", "a", "a:", "a:b", "a:-1", "a:65536", "::1:7443", "[::1]", "[]:1", "a:1x", "a b:1"}) {
    EXPECT_EQ(ParseListenAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace kortvakt
