// Where Chromium shows an error, its code and our cause belong together: servers that are wrong, or
// that want a certificate where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "tests/integration/probe/browser_fixture.h"

namespace kortvakt {
namespace {

using BrowserTest = testing::BrowserFixture;
using testing::CertificateSpec;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kLegacyCiphers;
using testing::LiveServer;
using testing::Rsa;

TEST_F(BrowserTest, OpensWhatTheProbeFindsNothingWrongWith) {
  const LiveServer server = Serve(ServerFiles(), {});
  EXPECT_THAT(Open(server.Url()),
              ::testing::AllOf(HasSubstr("s_server"), ::testing::Not(HasSubstr("net::ERR_"))));
  EXPECT_THAT(Findings(Look(server.Url())), IsEmpty());
}

TEST_F(BrowserTest, IncompleteChainIsAnUnknownAuthority) {
  const LiveServer server = Serve(ServerFiles(), {}, false);
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_AUTHORITY_INVALID"));
  EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_CHAIN_INCOMPLETE critical"));
}

TEST_F(BrowserTest, UnknownRootIsAnUnknownAuthority) {
  std::filesystem::remove_all(folder_.Path("home"));
  const LiveServer server = Serve(ServerFiles(), {});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_AUTHORITY_INVALID"));
  EXPECT_THAT(Findings(Look(server.Url(), {Trusting("Chromium (uid:1000)", {})})),
              Contains("TLS_ROOT_UNTRUSTED warning"));
}

TEST_F(BrowserTest, EndedCertificateIsABadDate) {
  const LiveServer server = Serve(
      ServerFiles([](CertificateSpec& leaf) { leaf.not_after = testing::LongAgo() + absl::Hours(1); }), {});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_DATE_INVALID"));
  EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_SERVER_CERT_EXPIRED critical"));
}

TEST_F(BrowserTest, OtherNameIsABadName) {
  const LiveServer server =
      Serve(ServerFiles([](CertificateSpec& leaf) { leaf.dns_names = {"login.example.org"}; }), {});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_COMMON_NAME_INVALID"));
  EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_NAME_MISMATCH critical"));
}

TEST_F(BrowserTest, OldVersionAndOldCipherAreNoCommonOnes) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"-tls1", "-cipher", kLegacyCiphers},
        {"-tls1_2", "-cipher", "AES128-SHA256"}}) {
    const LiveServer server = Serve(RsaServerFiles(), arguments);
    EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"));
    EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_VERSION_MISMATCH critical"));
  }
}

TEST_F(BrowserTest, KeyUsageThatDoesNotFitIsTold) {
  const LiveServer server = Serve(ServerFiles([](CertificateSpec& leaf) { leaf.key = Rsa(); }),
                                  {"-tls1_2", "-cipher", "AES128-SHA"});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_KEY_USAGE_INCOMPATIBLE"));
  EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_SERVER_CERT_UNUSABLE critical"));
}

TEST_F(BrowserTest, MissingClientCertificateIsTold) {
  for (const bool tls12 : {false, true}) {
    std::vector<std::string> arguments = Asking(pki_->root);
    if (tls12) arguments.emplace_back("-tls1_2");
    const LiveServer server = Serve(ServerFiles(), arguments);
    // In TLS 1.3 the server refuses after the handshake, and may be gone before Chromium has heard why.
    const std::string log = Open(server.Url());
    EXPECT_TRUE(log.find("net::ERR_BAD_SSL_CLIENT_AUTH_CERT") != std::string::npos ||
                (!tls12 && log.find("net::ERR_SOCKET_NOT_CONNECTED") != std::string::npos))
        << log;
    EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
                Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
  }
}

TEST_F(BrowserTest, DistrustedRootIsAnUnknownAuthority) {
  CertUtil("root", "p,,", nullptr);
  const LiveServer server = Serve(ServerFiles(), {});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_AUTHORITY_INVALID"));
  ProbePool pool = Trusting("Chromium (uid:1000)", {&pki_->root});
  pool.distrusted = {pki_->root.der};
  EXPECT_THAT(Findings(Look(server.Url(), {pool})), Contains("TLS_ROOT_UNTRUSTED critical"));
}

TEST_F(BrowserTest, RootInTheSystemBundleOnlyIsAnUnknownAuthority) {
  std::filesystem::remove_all(folder_.Path("home"));
  const LiveServer server = Serve(ServerFiles(), {});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_AUTHORITY_INVALID"));
  EXPECT_THAT(Findings(Look(server.Url(),
                            {Trusting("bundle", {&pki_->root}, false), Trusting("Chromium (uid:1000)", {})})),
              Contains("TLS_ROOT_UNTRUSTED critical"));
}

// With an address to fetch the intermediate from, or a copy of it here, Chromium helps itself.
TEST_F(BrowserTest, IncompleteChainThatChromiumCompletesIsAWarning) {
  std::filesystem::create_directories(folder_.Path("aia"));
  folder_.Write("aia/issuing.cer", AsString(pki_->issuing.der));
  const auto aia = LiveServer::Nginx(folder_, "listen 127.0.0.1:PORT; root " + folder_.Path("aia") + ";");
  ASSERT_TRUE(aia.has_value());
  const LiveServer with_address =
      Serve(ServerFiles([&](CertificateSpec& leaf) {
              leaf.ca_issuers_urls = {absl::StrCat("http://127.0.0.1:", aia->port(), "/issuing.cer")};
            }),
            {}, false);
  EXPECT_THAT(Open(with_address.Url()), ::testing::Not(HasSubstr("net::ERR_")));
  EXPECT_THAT(Findings(Look(with_address.Url())), Contains("TLS_CHAIN_INCOMPLETE warning"));

  CertUtil("issuing-of-servers", ",,", &pki_->issuing);
  std::filesystem::remove_all(folder_.Path("profile"));
  const LiveServer server = Serve(ServerFiles(), {}, false);
  EXPECT_THAT(Open(server.Url()), ::testing::Not(HasSubstr("net::ERR_")));
  ProbePool pool = Trusting("Chromium (uid:1000)", {&pki_->root});
  pool.present = {pki_->issuing.der};
  EXPECT_THAT(Findings(Look(server.Url(), {pool})), Contains("TLS_CHAIN_INCOMPLETE warning"));
}

TEST_F(BrowserTest, NginxSaysInHttpThatNoCertificateCame) {
  const auto server =
      Nginx(ServerFiles(), "ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate " +
                               folder_.Write("accepted.pem", pki_->root.pem) + ";");
  ASSERT_TRUE(server.has_value());
  EXPECT_THAT(Open(server->Url()), HasSubstr("No required SSL certificate was sent"));
  EXPECT_THAT(Findings(Look(server->Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

TEST_F(BrowserTest, Sha1IsAnInvalidCertificate) {
  const LiveServer server = Serve(ServerFiles([](CertificateSpec& leaf) { leaf.digest = "SHA1"; }),
                                  {"-cipher", "DEFAULT:@SECLEVEL=0"});
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_CERT_"));
  EXPECT_THAT(Findings(Look(server.Url())), Contains("TLS_SERVER_CERT_UNUSABLE critical"));
}

TEST_F(BrowserTest, PlainHttpIsAProtocolError) {
  const auto server = LiveServer::Nginx(folder_, "listen 127.0.0.1:PORT; location / { return 200 ok; }");
  ASSERT_TRUE(server.has_value());
  EXPECT_THAT(Open(server->Url()), HasSubstr("net::ERR_SSL_PROTOCOL_ERROR"));
  EXPECT_THAT(Findings(Look(server->Url())), Contains("TLS_NOT_TLS critical"));
}

TEST_F(BrowserTest, ClosedConnectionIsTold) {
  const auto server = testing::ScriptedServer::Raw([](int fd) {
    char byte = 0;
    if (recv(fd, &byte, 1, MSG_PEEK) == 1) shutdown(fd, SHUT_WR);
    testing::DrainRaw(fd);
  });
  EXPECT_THAT(Open(server->Url()), HasSubstr("net::ERR_CONNECTION_CLOSED"));
  EXPECT_THAT(Findings(Look(server->Url())), Contains("TLS_SERVER_UNREACHABLE critical"));
}

}  // namespace
}  // namespace kortvakt
