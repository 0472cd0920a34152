#include "common/judge/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
      {"renewal_witin = \"8w\"", "renewal_within"},
  };
  for (const auto& [line, message] : cases) {
    const Read read = ReadLines(line);
    EXPECT_FALSE(read.status.ok()) << line;
    EXPECT_THAT(std::string(read.status.message()), HasSubstr(message)) << line;
    EXPECT_THAT(std::string(read.status.message()), StartsWith("test.toml:2")) << line;
  }
}

TEST(PolicyTest, VersionTellsPoliciesApart) {
  std::vector<Policy> policies(6);
  policies[1].delivery += absl::Seconds(1);
  policies[2].required_cas = {"ab", "c"};
  policies[3].required_cas = {"a", "bc"};
  policies[4].organisation_prefix = "ab";
  policies[5].contacts["ab"] = "";
  for (size_t i = 0; i < policies.size(); ++i) {
    EXPECT_EQ(PolicyVersion(policies[i]).size(), 8u);
    for (size_t j = 0; j < i; ++j)
      EXPECT_NE(PolicyVersion(policies[i]), PolicyVersion(policies[j])) << i << j;
  }
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

}  // namespace
}  // namespace kortvakt
