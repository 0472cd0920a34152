#include "common/judge/judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/judge/judgement_proto.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(JudgementTest, TravelsWholeAndIsTheSameOnTheOtherSide) {
  const absl::StatusOr<Judgement> sent = LoadJudgement(
      *ParsePolicy("required_loa = 2\n[contacts]\n\"Region Exempel\" = \"tfn 010\"\n", "test"), {});
  ASSERT_TRUE(sent.ok()) << sent.status();
  const v1::Judgement proto = JudgementToProto(*sent);
  const absl::StatusOr<Judgement> received = JudgementFromProto(proto, nullptr);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->policy.required_loa, Loa::k2);
  EXPECT_EQ(received->policy.contacts, sent->policy.contacts);
  EXPECT_EQ(received->catalogue->version(), CaCatalogue::BuiltIn().version());
  EXPECT_FALSE(received->of_collector);
  EXPECT_EQ(JudgementToProto(*received).SerializeAsString(), proto.SerializeAsString());
}

TEST(JudgementTest, WhatIsLeftOutMustBeThere) {
  const Judgement have = *LoadJudgement(Policy(), {});
  for (const bool policy : {true, false}) {
    v1::Judgement proto = JudgementToProto(have);
    if (policy) {
      proto.clear_policy();
    } else {
      proto.clear_catalogue();
    }
    EXPECT_TRUE(JudgementFromProto(proto, &have).ok());
    EXPECT_THAT(std::string(JudgementFromProto(proto, nullptr).status().message()), HasSubstr("is missing"));
  }
}

TEST(JudgementTest, OrganisationsTravelHoweverTheyAreCalled) {
  for (const std::string name :
       {"O'Brien", "Region \"Exempel\"", "a\\b", "a.b", "#1", "Å & Ö", "[x]", "'", ""}) {
    std::string written;
    for (const char c : name) written += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    absl::StatusOr<ConfigFile> file =
        ConfigFile::Parse("[policy.contacts]\n\"" + written + "\" = \"tfn 010 ' \\\" \"\n", "test.toml");
    ASSERT_TRUE(file.ok()) << file.status();
    const Policy policy = ReadPolicy(file->Root().GetTable("policy"));
    ASSERT_TRUE(file->Finish().ok()) << file->Finish();
    const absl::StatusOr<Judgement> sent = LoadJudgement(policy, {});
    ASSERT_TRUE(sent.ok()) << sent.status();
    const absl::StatusOr<Judgement> received = JudgementFromProto(JudgementToProto(*sent), nullptr);
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->policy.contacts, (std::map<std::string, std::string>{{name, "tfn 010 ' \" "}}));
  }
}

// Should a text ever not be read again, whoever writes the configuration hears of it.
TEST(JudgementTest, WhatAgentsCouldNotReadIsNotLoaded) {
  Policy policy;
  policy.text = "[contacts]\nO'Brien = \"x\"\n";
  const std::string message(LoadJudgement(policy, {}).status().message());
  EXPECT_THAT(message, StartsWith("[policy] and [catalogue] cannot be given to agents: policy:2: not TOML"));
  EXPECT_THAT(message, Not(HasSubstr("collector")));
}

TEST(JudgementTest, NamesAPolicyThatDoesNotFitAndAFileThatIsNotThere) {
  EXPECT_THAT(
      std::string(LoadJudgement(*ParsePolicy("required_cas = [\"x\"]", "test"), {}).status().message()),
      HasSubstr("policy.required_cas: 'x' is not in the CA catalogue"));
  EXPECT_TRUE(absl::IsNotFound(LoadJudgement(Policy(), {"/nonexistent/own.toml"}).status()));
}

}  // namespace
}  // namespace kortvakt
