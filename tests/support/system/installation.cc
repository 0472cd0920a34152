#include "tests/support/system/installation.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/time.h"

namespace kortvakt::testing {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Every CA id of the test PKI's catalogue but the function CA's, as a TOML list.
std::string RequiredCas(const std::string& catalogue) {
  static const std::regex id("(^|\n)id = (\"[^\"]+\")");
  std::string list;
  for (std::sregex_iterator it(catalogue.begin(), catalogue.end(), id), end; it != end; ++it) {
    if ((*it)[2].str().find("function") != std::string::npos) continue;
    absl::StrAppend(&list, list.empty() ? "" : ", ", (*it)[2].str());
  }
  return list;
}

}  // namespace

bool Eventually(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Duration end = SystemClock().Monotonic() + limit;
  while (!condition()) {
    if (SystemClock().Monotonic() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

Installation::Installation() {
  std::string pattern = "/tmp/kvsys.XXXXXX";  // short: a socket's path has 107 bytes
  folder_ = mkdtemp(pattern.data());
  const Outcome made =
      Run({Program("kortvakt-test-pki"), Path("pki"), "--now", FormatUtc(SystemClock().Now())});
  if (made.exit_code != 0) {
    ADD_FAILURE() << "no test PKI: " << made.err;
    std::abort();
  }
  std::filesystem::copy(Path("pki/cas"), Path("trust"));
}

Installation::~Installation() {
  agent_.reset();
  collector_.reset();
  if (::testing::Test::HasFailure()) {
    for (const char* name : {"collector", "agent"}) {
      const std::string log = Log(name);
      if (!log.empty()) std::fprintf(stderr, "---- log of the %s:\n%s----\n", name, log.c_str());
    }
  }
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

std::string Installation::Program(const std::string& name) {
  const char* bin = std::getenv("KORTVAKT_BIN");
  return absl::StrCat(bin == nullptr ? "." : bin, "/", name);
}

void Installation::Write(const std::string& name, const std::string& text) const {
  std::ofstream(Path(name), std::ios::binary | std::ios::trunc) << text;
}

std::string Installation::WriteCollectorConfig() const {
  const std::string tls = Path("pki/tls/");
  Write("collector.toml",
        absl::StrCat("[listen]\ngrpc = \"127.0.0.1:", grpc_port_,
                     "\"\nhttp = \"127.0.0.1:0\"\n[tls]\nca = \"", tls, "ca.pem\"\ncert = \"", tls,
                     "collector.pem\"\nkey = \"", tls, "collector.key\"\n[storage]\npath = \"",
                     Path("db/fleet.db"), "\"\n[catalogue]\nfiles = [\"", Path("pki/catalogue.toml"),
                     "\"]\n[policy]\nrequired_cas = [", RequiredCas(Slurp(Path("pki/catalogue.toml"))), "]\n",
                     collector_policy,
                     "[[access]]\nrole = \"operator\"\nuri = \"urn:kortvakt:operator:operator\"\n"
                     "[[access]]\nrole = \"reader\"\nuri = \"urn:kortvakt:operator:reader\"\n",
                     collector_extra));
  std::filesystem::create_directories(Path("db"));
  return Path("collector.toml");
}

std::string Installation::WriteAgentConfig() const {
  const std::string tls = Path("pki/tls/");
  std::string collector;
  if (grpc_port_ != 0) {
    collector = absl::StrCat("[collector]\naddress = \"localhost:", grpc_port_, "\"\nca = \"", tls,
                             "ca.pem\"\ncert = \"", tls, "workstation.pem\"\nkey = \"", tls,
                             "workstation.key\"\nreport_interval = \"2s\"\n");
  }
  Write("agent.toml", absl::StrCat("[workstation]\nsite = \"Exempelsjukhuset\"\n", collector,
                                   "[spool]\nfolder = \"", Path("spool"), "\"\n[socket]\npath = \"",
                                   Path("agent.sock"), "\"\n[trust]\nsystem_bundle = \"\"\np11_kit = false\n",
                                   "browser_policies = false\nbrowser_databases = false\nfolders = [\"",
                                   Path("trust"), "\"]\n[catalogue]\nfiles = [\"", Path("pki/catalogue.toml"),
                                   "\"]\n[policy]\nrequired_cas = [",
                                   RequiredCas(Slurp(Path("pki/catalogue.toml"))), "]\n", agent_extra));
  return Path("agent.toml");
}

absl::Status Installation::StartCollector(const Environment& environment) {
  std::filesystem::remove(Path("collector.log"));
  auto started =
      ChildProcess::Start({Program("kortvakt-collector"), "serve", "--config", WriteCollectorConfig()},
                          {.output = Path("collector.log"), .environment = environment});
  if (!started.ok()) return started.status();
  collector_.emplace(*std::move(started));
  std::smatch ports;
  const bool serves = Eventually(
      [&] {
        static const std::regex line("gRPC at port ([0-9]+), HTTP at port ([0-9]+)");
        const std::string log = Log("collector");
        if (!std::regex_search(log, ports, line)) return !collector_->Running();
        grpc_port_ = std::stoi(ports[1].str());
        http_port_ = std::stoi(ports[2].str());
        return true;
      },
      kPatience);
  if (!serves || !collector_->Running()) {
    return absl::UnavailableError(absl::StrCat("the collector does not serve: ", Log("collector")));
  }
  return absl::OkStatus();
}

void Installation::KillCollector() {
  collector_->Signal(9);
  EXPECT_TRUE(collector_->Wait(kPatience).ok());
  collector_.reset();
}

int Installation::StopCollector() {
  collector_->Signal(15);
  const int exit_code = collector_->Wait(kPatience).value_or(-1);
  collector_.reset();
  return exit_code;
}

absl::Status Installation::StartAgent(const Environment& environment) {
  std::filesystem::remove(Path("agent.log"));
  auto started = ChildProcess::Start({Program("kortvakt-agent"), "run", "--config", WriteAgentConfig()},
                                     {.output = Path("agent.log"), .environment = environment});
  if (!started.ok()) return started.status();
  agent_.emplace(*std::move(started));
  const bool runs = Eventually(
      [&] { return std::filesystem::exists(Path("agent.sock")) || !agent_->Running(); }, kPatience);
  if (!runs || !agent_->Running()) {
    return absl::UnavailableError(absl::StrCat("the agent does not run: ", Log("agent")));
  }
  return absl::OkStatus();
}

int Installation::StopAgent() {
  agent_->Signal(15);
  const int exit_code = agent_->Wait(kPatience).value_or(-1);
  agent_.reset();
  return exit_code;
}

Outcome Installation::Run(const std::vector<std::string>& command) const {
  return RunProgram(command, {.folder = folder_});
}

v1::CheckResult Installation::Check() const {
  v1::CheckResult result;
  (void)google::protobuf::util::JsonStringToMessage(
      Run({Program("kortvakt-agent"), "check", "--json", "--config", WriteAgentConfig()}).out, &result);
  return result;
}

Outcome Installation::Kortvakt(const std::vector<std::string>& arguments, const std::string& who) const {
  const std::string tls = Path("pki/tls/");
  std::vector<std::string> command = {Program("kortvakt"),
                                      "--collector",
                                      absl::StrCat("localhost:", grpc_port_),
                                      "--ca",
                                      tls + "ca.pem",
                                      "--cert",
                                      tls + who + ".pem",
                                      "--key",
                                      tls + who + ".key"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Run(command);
}

bool Installation::Query(const std::vector<std::string>& arguments,
                         google::protobuf::Message& message) const {
  std::vector<std::string> whole = arguments;
  whole.insert(whole.end(), {"--format", "json"});
  const Outcome outcome = Kortvakt(whole);
  message.Clear();
  return outcome.exit_code == 0 && google::protobuf::util::JsonStringToMessage(outcome.out, &message).ok();
}

std::string Installation::Log(const std::string& name) const { return Slurp(Path(name + ".log")); }

}  // namespace kortvakt::testing
