// What Chromium says of a login with a card in a reader, and what `check` says of that workstation.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kortvakt/v1/finding.pb.h"
#include "tests/integration/probe/browser_fixture.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/revocation/revocation_servers.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::LiveServer;
using ::testing::Not;

// What Debian's opensc-pkcs11 installs: the middleware by which a browser on Linux reaches cards.
constexpr const char* kOpenSc = "/usr/lib/x86_64-linux-gnu/pkcs11/opensc-pkcs11.so";

class BrowserDeskTest : public testing::BrowserFixture {
 protected:
  void SetUp() override {
    BrowserFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto pcscd = testing::PrivatePcscd::Start({"Reader A"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
  }

  // Puts a card with this certificate into the first reader; done when `check` has read it.
  void Insert(const Issued& login) {
    folder_.Write("card.pem", login.pem);
    const std::string card = folder_.Write(
        "card.toml", "[pkcs15]\nnames_pin = false\n[[pkcs15.certificate]]\nfile = \"card.pem\"\n");
    ASSERT_TRUE(pcscd_->InsertCard(0, card).ok());
    ASSERT_TRUE(Becomes(IsRead));
  }
  static bool IsRead(const v1::Reader& reader) { return reader.card().certificates_size() == 1; }
  // Whether `check` comes to say so of the first reader.
  bool Becomes(const std::function<bool(const v1::Reader&)>& condition) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (absl::Now() < end) {
      const v1::CheckResult result = Check();
      for (const v1::Reader& reader : result.snapshot().readers()) {
        if (reader.name() == pcscd_->ReaderName(0) && condition(reader)) return true;
      }
    }
    return false;
  }

  // `kortvakt-agent check` on a workstation where all CAs are installed.
  v1::CheckResult Check(const std::vector<std::string>& more = {}, const std::string& host = "") {
    const std::string bundle = pki_->root.pem + persons_->root().pem + Issuing().pem;
    const std::string catalogue = persons_->CatalogueToml();
    const size_t root = catalogue.find("id = \"") + 6;  // its first entry
    const std::string config = folder_.Write(
        "agent.toml",
        absl::StrCat("[socket]\npath = \"\"\n[trust]\nsystem_bundle = \"",
                     folder_.Write("bundle.pem", bundle),
                     "\"\np11_kit = false\nbrowser_policies = false\nbrowser_databases = false\n"
                     "[catalogue]\nfiles = [\"",
                     folder_.Write("catalogue.toml", catalogue), "\"]\n[policy]\nrequired_cas = [\"",
                     catalogue.substr(root, catalogue.find('"', root) - root), "\"]\nrevocation_hosts = [",
                     host.empty() ? "" : absl::StrCat("\"", host, "\""), "]\n"));
    std::vector<std::string> command = {absl::StrCat(std::getenv("KORTVAKT_BIN"), "/kortvakt-agent"), "check",
                                        "--json", "--config", config};
    command.insert(command.end(), more.begin(), more.end());
    const testing::Outcome outcome = testing::RunProgram(command, {.folder = folder_.Path("")});
    v1::CheckResult result;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok())
        << outcome.out << outcome.err;
    return result;
  }
  // The codes of what it finds, most likely cause first.
  static std::vector<std::string> Codes(const v1::CheckResult& result) {
    std::vector<std::string> codes;
    for (const v1::Finding& finding : result.findings()) codes.push_back(finding.code());
    return codes;
  }

  // Those that stop a login, or may.
  static std::vector<std::string> Troubles(const v1::CheckResult& result) {
    std::vector<std::string> codes;
    for (const v1::Finding& finding : result.findings()) {
      if (finding.severity() != "info") codes.push_back(finding.code());
    }
    return codes;
  }

  static const Issued& Issuing() { return persons_->ca(testing::PersonCa::kHsaId3); }

  std::optional<testing::PrivatePcscd> pcscd_;
};

// The server knows that the card is revoked and says so after TLS; the probe, which sends no certificate,
// sees nothing of it.
TEST_F(BrowserDeskTest, RevokedCardIsACertificateErrorOfNginxAndNamedByCheck) {
  testing::RevocationKit issuing(Issuing());
  testing::RevocationKit root(persons_->root());
  issuing.WriteIndex({testing::RevocationKit::Revoked("0C01", "keyCompromise")});
  root.WriteIndex({});
  const std::string crl = issuing.Crl();
  const testing::ListServer lists([&] { return crl; });
  const Issued login = issuing.Person("0C01", {}, {lists.Url("a.crl")});
  GiveCard(login, true);
  if (IsSkipped()) return;
  Insert(login);
  const std::string verifying =
      absl::StrCat("ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate ",
                   folder_.Write("accepted.pem", persons_->root().pem), ";");
  {
    const auto server = Nginx(ServerFiles(), verifying);  // which does not look whether a card is revoked
    ASSERT_TRUE(server.has_value());
    EXPECT_THAT(Open(server->Url()), AllOf(HasSubstr("ok"), Not(HasSubstr("400 Bad Request"))));
  }
  const auto pem = [](const std::string& list) { return testing::ToPem(AsBytes(list), "X509 CRL"); };
  const auto server =
      Nginx(ServerFiles(),
            absl::StrCat(verifying, "ssl_crl ", folder_.Write("crl.pem", pem(crl) + pem(root.Crl())), ";"));
  ASSERT_TRUE(server.has_value());
  EXPECT_THAT(Open(server->Url()), HasSubstr("The SSL certificate error"));

  const v1::CheckResult offline = Check({"--probe", server->Url()}, lists.host());
  EXPECT_THAT(Troubles(offline), IsEmpty());
  const v1::CheckResult online = Check({"--probe", server->Url(), "--online"}, lists.host());
  EXPECT_THAT(Troubles(online), ElementsAre("CERT_REVOKED"));
}

// The card does not sign: nobody gave it a PIN, or it is pulled at that moment. Chromium has one code for
// all that; the server is not to blame, and the reader tells what can be told.
TEST_F(BrowserDeskTest, CardThatDoesNotSignIsAFailedSignatureAndNoFaultOfTheServer) {
  if (!std::filesystem::exists(kOpenSc)) GTEST_SKIP() << "needs OpenSC's PKCS#11 module";
  ASSERT_EQ(Run({"/usr/bin/modutil", "-dbdir", Database(), "-add", "OpenSC", "-libfile", kOpenSc, "-force"})
                .exit_code,
            0);
  CertUtil("issuing", ",,", &Issuing());
  ChooseByItself();
  if (IsSkipped()) return;
  Insert(testing::RevocationKit(Issuing()).Person(
      "0C02", {}, {}, [](testing::CertificateSpec& spec) { spec.key = testing::Rsa(); }));
  std::vector<std::string> arguments = Asking(persons_->root());
  arguments.emplace_back("-tls1_2");  // TLS 1.3 wants RSA-PSS, which a card may lack: another cause
  const LiveServer server = Serve(ServerFiles(), arguments);

  ASSERT_TRUE(pcscd_->ClearLog(0).ok());
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_CLIENT_AUTH_SIGNATURE_FAILED"));
  const std::vector<std::string> apdus = *pcscd_->ApduLog(0);
  const auto sign = std::find_if(apdus.begin(), apdus.end(), [](const std::string& apdu) {
    return absl::StartsWith(apdu, "002A9E9A");  // PSO: COMPUTE DIGITAL SIGNATURE, ISO/IEC 7816-8, 11.7
  });
  ASSERT_NE(sign, apdus.end()) << "the browser did not ask the card to sign";
  EXPECT_TRUE(absl::EndsWith(*sign, " 6982")) << *sign;  // security status not satisfied
  EXPECT_TRUE(Becomes(IsRead));
  EXPECT_THAT(Troubles(Check({"--probe", server.Url()})), IsEmpty());

  std::filesystem::remove_all(folder_.Path("profile"));
  ASSERT_TRUE(pcscd_->At(0, static_cast<size_t>(sign - apdus.begin()), "vanish").ok());
  EXPECT_THAT(Open(server.Url()), HasSubstr("net::ERR_SSL_CLIENT_AUTH_SIGNATURE_FAILED"));
  EXPECT_TRUE(Becomes([](const v1::Reader& reader) { return !reader.has_card(); }));
  EXPECT_THAT(Codes(Check({"--probe", server.Url()})), Contains("NO_CARD"));
}

}  // namespace
}  // namespace kortvakt
