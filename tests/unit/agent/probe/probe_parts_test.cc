#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "agent/probe/alert.h"
#include "agent/probe/http.h"
#include "agent/probe/proxy.h"
#include "common/base/probe_target.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ProxySettings> FromEnvironment(const std::map<std::string, std::string>& variables) {
  return ProxyFromEnvironment([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(ProxyTest, ComesFromTheEnvironmentLowerCaseFirst) {
  const auto settings =
      FromEnvironment({{"https_proxy", "http://one.example:3128"}, {"HTTPS_PROXY", "http://two.example"}});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(FormatServerAddress(*ProxyFor(*settings, "login.example.org")), "one.example:3128");
  EXPECT_EQ(FormatServerAddress(*FromEnvironment({{"HTTPS_PROXY", "two.example"}})->proxy),
            "two.example:1080");
  EXPECT_FALSE(FromEnvironment({})->proxy);
}

TEST(ProxyTest, PasswordIsSentAndNeverShown) {
  const auto settings = FromEnvironment({{"https_proxy", "http://anna:hemligt@proxy.example:3128/"}});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->authorization, "Basic YW5uYTpoZW1saWd0");  // printf anna:hemligt | base64
  EXPECT_EQ(settings->proxy->host, "proxy.example");
  const absl::Status bad = FromEnvironment({{"HTTPS_PROXY", "socks5://anna:hemligt@p:1"}}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(bad));
  EXPECT_THAT(std::string(bad.message()), HasSubstr("HTTPS_PROXY: "));
  EXPECT_EQ(bad.message().find("hemligt"), absl::string_view::npos);
}

TEST(ProxyTest, PercentEncodingInUserAndPasswordIsUndone) {
  // printf 'anna:p@ss/%zz%4' | base64
  EXPECT_EQ(ParseProxy("http://anna:p%40ss%2F%zz%4@proxy.example")->authorization,
            "Basic YW5uYTpwQHNzLyV6eiU0");
}

TEST(ProxyTest, ExceptionsGoDirectly) {
  const auto settings = FromEnvironment(
      {{"https_proxy", "proxy.example"}, {"no_proxy", "intern.example, .region.example,192.0.2.7"}});
  ASSERT_TRUE(settings.ok());
  for (const char* host : {"intern.example", "a.intern.example", "B.Region.Example", "192.0.2.7", "localhost",
                           "127.0.0.1", "::1"}) {
    EXPECT_FALSE(ProxyFor(*settings, host)) << host;
  }
  for (const char* host : {"notintern.example", "192.0.2.70", "example"}) {
    EXPECT_TRUE(ProxyFor(*settings, host)) << host;
  }
  EXPECT_FALSE(ProxyFor(*FromEnvironment({{"https_proxy", "p"}, {"NO_PROXY", "*"}}), "any.example"));
}

TEST(HttpTest, RequestAsksForThePathAndCarriesNobody) {
  const std::string request = GetRequest(*ParseProbeTarget("https://login.example.org:8443/mtls"));
  EXPECT_THAT(request, ::testing::StartsWith("GET /mtls HTTP/1.1\r\nHost: login.example.org:8443\r\n"));
  EXPECT_THAT(request, ::testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(GetRequest(*ParseProbeTarget("https://login.example.org/")),
              HasSubstr("\r\nHost: login.example.org\r\n"))
      << "https's own port is not told";
  EXPECT_EQ(ConnectRequest({"a.example", 443}, ""),
            "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  EXPECT_THAT(ConnectRequest({"a.example", 443}, "Basic eA=="),
              HasSubstr("\r\nProxy-Authorization: Basic eA==\r\n"));
}

TEST(HttpTest, StatusIsReadFromAFirstLineOnly) {
  EXPECT_EQ(HttpStatus("HTTP/1.1 200 OK\r\n"), 200u);
  EXPECT_EQ(HttpStatus("HTTP/1.0 403"), 403u);
  for (const char* text : {"", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2x0 ", "HTTP/1.1 999 ", "HTTP/2 200 OK",
                           "SSH-2.0-x", "HTTP/1.1\t200", "HTTP/1.1 099 "}) {
    EXPECT_EQ(HttpStatus(text), 0u) << text;
  }
  EXPECT_TRUE(LooksLikeHttp("H"));
  EXPECT_FALSE(LooksLikeHttp(""));
  EXPECT_FALSE(LooksLikeHttp("\x16\x03\x03"));
}

TEST(HttpTest, RefusalsAreThoseOfErrorAnswers) {
  const std::string missing = "<center>No required SSL certificate was sent</center>";
  EXPECT_EQ(RefusalIn("HTTP/1.1 400 Bad Request\r\n\r\n" + missing), HttpRefusal::kCertificateMissing);
  EXPECT_EQ(RefusalIn("HTTP/1.1 400 Bad Request\r\n\r\nThe SSL certificate error"),
            HttpRefusal::kCertificateError);
  EXPECT_EQ(RefusalIn("HTTP/1.1 496 "), HttpRefusal::kCertificateMissing);
  EXPECT_EQ(RefusalIn("HTTP/1.1 495 "), HttpRefusal::kCertificateError);
  EXPECT_EQ(RefusalIn("HTTP/1.1 200 OK\r\n\r\n" + missing), HttpRefusal::kNone);
  EXPECT_EQ(RefusalIn("HTTP/1.1 404 Not Found\r\n\r\n"), HttpRefusal::kNone);
}

TEST(AlertTest, NewAndUnknownOnesHaveNames) {
  EXPECT_EQ(AlertName(40), "handshake_failure");
  EXPECT_EQ(AlertName(48), "unknown_ca");
  EXPECT_EQ(AlertName(70), "protocol_version");
  EXPECT_EQ(AlertName(116), "certificate_required");
  EXPECT_EQ(AlertName(200), "alert 200");
  EXPECT_EQ(SignatureSchemeName(0x0804), "rsa_pss_rsae_sha256");
  EXPECT_EQ(SignatureSchemeName(0x0403), "ecdsa_secp256r1_sha256");
  EXPECT_EQ(SignatureSchemeName(0xABCD), "0xABCD");
}

}  // namespace
}  // namespace kortvakt
