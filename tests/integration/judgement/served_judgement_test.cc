// The built programs: a change of the collector's policy reaches the desk.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/reporter/collector_judgement.h"
#include "common/base/time.h"
#include "kortvakt/v1/finding.pb.h"
#include "kortvakt/v1/query.pb.h"
#include "tests/support/patience.h"
#include "tests/support/pcsc/child_process.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;

class ServedJudgementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pcscd = PrivatePcscd::Start({"Reader"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
    ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("loa2")).ok());
    ASSERT_TRUE(installation_.StartCollector().ok());
    ASSERT_TRUE(installation_.StartAgent().ok());
  }

  Outcome Check(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {Installation::Program("kortvakt-agent"), "check", "--config",
                                        installation_.Path("agent.toml")};
    command.insert(command.end(), more.begin(), more.end());
    return installation_.Run(command);
  }
  v1::CheckResult CheckJson() const {
    v1::CheckResult result;
    const Outcome outcome = Check({"--json"});
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok())
        << outcome.out << outcome.err;
    return result;
  }
  static bool Has(const google::protobuf::RepeatedPtrField<v1::Finding>& findings, const std::string& code) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const v1::Finding& finding) { return finding.code() == code; });
  }
  bool CheckFinds(const std::string& code) const { return Has(CheckJson().findings(), code); }
  v1::GetWorkstationResponse Workstation() const {
    v1::GetWorkstationResponse response;
    installation_.Query({"workstation", kWorkstationId}, response);
    return response;
  }
  void RestartCollectorWith(const std::string& policy) {
    EXPECT_EQ(installation_.StopCollector(), 0);
    installation_.collector_policy = policy;
    ASSERT_TRUE(installation_.StartCollector().ok());
  }

  Installation installation_;
  std::optional<PrivatePcscd> pcscd_;
};

TEST_F(ServedJudgementTest, AChangedPolicyReachesTheDeskWithoutARestartOfTheAgent) {
  const pid_t agent = installation_.agent_pid();
  ASSERT_TRUE(Eventually([&] { return Workstation().snapshot().readers_size() == 2; }));
  ASSERT_TRUE(Eventually([&] { return CheckFinds("LOA_TOO_LOW"); })) << CheckJson().DebugString();
  const std::string before = CheckJson().snapshot().versions().policy();
  EXPECT_EQ(Workstation().snapshot().versions().policy(), before) << "both are configured alike";

  // Nothing listens at port 9 (discard, RFC 863) of this test's machine.
  RestartCollectorWith(
      "required_loa = 2\nprobe_hosts = [\"https://127.0.0.1:9/login\"]\nprobe_interval = \"5m\"\n");
  EXPECT_TRUE(Eventually([&] { return !CheckFinds("LOA_TOO_LOW"); }));
  const v1::CheckResult check = CheckJson();
  EXPECT_NE(check.snapshot().versions().policy(), before);
  EXPECT_TRUE(Has(check.findings(), "TLS_SERVER_UNREACHABLE")) << "check probes what the policy names";
  EXPECT_EQ(check.snapshot().probes_size(), 1);
  EXPECT_EQ(installation_.agent_pid(), agent);
  EXPECT_TRUE(installation_.AgentRuns());

  // The agent's own probe, for the fleet.
  EXPECT_TRUE(Eventually([&] { return Workstation().snapshot().probes_size() == 1; }));
  v1::GetWorkstationResponse workstation = Workstation();
  EXPECT_EQ(workstation.snapshot().versions().policy(), check.snapshot().versions().policy());
  EXPECT_EQ(workstation.snapshot().probes(0).outcome(), v1::PROBE_OUTCOME_UNREACHABLE);
  EXPECT_TRUE(Has(workstation.findings(), "TLS_SERVER_UNREACHABLE"));

  // Over a restart, with the collector away.
  EXPECT_EQ(installation_.StopAgent(), 0);
  EXPECT_EQ(installation_.StopCollector(), 0);
  const v1::CheckResult alone = CheckJson();
  EXPECT_EQ(alone.snapshot().versions().policy(), check.snapshot().versions().policy())
      << "root reads what the agent kept";
  EXPECT_FALSE(Has(alone.findings(), "LOA_TOO_LOW"));
  ASSERT_TRUE(installation_.StartAgent().ok());
  EXPECT_THAT(installation_.Log("agent"), HasSubstr("judging by the collector's policy"));
  EXPECT_EQ(CheckJson().snapshot().versions().policy(), check.snapshot().versions().policy());

  // Damaged meanwhile: the local one, until the collector is back.
  EXPECT_EQ(installation_.StopAgent(), 0);
  std::ofstream(KeptJudgementFile(installation_.Path("spool")), std::ios::trunc) << "nonsense";
  ASSERT_TRUE(installation_.StartAgent().ok());
  EXPECT_THAT(installation_.Log("agent"), HasSubstr("cannot be used, so the local ones are in force"));
  EXPECT_TRUE(Eventually([&] { return CheckFinds("LOA_TOO_LOW"); }));
  ASSERT_TRUE(installation_.StartCollector().ok());
  EXPECT_TRUE(Eventually([&] { return !CheckFinds("LOA_TOO_LOW"); }));
}

TEST_F(ServedJudgementTest, CheckConfigOfTheAgentTellsAPolicyThatCannotBeAndAFileOfANewerForm) {
  const auto complaint = [&](const std::string& more) {
    installation_.agent_extra = more;
    const Outcome outcome = installation_.Run(
        {Installation::Program("kortvakt-agent"), "check-config", installation_.WriteAgentConfig()});
    EXPECT_EQ(outcome.exit_code, more.empty() ? 0 : 3) << outcome.err;
    return outcome.err;
  };
  complaint("");
  EXPECT_THAT(complaint("schema = 2\n"), HasSubstr("'schema' is 2; kortvakt "));
  EXPECT_THAT(complaint("environment = \"test\"\n"), HasSubstr("policy.required_cas: "));
  EXPECT_THAT(complaint("probe_hosts = [\"x\"]\n"), HasSubstr("'probe_hosts': 'x' cannot be probed"));
}

TEST_F(ServedJudgementTest, AHostThatThePolicyNamesNoMoreIsForgotten) {
  RestartCollectorWith("probe_hosts = [\"https://127.0.0.1:9/login\"]\nprobe_interval = \"5m\"\n");
  ASSERT_TRUE(Eventually([&] { return Workstation().snapshot().probes_size() == 1; }));
  RestartCollectorWith("");
  EXPECT_TRUE(Eventually([&] {
    const v1::GetWorkstationResponse workstation = Workstation();
    return workstation.has_snapshot() && workstation.snapshot().probes_size() == 0;
  }));
}

TEST_F(ServedJudgementTest, AnAgentThatProbesASilentServerReportsCardsAndStopsAtOnce) {
  // A server that takes connections and says nothing.
  const auto server = ChildProcess::Start(
      {"/usr/bin/python3", "-u", "-c",
       "import "
       "socket,time\ns=socket.create_server(('127.0.0.1',0))\nprint(s.getsockname()[1])\ntime.sleep(600)"},
      {.output = installation_.Path("server.log")});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE(Eventually([&] { return installation_.Log("server").find('\n') != std::string::npos; }));
  std::string port = installation_.Log("server");
  port.pop_back();
  // One after the other, each for 15 s: the probes are under way for longer than anybody waits below.
  std::vector<std::string> hosts;
  for (int i = 0; i < 6; ++i) hosts.push_back(absl::StrCat("\"https://127.0.0.1:", port, "/", i, "\""));
  RestartCollectorWith(
      absl::StrCat("probe_hosts = [", absl::StrJoin(hosts, ", "), "]\nprobe_interval = \"5m\"\n"));
  ASSERT_TRUE(Eventually([&] {
    const Outcome open = installation_.Run({"/bin/sh", "-c", absl::StrCat("ss -tnp | grep ':", port, " '")});
    return open.out.find(absl::StrCat("pid=", installation_.agent_pid())) != std::string::npos;
  })) << "the probe has not begun";
  ASSERT_TRUE(pcscd_->RemoveCard(0).ok());
  v1::Snapshot snapshot;
  EXPECT_TRUE(Eventually([&] {
    snapshot = Workstation().snapshot();
    return snapshot.readers_size() == 2 && !snapshot.readers(0).has_card();
  })) << "a probe holds up the report";
  EXPECT_EQ(snapshot.probes_size(), 0) << "the probes are still under way";
  const absl::Duration start = SystemClock().Monotonic();
  EXPECT_EQ(installation_.StopAgent(), 0);
  EXPECT_LT(SystemClock().Monotonic() - start, kPatience);
}

}  // namespace
}  // namespace kortvakt::testing
