#include "tests/integration/pcsc/agent_program.h"

#include <google/protobuf/util/json_util.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt::testing {
namespace {

std::string Agent() { return absl::StrCat(std::getenv("KORTVAKT_BIN"), "/kortvakt-agent"); }

}  // namespace

AgentProgramTest::~AgentProgramTest() { agent_.reset(); }

std::string AgentProgramTest::ConfigFile() const {
  cards_.Write("bundle.pem", cards_.pki().root().pem);
  return cards_.Write("agent.toml",
                      absl::StrCat("[socket]\npath = \"", cards_.folder(),
                                   "/agent.sock\"\n[trust]\nsystem_bundle = \"", cards_.folder(),
                                   "/bundle.pem\"\np11_kit = false\nbrowser_policies = false\n"
                                   "browser_databases = false\n",
                                   config_));
}

void AgentProgramTest::StartProgram(const std::string& command) {
  const std::string log = cards_.folder() + "/agent.log";
  std::filesystem::remove(log);  // the next would be added to it
  absl::StatusOr<ChildProcess> agent =
      ChildProcess::Start({Agent(), command, "--config", ConfigFile()}, {.output = log});
  ASSERT_TRUE(agent.ok()) << agent.status();
  agent_.emplace(*std::move(agent));
}

void AgentProgramTest::StartAgent() {
  StartProgram("run");
  const absl::Time end = absl::Now() + kPatience;
  while (!std::filesystem::exists(cards_.folder() + "/agent.sock") && absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  Check();
}

int AgentProgramTest::EndAgent(int signal) {
  agent_->Signal(signal);
  const absl::StatusOr<int> status = agent_->Wait(kPatience);
  EXPECT_TRUE(status.ok()) << status.status();
  agent_.reset();
  return status.value_or(-1);
}

void AgentProgramTest::StopAgent() { EXPECT_EQ(EndAgent(SIGTERM), 0); }

v1::CheckResult AgentProgramTest::Check() {
  const Outcome outcome =
      RunProgram({Agent(), "check", "--json", "--config", ConfigFile()}, {.folder = cards_.folder()});
  EXPECT_NE(outcome.exit_code, 3) << outcome.err;
  v1::CheckResult result;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok())
      << outcome.out << outcome.err;
  return result;
}

bool AgentProgramTest::AwaitCheck(const std::function<bool(const v1::CheckResult&)>& condition,
                                  absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!condition(Check())) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

bool AgentProgramTest::AwaitCard(size_t slot, const TestCard& card) {
  return AwaitCheck([&](const v1::CheckResult& result) { return Shows(result, slot, card); });
}

bool AgentProgramTest::AwaitCardState(size_t slot, v1::CardState state) {
  return AwaitCheck(
      [&](const v1::CheckResult& result) { return ReaderOf(result, slot).card().state() == state; });
}

v1::Reader AgentProgramTest::ReaderOf(const v1::CheckResult& result, size_t slot) const {
  for (const v1::Reader& reader : result.snapshot().readers()) {
    if (reader.name() == service_->ReaderName(slot)) return reader;
  }
  return v1::Reader();
}

bool AgentProgramTest::Shows(const v1::CheckResult& result, size_t slot, const TestCard& card) const {
  const v1::Card shown = ReaderOf(result, slot).card();
  std::vector<std::string> certificates;
  for (const v1::Certificate& certificate : shown.certificates())
    certificates.push_back(certificate.sha256());
  return shown.state() == (certificates.empty() ? v1::CARD_STATE_EMPTY : v1::CARD_STATE_READ) &&
         shown.atr() == UpperHex(card.atr) && shown.id() == card.id() && certificates == card.certificates &&
         shown.unreadable_certificates() == 0;
}

v1::Finding AgentProgramTest::FindingOf(const v1::CheckResult& result, const std::string& code,
                                        size_t slot) const {
  for (const v1::Finding& finding : result.findings()) {
    if (finding.code() == code && absl::StrContains(finding.subject(), service_->ReaderName(slot)))
      return finding;
  }
  return v1::Finding();
}

}  // namespace kortvakt::testing
