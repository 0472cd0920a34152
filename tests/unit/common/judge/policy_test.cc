#include "common/judge/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Read {
  Policy policy;
  absl::Status status;
};

// What is read from `lines` under [policy].
Read ReadLines(const std::string& lines) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("[policy]\n" + lines, "test.toml");
  if (!file.ok()) return {{}, file.status()};
  const Policy policy = ReadPolicy(file->Root().GetTable("policy"));
  return {policy, file->Finish()};
}

TEST(PolicyTest, DefaultsAreEightWeeksAThirdAndLevelThree) {
  const Read read = ReadLines("");
  ASSERT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.policy.renewal_within, absl::Hours(24) * 56);
  EXPECT_EQ(read.policy.renewal_lifetime_divisor, 3);
  EXPECT_EQ(read.policy.delivery, absl::Hours(24) * 21);
  EXPECT_EQ(read.policy.required_loa, Loa::k3);
  EXPECT_EQ(PolicyVersion(read.policy), PolicyVersion(Policy()));
}

TEST(PolicyTest, ReadsEveryKey) {
  const Read read = ReadLines(R"(
renewal_within = "12w"
renewal_lifetime_divisor = 4
delivery = "10d"
card_idle_after = "60d"
late_after = "2h"
silent_after = "20d"
retired_after = "90d"
required_loa = 2
environment = "test"
required_cas = ["test-siths-e-id-root-ca-v2"]
organisation_prefix = "SE2321000016"
probe_hosts = ["https://login.example.org/mtls", "https://b.example:8443"]
probe_interval = "30m"
[policy.contacts]
"" = "Kortkontoret, Exempelgatan 1"
"Region Exempel" = "Passerkort, tfn 010-000 00 00"
)");
  ASSERT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.policy.renewal_within, absl::Hours(24) * 84);
  EXPECT_EQ(read.policy.renewal_lifetime_divisor, 4);
  EXPECT_EQ(read.policy.delivery, absl::Hours(24) * 10);
  EXPECT_EQ(read.policy.card_idle_after, absl::Hours(24) * 60);
  EXPECT_EQ(read.policy.late_after, absl::Hours(2));
  EXPECT_EQ(read.policy.silent_after, absl::Hours(24) * 20);
  EXPECT_EQ(read.policy.retired_after, absl::Hours(24) * 90);
  EXPECT_EQ(read.policy.required_loa, Loa::k2);
  EXPECT_EQ(read.policy.environment, CaEnvironment::kTest);
  EXPECT_THAT(read.policy.required_cas, ElementsAre("test-siths-e-id-root-ca-v2"));
  EXPECT_EQ(read.policy.organisation_prefix, "SE2321000016");
  EXPECT_EQ(read.policy.contacts.size(), 2u);
  ASSERT_EQ(read.policy.probe_hosts.size(), 2u);
  EXPECT_EQ(FormatProbeTarget(read.policy.probe_hosts[1]), "https://b.example:8443/");
  EXPECT_EQ(read.policy.probe_interval, absl::Minutes(30));

  // As an agent gets it.
  const absl::StatusOr<Policy> served = ParsePolicy(read.policy.text, "served");
  ASSERT_TRUE(served.ok()) << served.status();
  EXPECT_EQ(served->text, read.policy.text);
  EXPECT_EQ(served->renewal_within, read.policy.renewal_within);
  EXPECT_EQ(served->required_cas, read.policy.required_cas);
  EXPECT_EQ(served->contacts, read.policy.contacts);
  EXPECT_EQ(served->probe_hosts.size(), 2u);
  EXPECT_EQ(PolicyVersion(*served), PolicyVersion(read.policy));
}

TEST(PolicyTest, OfANewerSchemaSaysThatTheProgramIsTooOldWhateverElseIsInIt) {
  const Read read = ReadLines("a_new_key = 1\nschema = 2\n");
  EXPECT_THAT(std::string(read.status.message()), StartsWith("test.toml:3: 'schema' is 2; kortvakt "));
  EXPECT_THAT(std::string(read.status.message()), HasSubstr("knows 1: install a newer one"));
  EXPECT_TRUE(ReadLines("schema = 1\n").status.ok());
  EXPECT_FALSE(ReadLines("schema = 0\n").status.ok());
  EXPECT_FALSE(ParsePolicy("schema = 2", "served").ok());
}

TEST(PolicyTest, NamesWhatIsWrongAndWhere) {
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {"renewal_within = \"1h\"", "renewal_within"},
      {"renewal_lifetime_divisor = 0", "allowed: 1 to 100"},
      {"late_after = \"40d\"", "'late_after' (5w5d) must be shorter than 'silent_after'"},
      {"silent_after = \"200d\"", "must be shorter than 'retired_after'"},
      {"required_loa = 4", "allowed: 2 to 3"},
      {"environment = \"prod\"", "production, test"},
      {"organisation_prefix = \"se 1\"", "SE2321000016"},
      {"contacts = {\"Region Exempel\" = \"two\\nlines\"}", "one line"},
      {"contacts = {\"two\\nlines\" = \"x\"}",
       "the organisation 'two lines' must be one line of at most 500 bytes"},
      {"contacts = {\"a\\tb\" = \"\"}", "the organisation 'a b' must be one line"},
      {"renewal_witin = \"8w\"", "renewal_within"},
      {"probe_hosts = [\"http://x\"]", "'probe_hosts': 'http://x' cannot be probed"},
      {"probe_interval = \"1m\"", "allowed: 5m to"},
  };
  for (const auto& [line, message] : cases) {
    const Read read = ReadLines(line);
    EXPECT_FALSE(read.status.ok()) << line;
    EXPECT_THAT(std::string(read.status.message()), HasSubstr(message)) << line;
    EXPECT_THAT(std::string(read.status.message()), StartsWith("test.toml:2")) << line;
  }
}

TEST(PolicyTest, RevocationIsOffUnlessSaidAndItsHostsAreChecked) {
  EXPECT_FALSE(ReadLines("").policy.revocation);
  const Read read = ReadLines("revocation = true\nrevocation_hosts = [\".example.org\", \"127.0.0.1:8080\"]");
  ASSERT_TRUE(read.status.ok()) << read.status;
  EXPECT_TRUE(read.policy.revocation);
  EXPECT_THAT(read.policy.revocation_hosts, ElementsAre(".example.org", "127.0.0.1:8080"));
  EXPECT_NE(PolicyVersion(read.policy), PolicyVersion(ReadLines("revocation = true").policy));
  EXPECT_THAT(std::string(ReadLines("revocation_hosts = [\"http://crl.example.org\"]").status.message()),
              HasSubstr("'revocation_hosts': 'http://crl.example.org' is no host"));
  std::string many = "revocation_hosts = [";
  for (int i = 0; i < 33; ++i) absl::StrAppend(&many, "\"h", i, ".example.org\", ");
  EXPECT_THAT(std::string(ReadLines(many + "]").status.message()), HasSubstr("at most 32"));
}

TEST(PolicyTest, VersionTellsWhatIsSetAndNotHowItIsWritten) {
  const std::vector<std::string> different = {"",
                                              "delivery = \"22d\"",
                                              "required_cas = [\"ab\", \"c\"]",
                                              "required_cas = [\"a\", \"bc\"]",
                                              "organisation_prefix = \"AB\"",
                                              "contacts = {\"ab\" = \"x\"}",
                                              "contacts = {\"a\" = \"bx\"}"};
  for (size_t i = 0; i < different.size(); ++i) {
    const std::string version = PolicyVersion(ReadLines(different[i]).policy);
    EXPECT_EQ(version.size(), 8u);
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(version, PolicyVersion(ReadLines(different[j]).policy)) << i << j;
    }
  }
  EXPECT_EQ(
      PolicyVersion(ReadLines("delivery = \"22d\"\nlate_after='1h'\n[policy.contacts]\na = 'x'").policy),
      PolicyVersion(
          ReadLines("# why\nlate_after = \"1h\"\ncontacts = {\"a\"=\"x\"}\ndelivery = \"22d\"").policy));
}

TEST(PolicyTest, RequiresTheCataloguesCasOfItsEnvironmentInTheCataloguesOrder) {
  const std::vector<std::string> required = RequiredCas(Policy(), CaCatalogue::BuiltIn());
  ASSERT_EQ(required.size(), 5u);
  EXPECT_EQ(required.front(), "siths-e-id-root-ca-v2");
  Policy policy;
  policy.required_cas = {"siths-e-id-function-ca-v1", "siths-e-id-root-ca-v2", "siths-root-ca-v1", "nowhere"};
  EXPECT_THAT(RequiredCas(policy, CaCatalogue::BuiltIn()),
              ElementsAre("siths-e-id-root-ca-v2", "siths-e-id-function-ca-v1"));
}

TEST(PolicyTest, RequiresCasInEitherEnvironment) {
  Policy policy;
  policy.environment = CaEnvironment::kTest;
  EXPECT_THAT(RequiredCas(policy, CaCatalogue::BuiltIn()),
              ElementsAre("test-siths-e-id-root-ca-v2", "test-siths-e-id-person-hsa-id-3-ca-v1",
                          "test-siths-e-id-person-hsa-id-2-ca-v1", "test-siths-e-id-person-id-3-ca-v1",
                          "test-siths-e-id-person-id-2-ca-v1"));
}

TEST(PolicyTest, CheckNamesRequiredCasThatCannotBe) {
  Policy policy;
  EXPECT_TRUE(CheckPolicy(policy, CaCatalogue::BuiltIn()).ok());
  policy.required_cas = {"siths-e-id-root-ca-v2", "siths-e-id-root"};
  EXPECT_THAT(std::string(CheckPolicy(policy, CaCatalogue::BuiltIn()).message()),
              HasSubstr("'siths-e-id-root' is not in the CA catalogue; known are: siths-e-id-root-ca-v2"));
  policy.required_cas = {"siths-root-ca-v1"};
  EXPECT_THAT(std::string(CheckPolicy(policy, CaCatalogue::BuiltIn()).message()),
              HasSubstr("not a current CA"));
  policy.required_cas = {"test-siths-e-id-root-ca-v2"};
  EXPECT_THAT(std::string(CheckPolicy(policy, CaCatalogue::BuiltIn()).message()),
              HasSubstr("other environment"));
}

TEST(PolicyTest, CardModulesAreFileNames) {
  EXPECT_THAT(ReadLines("").policy.card_modules, ::testing::Contains("opensc-pkcs11.so"));
  const Read read = ReadLines("card_modules = [\"libexempel.so\"]\n");
  ASSERT_TRUE(read.status.ok()) << read.status;
  EXPECT_THAT(read.policy.card_modules, ElementsAre("libexempel.so"));
  EXPECT_NE(PolicyVersion(read.policy), PolicyVersion(Policy()));
  for (const char* wrong : {"[]", "[\"/usr/lib/x.so\"]", "[\"\"]"}) {
    const Read refused = ReadLines(absl::StrCat("card_modules = ", wrong, "\n"));
    EXPECT_THAT(std::string(refused.status.message()), HasSubstr("file names without folders")) << wrong;
  }
}

}  // namespace
}  // namespace kortvakt
