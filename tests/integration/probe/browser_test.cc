// Where Chromium shows an error, its code and our cause belong together: the same server
// is opened by a real browser and looked at by the probe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
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

// In TLS 1.3 the server refuses after the handshake, and may be gone before Chromium has heard why.
std::vector<std::string> WithTls12(std::vector<std::string> arguments) {
  arguments.emplace_back("-tls1_2");
  return arguments;
}

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

  // Puts a certificate of the user's into the browser's database, or changes its trust.
  void CertUtil(const std::string& name, const std::string& trust, const testing::Issued* certificate) {
    std::vector<std::string> command = {
        "/usr/bin/certutil", "-d", Database(), certificate ? "-A" : "-M", "-n", name, "-t", trust};
    if (certificate != nullptr) {
      command.insert(command.end(), {"-i", folder_.Write(name + ".pem", certificate->pem)});
    }
    const testing::Outcome outcome = Run(command);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  // Lets the browser have this login certificate with its key, as if from a card, and choose
  // it by itself: headless Chromium has no dialog for that. The policy that says so is seen
  // by this browser only, in a mount namespace of its own.
  void GiveCard(const testing::Issued& login, bool with_intermediate) {
    folder_.Write("card.pem", login.pem);
    folder_.Write("card.key", login.key_pem);
    const std::string file = folder_.Path("card.p12");
    ASSERT_EQ(Run({"/usr/bin/openssl", "pkcs12", "-export", "-in", folder_.Path("card.pem"), "-inkey",
                   folder_.Path("card.key"), "-name", "card", "-passout", "pass:", "-out", file})
                  .exit_code,
              0);
    ASSERT_EQ(Run({"/usr/bin/pk12util", "-i", file, "-d", Database(), "-W", "", "-K", ""}).exit_code, 0);
    if (with_intermediate) CertUtil("issuing", ",,", &persons_->ca(testing::PersonCa::kHsaId3));
    std::filesystem::create_directories(folder_.Path("etc/policies/managed"));
    folder_.Write("etc/policies/managed/choose.json",
                  R"({"AutoSelectCertificateForUrls": ["{\"pattern\":\"*\",\"filter\":{}}"]})");
    has_card_ = true;
    if (!std::filesystem::exists("/etc/chromium") || Run(Command({"/bin/true"})).exit_code != 0) {
      GTEST_SKIP() << "needs /etc/chromium and a mount namespace";
    }
  }

  // A login certificate that is valid whenever the test runs.
  static testing::Issued Login(absl::Time not_after = testing::Forever()) {
    return persons_->PersonCertificate(testing::PersonCa::kHsaId3,
                                       testing::CardCertificateKind::kAuthentication, testing::Person(),
                                       testing::LongAgo(), not_after, "");
  }

  // What Chromium logs when it opens `url`: it names its error there.
  std::string Open(const std::string& url) {
    const testing::Outcome outcome =
        Run(Command({kChromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
                     "--user-data-dir=" + folder_.Path("profile"), "--dump-dom", url}));
    return outcome.err + outcome.out;
  }

 private:
  std::string Database() const { return "sql:" + folder_.Path("home/.pki/nssdb"); }

  std::vector<std::string> Command(std::vector<std::string> command) const {
    if (!has_card_) return command;
    std::vector<std::string> apart = {"/usr/bin/unshare", "--mount"};
    if (geteuid() != 0) apart.insert(apart.end(), {"--user", "--map-root-user"});
    apart.insert(apart.end(),
                 {"/bin/sh", "-c", "mount --bind \"$0\" /etc/chromium && exec \"$@\"", folder_.Path("etc")});
    apart.insert(apart.end(), command.begin(), command.end());
    return apart;
  }

  bool has_card_ = false;
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

TEST_F(BrowserTest, CertificateOfANamedCaIsSentWhereTheIntermediateIsHere) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  EXPECT_THAT(Open(server.Url()),
              ::testing::AllOf(HasSubstr("s_server"), ::testing::Not(HasSubstr("net::ERR_"))));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate), IsEmpty());
}

TEST_F(BrowserTest, CertificateThatNoNamedCaIssuedIsNotOffered) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(pki_->root)));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

TEST_F(BrowserTest, CertificateOfANamedRootIsNotOfferedWithoutTheIntermediate) {
  GiveCard(Login(), false);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(persons_->root())));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithoutIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

// Without a list Chromium sends the certificate alone, whether its intermediate is here or not.
TEST_F(BrowserTest, CertificateIsSentWithoutItsIntermediateToAServerThatNamesNoCa) {
  for (const bool with_intermediate : {false, true}) {
    GiveCard(Login(), with_intermediate);
    if (IsSkipped()) return;
    const LiveServer server = Serve(ServerFiles(), WithTls12(AskingSilently(persons_->root())));
    EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
    EXPECT_THAT(Findings(Look(server.Url()),
                         with_intermediate ? Card::kWithIntermediate : Card::kWithoutIntermediate),
                Contains(with_intermediate ? "TLS_CLIENT_CERT_NOT_ACCEPTED info"
                                           : "TLS_CLIENT_CERT_NOT_ACCEPTED warning"));
  }
}

TEST_F(BrowserTest, CertificateThatAServerWithoutAListDoesNotTrustIsRefused) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(AskingSilently(pki_->root)));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
}

TEST_F(BrowserTest, EndedCertificateOfACardIsNotOffered) {
  card_ = Login(testing::LongAgo() + absl::Hours(24));
  GiveCard(card_, true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(persons_->root())));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(others_, Contains("CERT_EXPIRED critical"));
}

TEST_F(BrowserTest, KeyThatCannotSignAsTheServerWantsHasNoCommonAlgorithm) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  std::vector<std::string> arguments = Asking(persons_->root());
  arguments.insert(arguments.end(), {"-client_sigalgs", "RSA-PSS+SHA256"});
  const LiveServer server = Serve(ServerFiles(), arguments);
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_CLIENT_AUTH_NO_COMMON_ALGORITHMS"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_SIGNATURE_MISMATCH critical"));
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
