// Where Chromium shows an error, its code and our cause belong together: the same server
// is opened by a real browser and looked at by the probe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>

#include "tests/integration/probe/probe_fixture.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt {
namespace {

using testing::CertificateSpec;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kLegacyCiphers;
using testing::LiveServer;
using testing::Now;
using testing::Rsa;

constexpr const char* kChromium = "/usr/bin/chromium";

class BrowserTest : public testing::ProbeFixture {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kChromium)) GTEST_SKIP() << "needs Chromium";
    const std::string database = folder_.Path("home/.pki/nssdb");
    std::filesystem::create_directories(database);
    ASSERT_EQ(Run({"/usr/bin/certutil", "-d", "sql:" + database, "-N", "--empty-password"}).exit_code, 0);
    ASSERT_EQ(Run({"/usr/bin/certutil", "-d", "sql:" + database, "-A", "-n", "root", "-t", "C,,", "-i",
                   folder_.Write("root.pem", pki_->root.pem)})
                  .exit_code,
              0);
  }

  // Runs it with a home of its own. (A shell takes the last of two settings of HOME.)
  testing::Outcome Run(const std::vector<std::string>& command) {
    std::vector<std::string> at_home = {"/usr/bin/env", "HOME=" + folder_.Path("home")};
    at_home.insert(at_home.end(), command.begin(), command.end());
    return testing::RunProgram(at_home, {.folder = folder_.Path("")});
  }

  // What Chromium logs when it opens `url`: it names its error there.
  std::string Open(const std::string& url) {
    const testing::Outcome outcome =
        Run({kChromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
             "--user-data-dir=" + folder_.Path("profile"), "--dump-dom", url});
    return outcome.err + outcome.out;
  }
};

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
