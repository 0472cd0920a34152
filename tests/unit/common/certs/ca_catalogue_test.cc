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
  EXPECT_EQ(with_hosts(65).message(), "own.toml:2: 'hosts' has 65 entries; at most 64 are allowed");
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

// Whole messages: each begins with where it is and with the key.
TEST(CaCatalogueTest, NamesTheKeyOfWhatIsWrong) {
  const std::string other = "[[ca]]\nid = \"a\"\nsubject = \"CN=a\"\nissuer = \"root\"\n";
  const std::string policy = "[[policy]]\noid = \"1.2\"\nmeaning = \"m\"\n";
  const struct {
    std::string lines;
    const char* message;
  } cases[] = {
      {"ca_issuers_url = \"ldap://x\"\n",
       "7: 'ca_issuers_url' is not an address: http:// or https://, at most 512 printable characters without "
       "spaces"},
      {"ca_issuers_url = \"http://x/a b\"\n",
       "7: 'ca_issuers_url' is not an address: http:// or https://, at most 512 printable characters without "
       "spaces"},
      {"ca_issuers_url = \"http://x/\\u001B[2J\"\n",
       "7: 'ca_issuers_url' is not an address: http:// or https://, at most 512 printable characters without "
       "spaces"},
      {"issuer = \"other\"\n", "7: 'issuer' of a root is its own id"},
      {"[[ca]]\nid = \"a\"\nsubject = \"CN=a\"\nissuer = \"a\"\n",
       "10: 'issuer' is the entry itself: only a root is (role = \"root\")"},
      {"subject_key_id = \"abc\"\n",
       "7: 'subject_key_id' is not a key identifier: upper-case hexadecimal digits, two a byte"},
      {"not_after = \"infinite-future\"\n",
       "7: 'not_after': 'infinite-future' is not a time; write it as 2026-11-22T09:00:00Z or 2026-11-22"},
      {"[[ca]]\nid = \"A\"\nsubject = \"CN=a\"\nissuer = \"root\"\n",
       "8: 'id' is not an id: 1 to 64 of a-z, 0-9 and -"},
      {"[[ca]]\nid = \"a\"\nsubject = \"CN=\\u001B[2J\"\nissuer = \"root\"\n",
       "9: 'subject' is not a name such as \"CN=Example CA,O=Example AB,C=SE\""},
      {other + other, "12: 'id' is at own.toml:7 already"},
      {policy + policy, "11: 'oid' is at own.toml:7 already"},
      {"[[policy]]\noid = \"1.2.x\"\nmeaning = \"m\"\n",
       "8: 'oid' is not an object identifier such as \"1.2.752.74.8.512\""},
      {"[[policy]]\noid = \"1.2\"\nmeaning = \"two\\nlines\"\n",
       "9: 'meaning' must be one line of at most 512 bytes"},
      {other + "sha256 = \"" + std::string(64, 'a') +
           "\"\n[[ca]]\nid = \"b\"\nsubject = \"CN=b\"\nissuer = "
           "\"root\"\nsha256 = \"" +
           std::string(64, 'a') + "\"\n",
       "12: 'sha256' of ca \"b\" is that of \"a\" (own.toml:7); use that id to change it"},
      {"[[ca]]\nid = \"a\"\nsubject = \"CN=a\"\nissuer = \"nobody\"\n",
       "7: 'issuer' of ca \"a\" is \"nobody\", which is no entry; add a [[ca]] with that id"},
  };
  for (const auto& [lines, message] : cases) {
    EXPECT_EQ(ErrorOf(kRoot + lines), absl::StrCat("own.toml:", message)) << lines;
  }
  EXPECT_EQ(ErrorOf("version = \"\\u001B\"\n"),
            "own.toml:1: 'version' is not a version: at most 64 printable characters");
  EXPECT_EQ(ErrorOf("version = \"1\"\nown_arcs = [\"1.2\"]\n"),
            "own.toml:2: 'own_arcs' has an arc that is not one: it ends with a dot, as \"1.2.752.74.8.\"");
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
              StartsWith("own.toml:2: 'ca' has 1001 entries; at most 1000 are allowed"));
}

// With entries compared with each other before they are counted these take minutes.
TEST(CaCatalogueTest, CountsBeforeItLooksAtEntries) {
  std::string different = "version = \"1\"\n";
  std::string equal = different;
  std::string policies = different;
  std::string arcs = different + "own_arcs = [";
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&different, "[[ca]]\nid = \"a", i, "\"\nsubject = \"C=\"\n");
    absl::StrAppend(&equal, "[[ca]]\nid = \"a\"\nsubject = \"C=\"\n");
    absl::StrAppend(&policies, "[[policy]]\noid = \"1.2\"\n");
    absl::StrAppend(&arcs, "\"1.", i, ".\", ");
  }
  EXPECT_EQ(ErrorOf(different), "own.toml:2: 'ca' has 100000 entries; at most 1000 are allowed");
  EXPECT_EQ(ErrorOf(equal), "own.toml:2: 'ca' has 100000 entries; at most 1000 are allowed");
  EXPECT_EQ(ErrorOf(policies), "own.toml:2: 'policy' has 100000 entries; at most 1000 are allowed");
  EXPECT_EQ(ErrorOf(arcs + "]\n"), "own.toml:2: 'own_arcs' has 100000 entries; at most 64 are allowed");
}

TEST(CaCatalogueTest, ManyTextsHaveNoMoreThanOneMayHave) {
  std::vector<CaCatalogue::NamedText> texts;
  for (int file = 0; file < 3; ++file) {
    std::string text = "version = \"1\"\n";
    for (int i = 0; i < 500; ++i) {
      absl::StrAppend(&text, "[[ca]]\nid = \"a", file, "-", i, "\"\nsubject = \"C=\"\nrole = \"root\"\n");
    }
    texts.push_back({absl::StrCat(file, ".toml"), text});
  }
  EXPECT_EQ(CaCatalogue::Make(texts).status().message(),
            "the files of the CA catalogue have 1500 [[ca]] together; at most 1000 are allowed");
  texts.pop_back();
  EXPECT_TRUE(CaCatalogue::Make(texts).ok());
}

}  // namespace
}  // namespace kortvakt
