#include "agent/ask_revocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/patience.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

// Sets a variable of the environment; what it was before is restored with the object.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Variable() {
    if (before_.empty()) {
      unsetenv(name_);
    } else {
      setenv(name_, before_.c_str(), 1);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

absl::Status FetchWith(const AgentConfig& config) {
  // Nobody listens on port 1.
  return MakeConfiguredFetcher(config)
      ->Fetch({*ParseFetchAddress("http://127.0.0.1:1/"), "", 100}, ProbeLimit::After(testing::kPatience))
      .status();
}

TEST(ConfiguredFetcherTest, FetchesNothingWhereTheProxySettingCannotBeUsed) {
  const Variable proxy("http_proxy", "https://proxy.example:3128");
  const Variable exceptions("no_proxy", "127.0.0.1");
  const absl::Status fetched = FetchWith(DefaultAgentConfig());
  EXPECT_TRUE(absl::IsInternal(fetched)) << "and not around the proxy: " << fetched;
  EXPECT_THAT(std::string(fetched.message()), HasSubstr("http_proxy"));
}

TEST(ConfiguredFetcherTest, TakesTheConfigurationsProxyBeforeTheEnvironments) {
  const Variable proxy("http_proxy", "https://proxy.example:3128");
  AgentConfig config = DefaultAgentConfig();
  config.proxy.emplace();
  EXPECT_THAT(std::string(FetchWith(config).message()), ::testing::Not(HasSubstr("http_proxy")));
}

}  // namespace
}  // namespace kortvakt
