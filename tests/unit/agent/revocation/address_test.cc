#include "agent/revocation/address.h"

#include <gtest/gtest.h>

#include "agent/revocation/fetch.h"

namespace kortvakt {
namespace {

TEST(FetchAddressTest, ReadsWhatCertificatesName) {
  const auto read = [](const char* url) { return FormatFetchAddress(*ParseFetchAddress(url)); };
  EXPECT_EQ(read("http://ocsp1.siths.se"), "http://ocsp1.siths.se/");
  EXPECT_EQ(read("http://crl1.siths.se/sithseidrootcav2.crl"), "http://crl1.siths.se/sithseidrootcav2.crl");
  EXPECT_EQ(read("HTTP://Ocsp.Example.ORG:80/A?b=C"), "http://ocsp.example.org/A?b=C");
  EXPECT_EQ(read("https://ocsp.example.org:8443"), "https://ocsp.example.org:8443/");
  EXPECT_EQ(read("http://ocsp.example.org?x"), "http://ocsp.example.org/?x");
  EXPECT_EQ(read("http://[2001:db8::1]:81/x"), "http://[2001:db8::1]:81/x");
  EXPECT_EQ(ParseFetchAddress("https://a.test")->server.port, 443);
}

TEST(FetchAddressTest, RefusesWhatCouldBeReadInTwoWays) {
  for (const std::string url :
       {"", "ftp://a.test/", "ldap://a.test/", "file:///etc/passwd", "http://", "http:///x", "a.test/x",
        "http://user@a.test/", "http://a.test@b.test/", "http://a.test\\@b.test/", "http://a.test#@b.test/",
        "http://a.test:99999/", "http://a.test:x/", "http://a b/", "http://a.test/\n",
        "http://ex%61mple.test/", "http://1:2:3/", "http://[::1/", "http://\xc3\xa5.test/"}) {
    EXPECT_FALSE(ParseFetchAddress(url).ok()) << url;
  }
  EXPECT_FALSE(ParseFetchAddress("http://a.test/" + std::string(512, 'x')).ok());
}

TEST(FetcherOrderTest, RoundTrips) {
  const FetcherOrder order{*ParseFetchAddress("http://a.test/x?y"),
                           "proxy.test:3128",
                           "Basic eA==",
                           1234,
                           absl::Milliseconds(1500),
                           std::string("\x30\x00\n\nurl x", 9)};
  const absl::StatusOr<FetcherOrder> read = DecodeOrder(EncodeOrder(order));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatFetchAddress(read->address), "http://a.test/x?y");
  EXPECT_EQ(read->proxy, order.proxy);
  EXPECT_EQ(read->authorization, order.authorization);
  EXPECT_EQ(read->max_bytes, order.max_bytes);
  EXPECT_EQ(read->time, order.time);
  EXPECT_EQ(read->body, order.body);
}

TEST(FetcherOrderTest, RefusesWhatTheAgentDoesNotAsk) {
  const std::string good =
      EncodeOrder({*ParseFetchAddress("http://a.test/"), "", "", 10, absl::Seconds(1), ""});
  ASSERT_TRUE(DecodeOrder(good).ok());
  for (size_t size = 0; size + 1 < good.size(); ++size)
    EXPECT_FALSE(DecodeOrder(good.substr(0, size)).ok()) << size;
  EXPECT_FALSE(
      DecodeOrder("url file:///etc/passwd\nproxy \nauthorization \nmax_bytes 1\nmilliseconds 1\n\n").ok());
  EXPECT_FALSE(
      DecodeOrder("url http://a/\nproxy \nauthorization \nmax_bytes 99999999\nmilliseconds 1\n\n").ok());
  EXPECT_FALSE(
      DecodeOrder("url http://a/\nproxy \nauthorization \nmax_bytes 1\nmilliseconds 99999999\n\n").ok());
}

TEST(FetchProxiesTest, AreByTheSchemeAndNeverByHttpProxyInUpperCase) {
  const auto variable = [](const char* name) -> std::string {
    const std::string word = name;
    if (word == "http_proxy") return "http://plain.test:3128";
    if (word == "HTTP_PROXY") return "http://planted.test:1";
    if (word == "https_proxy") return "http://secure.test:3129";
    return word == "no_proxy" ? ".siths.se" : "";
  };
  const absl::StatusOr<FetchProxies> proxies = FetchProxiesFromEnvironment(variable);
  ASSERT_TRUE(proxies.ok());
  EXPECT_EQ(ProxyFor(proxies->http, "a.test")->host, "plain.test");
  EXPECT_EQ(ProxyFor(proxies->https, "a.test")->host, "secure.test");
  EXPECT_FALSE(ProxyFor(proxies->http, "ocsp1.siths.se").has_value());
  const auto socks = FetchProxiesFromEnvironment(
      [](const char* name) { return std::string(name) == "http_proxy" ? "socks5://x" : ""; });
  EXPECT_NE(socks.status().message().find("http_proxy"), std::string::npos);
}

}  // namespace
}  // namespace kortvakt
