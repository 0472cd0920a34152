// The probe through an HTTP proxy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "agent/probe/probe.h"
#include "tests/unit/agent/probe/probe_url.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using testing::Accept;
using ::testing::HasSubstr;
using testing::MakeServerPki;
using testing::Nothing;
using testing::Pki;
using testing::ProbeUrl;
using testing::ReadRequest;
using testing::ScriptedServer;
using testing::SendRaw;
using testing::ServerPki;
using testing::Write;

// An HTTP proxy that answers CONNECT with `head`, and then is the server itself: the
// name of the target is never looked up here.
std::unique_ptr<ScriptedServer> Proxy(const std::string& head, std::string* asked) {
  return ScriptedServer::Tls(Pki().Chain(), Nothing, [head, asked](SSL* ssl) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && recv(SSL_get_fd(ssl), &byte, 1, 0) == 1)
      request += byte;
    *asked = request;
    if (!SendRaw(SSL_get_fd(ssl), head)) return;
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 200 OK\r\n\r\n");
  });
}

ProxySettings Through(const ScriptedServer& proxy) {
  return *ParseProxy("http://anna:hemligt@127.0.0.1:" + std::to_string(proxy.port()));
}

TEST(ProbeTest, GoesThroughTheProxy) {
  std::string asked;
  const auto proxy = Proxy("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", &asked);
  const ProbeFacts facts = ProbeUrl("https://login.example.org/", absl::Seconds(20), Through(*proxy));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kAnswered);
  EXPECT_EQ(facts.proxy, "127.0.0.1:" + std::to_string(proxy->port()));
  EXPECT_EQ(facts.proxy_status, 200u);
  EXPECT_THAT(asked, HasSubstr("CONNECT login.example.org:443 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic "));
}

TEST(ProbeTest, DotAtTheEndOfTheNameIsNoPartOfIt) {
  const ServerPki pki =
      MakeServerPki([](testing::CertificateSpec& leaf) { leaf.dns_names = {"login.example.org"}; });
  std::string asked;
  const auto proxy = ScriptedServer::Tls(pki.Chain(), Nothing, [&](SSL* ssl) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && recv(SSL_get_fd(ssl), &byte, 1, 0) == 1)
      request += byte;
    if (!SendRaw(SSL_get_fd(ssl), "HTTP/1.1 200 OK\r\n\r\n") || !Accept(ssl) || !ReadRequest(ssl)) return;
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    asked = name == nullptr ? "" : name;
    Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl("https://login.example.org./", absl::Seconds(20), Through(*proxy));
  EXPECT_EQ(facts.http_status, 204u);
  EXPECT_EQ(asked, "login.example.org");
  EXPECT_TRUE(facts.name_matches);
}

TEST(ProbeTest, ProxyThatRefusesIsToldByItsStatus) {
  std::string asked;
  const auto wants_password = Proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", &asked);
  const ProbeFacts facts =
      ProbeUrl("https://login.example.org/", absl::Seconds(20), Through(*wants_password));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kProxyRefused);
  EXPECT_EQ(facts.proxy_status, 407u);
}

TEST(ProbeTest, ProxyThatSpeaksWithoutEndIsCut) {
  const auto proxy = ScriptedServer::Raw([](int fd) {
    while (SendRaw(fd, "HTTP/1.1 200 OK" + std::string(2000, 'x') + "\r\n")) {
    }
  });
  const ProbeFacts facts = ProbeUrl("https://login.example.org/", absl::Seconds(20), Through(*proxy));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kProxyRefused);
  EXPECT_THAT(facts.detail, HasSubstr("8 KiB"));
}

}  // namespace
}  // namespace kortvakt
