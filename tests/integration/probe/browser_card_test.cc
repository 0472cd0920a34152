// Where Chromium shows an error, its code and our cause belong together: servers that want a
// certificate, and a card.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/probe/browser_fixture.h"

namespace kortvakt {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LiveServer;

class BrowserCardTest : public testing::BrowserFixture {
 protected:
  // A login certificate that is valid whenever the test runs.
  static testing::Issued Login(absl::Time not_after = testing::Forever()) {
    return persons_->PersonCertificate(testing::PersonCa::kHsaId3,
                                       testing::CardCertificateKind::kAuthentication, testing::Person(),
                                       testing::LongAgo(), not_after, "");
  }
  // In TLS 1.3 the server refuses after the handshake, and may be gone before Chromium has heard why.
  static std::vector<std::string> WithTls12(std::vector<std::string> arguments) {
    arguments.emplace_back("-tls1_2");
    return arguments;
  }
};

TEST_F(BrowserCardTest, CertificateOfANamedCaIsSentWhereTheIntermediateIsHere) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), Asking(persons_->root()));
  EXPECT_THAT(Open(server.Url()),
              ::testing::AllOf(HasSubstr("s_server"), ::testing::Not(HasSubstr("net::ERR_"))));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate), IsEmpty());
}

TEST_F(BrowserCardTest, CertificateThatNoNamedCaIssuedIsNotOffered) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(pki_->root)));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

TEST_F(BrowserCardTest, CertificateOfANamedRootIsNotOfferedWithoutTheIntermediate) {
  GiveCard(Login(), false);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(persons_->root())));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithoutIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED critical"));
}

// Without a list Chromium sends the certificate alone, whether its intermediate is here or not.
TEST_F(BrowserCardTest, CertificateIsSentWithoutItsIntermediateToAServerThatNamesNoCa) {
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

TEST_F(BrowserCardTest, CertificateThatAServerWithoutAListDoesNotTrustIsRefused) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(AskingSilently(pki_->root)));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
}

TEST_F(BrowserCardTest, EndedCertificateOfACardIsNotOffered) {
  card_ = Login(testing::LongAgo() + absl::Hours(24));
  GiveCard(card_, true);
  if (IsSkipped()) return;
  const LiveServer server = Serve(ServerFiles(), WithTls12(Asking(persons_->root())));
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_BAD_SSL_CLIENT_AUTH_CERT"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_CLIENT_CERT_NOT_ACCEPTED info"));
  EXPECT_THAT(others_, Contains("CERT_EXPIRED critical"));
}

TEST_F(BrowserCardTest, KeyThatCannotSignAsTheServerWantsHasNoCommonAlgorithm) {
  GiveCard(Login(), true);
  if (IsSkipped()) return;
  std::vector<std::string> arguments = Asking(persons_->root());
  arguments.insert(arguments.end(), {"-client_sigalgs", "RSA-PSS+SHA256"});
  const LiveServer server = Serve(ServerFiles(), arguments);
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_CLIENT_AUTH_NO_COMMON_ALGORITHMS"));
  EXPECT_THAT(Findings(Look(server.Url()), Card::kWithIntermediate),
              Contains("TLS_SIGNATURE_MISMATCH critical"));
}

}  // namespace
}  // namespace kortvakt
