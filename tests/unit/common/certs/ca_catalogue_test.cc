#include "common/certs/ca_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/host_list.h"
#include "tests/support/pki/openssl_oracle.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kRoot[] =
    "version = \"1\"\n"
    "[[ca]]\n"
    "id = \"root\"\n"
    "subject = \"CN=Root\"\n"
    "role = \"root\"\n"
    "issues = \"cas\"\n";

std::string ErrorOf(const std::string& text) {
  const auto catalogue = CaCatalogue::Parse(text, "own.toml");
  EXPECT_FALSE(catalogue.ok()) << text;
  return std::string(catalogue.status().message());
}

TEST(CaCatalogueTest, BuiltInHasTheCasThatClientsNeed) {
  const CaCatalogue& catalogue = CaCatalogue::BuiltIn();
  std::map<CaEnvironment, std::vector<std::string>> required;
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.required) required[ca.environment].push_back(ca.id);
  }
  EXPECT_THAT(required[CaEnvironment::kProduction],
              ElementsAre("siths-e-id-root-ca-v2", "siths-e-id-person-hsa-id-3-ca-v1",
                          "siths-e-id-person-hsa-id-2-ca-v1", "siths-e-id-person-id-3-ca-v1",
                          "siths-e-id-person-id-2-ca-v1"));
  EXPECT_THAT(required[CaEnvironment::kTest],
              ElementsAre("test-siths-e-id-root-ca-v2", "test-siths-e-id-person-hsa-id-3-ca-v1",
                          "test-siths-e-id-person-hsa-id-2-ca-v1", "test-siths-e-id-person-id-3-ca-v1",
                          "test-siths-e-id-person-id-2-ca-v1"));
  for (const char* id : {"siths-e-id-person-hsa-id-3-ca-v1", "siths-e-id-person-id-3-ca-v1"}) {
    EXPECT_EQ(catalogue.FindById(id)->loa, Loa::k3) << id;
  }
  EXPECT_EQ(catalogue.FindById("siths-e-id-person-id-2-ca-v1")->loa, Loa::k2);
  EXPECT_EQ(catalogue.FindById("siths-e-id-function-ca-v1")->loa, Loa::kNotApplicable);
  EXPECT_FALSE(catalogue.FindById("siths-e-id-person-id-mobile-ca-v1")->required);
  EXPECT_EQ(catalogue.FindById("siths-root-ca-v1")->state, CaState::kBlocked);
  EXPECT_EQ(catalogue.FindPolicy("1.2.752.74.8.512")->loa, Loa::k3);
  EXPECT_TRUE(catalogue.IsOwnArc("1.2.752.74.8.700"));
  EXPECT_FALSE(catalogue.IsOwnArc("1.2.752.74.80"));
  EXPECT_FALSE(catalogue.IsOwnArc("1.2.752.74.8."));
}

TEST(CaCatalogueTest, HasNoFingerprintOfAPersonCaBecauseNoneIsKnown) {
  for (const CataloguedCa& ca : CaCatalogue::BuiltIn().cas()) {
    if (ca.issues != CaIssues::kPersons || ca.role != CaRole::kIssuing) continue;
    EXPECT_EQ(ca.sha256, "") << ca.id;
  }
}

TEST(CaCatalogueTest, OperatorsFileAddsAndReplacesById) {
  const testing::TemporaryFolder folder;
  const std::string file = folder.Write(
      "own.toml",
      "version = \"own-7\"\nown_arcs = [\"2.999.\"]\nhosts = [\"crl.example.org\", \"crl1.siths.se\"]\n"
      "[[ca]]\nid = \"siths-e-id-person-id-2-ca-v1\"\nsubject = \"CN=Replaced\"\nissuer = "
      "\"siths-e-id-root-ca-v2\"\n"
      "[[ca]]\nid = \"own-ca\"\nsubject = \"CN=Own\"\nissuer = \"siths-e-id-root-ca-v2\"\nloa = \"3\"\n"
      "[[policy]]\noid = \"1.2.752.74.8.512\"\nloa = \"2\"\nmeaning = \"changed\"\n");
  const auto catalogue = CaCatalogue::Load({file});
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->cas().size(), CaCatalogue::BuiltIn().cas().size() + 1);
  EXPECT_EQ(catalogue->FindById("siths-e-id-person-id-2-ca-v1")->subject, "CN=Replaced");
  EXPECT_FALSE(catalogue->FindById("siths-e-id-person-id-2-ca-v1")->required) << "replaced wholly";
  EXPECT_EQ(catalogue->FindById("own-ca")->loa, Loa::k3);
  EXPECT_EQ(catalogue->FindPolicy("1.2.752.74.8.512")->loa, Loa::k2);
  EXPECT_EQ(catalogue->hosts().size(), CaCatalogue::BuiltIn().hosts().size() + 1) << "each once";
  EXPECT_EQ(catalogue->hosts().back(), "crl.example.org");
  EXPECT_TRUE(catalogue->IsOwnArc("2.999.1"));
  EXPECT_TRUE(catalogue->IsOwnArc("1.2.752.74.8.1"));
  EXPECT_THAT(catalogue->version(), StartsWith("own-7+"));
  EXPECT_NE(catalogue->version(), CaCatalogue::BuiltIn().version());
}

// Whatever a real certificate names may be asked, and nothing else.
TEST(CaCatalogueTest, BuiltInNamesTheHostsOfItsOwnAddresses) {
  const CaCatalogue& catalogue = CaCatalogue::BuiltIn();
  for (const char* host : {"ocsp1.siths.se", "crl1.siths.se", "aia.siths.se", "ocsp1pp.siths.se",
                           "crl1pp.siths.se", "aiapp.siths.se"}) {
    EXPECT_TRUE(AllowsHost(catalogue.hosts(), host, 80)) << host;
  }
  EXPECT_FALSE(AllowsHost(catalogue.hosts(), "siths.se", 80));
  EXPECT_FALSE(AllowsHost(catalogue.hosts(), "www.siths.se", 80));
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.ca_issuers_url.empty() || ca.state != CaState::kCurrent) continue;
    const std::string host = ca.ca_issuers_url.substr(7, ca.ca_issuers_url.find('/', 7) - 7);
    EXPECT_TRUE(AllowsHost(catalogue.hosts(), host, 80)) << ca.ca_issuers_url;
  }
  const auto wrong = CaCatalogue::Parse("version = \"a\"\nhosts = [\"http://x\"]\n", "own.toml");
  EXPECT_THAT(std::string(wrong.status().message()),
              StartsWith("own.toml:2: 'hosts': 'http://x' is no host"));
  const auto with_hosts = [](int count) {
    std::string hosts;
    for (int i = 0; i < count; ++i) absl::StrAppend(&hosts, "\"h", i, ".example.org\", ");
    return CaCatalogue::Parse(absl::StrCat("version = \"a\"\nhosts = [", hosts, "]\n"), "own.toml").status();
  };
  EXPECT_TRUE(with_hosts(64).ok()) << with_hosts(64);
  EXPECT_EQ(with_hosts(65).message(), "the CA catalogue has 65 'hosts'; at most 64 are allowed");
}

TEST(CaCatalogueTest, VersionChangesWithTheContents) {
  const auto one = CaCatalogue::Parse(kRoot, "a");
  const auto other = CaCatalogue::Parse(absl::StrCat(kRoot, "loa = \"3\"\n"), "a");
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->version(), other->version());
}

TEST(CaCatalogueTest, NamesFileLineAndWhatIsAllowed) {
  const std::string root = kRoot;
  EXPECT_THAT(ErrorOf(root + "colour = \"red\"\n"), StartsWith("own.toml:7"));
  EXPECT_THAT(ErrorOf(root + "loa = \"4\"\n"), HasSubstr("not-applicable"));
  EXPECT_THAT(ErrorOf(root + "sha256 = \"AB\"\n"), HasSubstr("64 lower-case"));
  EXPECT_THAT(ErrorOf(root + "public_key_sha256 = \"AB\"\n"),
              HasSubstr("'public_key_sha256' is not a SHA-256"));
  EXPECT_THAT(ErrorOf(root + "not_after = \"soon\"\n"), StartsWith("own.toml:7"));
  EXPECT_THAT(ErrorOf(root + "subject_key_id = \"abc\"\n"), HasSubstr("upper-case"));
  EXPECT_THAT(ErrorOf(root + "ca_issuers_url = \"ldap://x\"\n"), HasSubstr("http://"));
  EXPECT_THAT(ErrorOf(root + "issuer = \"other\"\n"), HasSubstr("own id"));
  EXPECT_THAT(ErrorOf(root + "required = 1\n"), StartsWith("own.toml:7"));
  EXPECT_THAT(ErrorOf("[[ca]]\nid = \"a\"\n"), StartsWith("own.toml:"));
  EXPECT_THAT(ErrorOf(root + "[[ca]]\nid = \"A\"\nsubject = \"CN=a\"\nissuer = \"root\"\n"),
              HasSubstr("a-z"));
  EXPECT_THAT(ErrorOf(root + "[[ca]]\nid = \"a\"\nsubject = \"a\"\nissuer = \"root\"\n"),
              StartsWith("own.toml:9"));
  EXPECT_THAT(ErrorOf(root + "[[policy]]\noid = \"1.2.x\"\nmeaning = \"m\"\n"), StartsWith("own.toml:8"));
  EXPECT_THAT(ErrorOf("version = "), StartsWith("own.toml:1"));
}

TEST(CaCatalogueTest, RefusesAnIssuerThatNoEntryHasAndIssuersThatGoInCircles) {
  const std::string root = kRoot;
  const std::string missing = ErrorOf(root + "[[ca]]\nid = \"a\"\nsubject = \"CN=a\"\nissuer = \"nobody\"\n");
  EXPECT_THAT(missing, StartsWith("own.toml:7"));
  EXPECT_THAT(missing, HasSubstr("nobody"));
  EXPECT_THAT(ErrorOf(root + "[[ca]]\nid = \"a\"\nsubject = \"CN=a\"\nissuer = \"b\"\n"
                             "[[ca]]\nid = \"b\"\nsubject = \"CN=b\"\nissuer = \"a\"\n"),
              HasSubstr("no root"));
  EXPECT_THAT(ErrorOf(root + "[[ca]]\nid = \"root\"\nsubject = \"CN=a\"\nissuer = \"x\"\n"),
              HasSubstr("already"));
}

TEST(CaCatalogueTest, SaysWhichFileIsMissing) {
  const auto catalogue = CaCatalogue::Load({"/nonexistent/own.toml"});
  EXPECT_EQ(catalogue.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(catalogue.status().message()), HasSubstr("/nonexistent/own.toml"));
}

TEST(CaCatalogueTest, ReadsWhatTheTestPkiWrites) {
  const testing::SithsLikePki pki;
  const auto catalogue = CaCatalogue::Parse(pki.CatalogueToml(), "demo.toml");
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->FindByFingerprint(pki.root().sha256)->id, "kortvakt-demo-root-ca-v2");
  EXPECT_EQ(catalogue->FindByFingerprint(pki.ca(testing::PersonCa::kHsaId2).sha256)->loa, Loa::k2);
  for (const auto& [id, ca] : pki.NamedCas()) EXPECT_EQ(catalogue->FindById(id)->sha256, ca->sha256);
}

TEST(CaCatalogueTest, ItsTextsMakeTheSameCatalogueWithTheSameVersion) {
  const testing::TemporaryFolder folder;
  const auto catalogue = CaCatalogue::Load({folder.Write("own.toml", std::string("schema = 1\n") + kRoot)});
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  ASSERT_EQ(catalogue->texts().size(), 2u);
  const auto again = CaCatalogue::Make(catalogue->texts());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version(), catalogue->version());
  EXPECT_EQ(again->cas().size(), catalogue->cas().size());
  EXPECT_EQ(again->policies().size(), catalogue->policies().size());
}

TEST(CaCatalogueTest, OfANewerSchemaSaysThatTheProgramIsTooOld) {
  EXPECT_THAT(ErrorOf("schema = 2\nanything = 1\n"), StartsWith("own.toml:1: 'schema' is 2; kortvakt "));
}

TEST(CaCatalogueTest, HasRoomForAThousandCas) {
  std::string text = kRoot;
  for (int i = 1; i < 1000; ++i) {
    absl::StrAppend(&text, "[[ca]]\nid = \"a", i, "\"\nsubject = \"CN=a\"\nissuer = \"root\"\n");
  }
  EXPECT_TRUE(CaCatalogue::Parse(text, "own.toml").ok());
  EXPECT_THAT(ErrorOf(text + "[[ca]]\nid = \"b\"\nsubject = \"CN=a\"\nissuer = \"root\"\n"),
              HasSubstr("has 1001 [[ca]]"));
}

}  // namespace
}  // namespace kortvakt
