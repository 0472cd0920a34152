#include "common/base/probe_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

TEST(ProbeTargetTest, ReadsWhatPeopleWriteAndWritesItBack) {
  const std::map<std::string, std::string> good = {
      {"https://login.example.org", "https://login.example.org/"},
      {"https://login.example.org:443/mtls", "https://login.example.org/mtls"},
      {"https://login.example.org:8443/a/b", "https://login.example.org:8443/a/b"},
      {"https://[2001:db8::1]:444", "https://[2001:db8::1]:444/"},
      {"https://192.0.2.1/", "https://192.0.2.1/"},
  };
  for (const auto& [url, shown] : good) {
    const absl::StatusOr<ProbeTarget> target = ParseProbeTarget(url);
    ASSERT_TRUE(target.ok()) << url << target.status();
    EXPECT_EQ(FormatProbeTarget(*target), shown);
  }
}

TEST(ProbeTargetTest, RefusesAllElseAndSaysWhatIsExpected) {
  const std::string long_host(300, 'a');
  for (const std::string& url :
       {std::string(""), std::string("login.example.org"), std::string("http://login.example.org"),
        std::string("https://"), std::string("https:///path"), std::string("https://a b"),
        std::string("https://anna@login.example.org/"), std::string("https://a/?user=anna"),
        std::string("https://a/#x"), std::string("https://a:0/"), std::string("https://a:65536"),
        std::string("https://a/\r\nX: y"), std::string("https://l\xC3\xA4kare.example"),
        "https://" + long_host, "https://a/" + std::string(3000, 'x'), std::string("https://a%00b/")}) {
    const absl::StatusOr<ProbeTarget> target = ParseProbeTarget(url);
    EXPECT_TRUE(absl::IsInvalidArgument(target.status())) << url;
    EXPECT_THAT(std::string(target.status().message()), HasSubstr("https://HOST[:PORT][/PATH]"));
  }
}

TEST(ProbeTargetTest, InternationalNameIsAskedForInItsAsciiForm) {
  EXPECT_THAT(std::string(ParseProbeTarget("https://l\xC3\xA4kare.example").status().message()),
              HasSubstr("xn--"));
  EXPECT_TRUE(ParseProbeTarget("https://xn--lkare-gra.example").ok());
}

}  // namespace
}  // namespace kortvakt
