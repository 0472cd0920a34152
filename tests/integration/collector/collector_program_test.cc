// The built program: command line, errors in one line, killed and started again.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "collector_fixture.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CollectorProgramTest : public CollectorFixture {
 protected:
  ~CollectorProgramTest() override { End(SIGKILL); }

  std::string program() const { return absl::StrCat(getenv("KORTVAKT_BIN"), "/kortvakt-collector"); }
  std::string ConfigFile(const std::string& more = "") const {
    return Write(
        "collector.toml",
        absl::StrCat("[listen]\ngrpc = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:0\"\n[tls]\nca = \"",
                     config_.tls.ca, "\"\ncert = \"", config_.tls.certificate, "\"\nkey = \"",
                     config_.tls.key, "\"\n[storage]\npath = \"", config_.storage_path, "\"\n", more));
  }

  // Starts `serve` and reads its log until it tells the port.
  void Serve() {
    const std::string config = ConfigFile();
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      execl(program().c_str(), program().c_str(), "serve", "--config", config.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    log_ = fdopen(ends[0], "r");
    char line[4096];
    std::string all;
    while (port_ == 0 && fgets(line, sizeof(line), log_) != nullptr) {
      all += line;
      const char* told = strstr(line, "gRPC at port ");
      if (told != nullptr) port_ = atoi(told + strlen("gRPC at port "));
    }
    ASSERT_NE(port_, 0) << all;
  }
  // Exit status, or -1 when a signal ended it.
  int End(int with) {
    if (child_ <= 0) return -1;
    kill(child_, with);
    int status = 0;
    waitpid(child_, &status, 0);
    if (log_ != nullptr) fclose(log_);
    log_ = nullptr;
    child_ = 0;
    port_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  pid_t child_ = 0;
  int port_ = 0;
  FILE* log_ = nullptr;
  const testing::Issued station_ = pki_.Workstation(kStation);
};

TEST_F(CollectorProgramTest, KnowsEveryAcknowledgedReportAfterItWasKilled) {
  for (int round = 0; round < 3; ++round) {
    Serve();
    if (HasFatalFailure()) return;
    v1::SendReportsRequest request;
    v1::SendReportsResponse response;
    for (int i = 0; i < 8; ++i) *request.add_reports() = SnapshotReport(kStation, ReportId(round * 8 + i));
    const grpc::Status status = Send(Connect(port_, &station_), request, &response);
    End(SIGKILL);
    ASSERT_TRUE(status.ok()) << status.error_message();
    Serve();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(Send(Connect(port_, &station_), request, &response).ok());
    for (const v1::ReportResult& result : response.results()) {
      EXPECT_EQ(result.result(), v1::ReportResult::RESULT_DUPLICATE);
    }
    End(SIGKILL);
  }
}

TEST_F(CollectorProgramTest, EndsCleanlyOnSigterm) {
  Serve();
  if (HasFatalFailure()) return;
  EXPECT_EQ(End(SIGTERM), 0);
}

TEST_F(CollectorProgramTest, BacksUpWhileServing) {
  Serve();
  if (HasFatalFailure()) return;
  const std::string copy = folder_ + "/copy.db";
  EXPECT_THAT(Run(absl::StrCat(program(), " db backup ", copy, " --config ", folder_, "/collector.toml")),
              HasSubstr("written"));
  EXPECT_EQ(Run(absl::StrCat("sqlite3 ", copy, " 'PRAGMA integrity_check'")), "ok\n");
  End(SIGTERM);
}

TEST_F(CollectorProgramTest, SaysInOneLineWhatIsWrong) {
  const auto complaint = [&](const std::string& arguments) {
    const std::string output = Run(absl::StrCat(program(), " ", arguments));
    EXPECT_THAT(output, StartsWith("exit ")) << arguments;
    EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << output;
    EXPECT_THAT(output, HasSubstr("error: "));
    return output;
  };
  EXPECT_THAT(complaint("serve --config " + folder_ + "/absent.toml"), HasSubstr("absent.toml"));
  EXPECT_THAT(complaint("serve --config " + ConfigFile("pth = 1\n")), HasSubstr("unknown key 'pth'"));
  EXPECT_THAT(complaint("check-config " + ConfigFile("[[access]]\nrole = \"king\"\nuri = \"x\"\n")),
              HasSubstr("reader, operator"));
  EXPECT_THAT(complaint("check-config " + ConfigFile("[catalogue]\nfiles = [\"/absent\"]\n")),
              HasSubstr("/absent"));
  EXPECT_THAT(complaint("check-config " + ConfigFile("[policy]\nrequired_cas = [\"nobody\"]\n")),
              HasSubstr("policy.required_cas: 'nobody' is not in the CA catalogue"));
  const std::string newer = Write("newer.toml", "schema = 2\nversion = \"1\"\n");
  EXPECT_THAT(complaint("check-config " + ConfigFile("[catalogue]\nfiles = [\"" + newer + "\"]\n")),
              HasSubstr("newer.toml:1: 'schema' is 2; kortvakt "));
  EXPECT_THAT(complaint("check-config " + ConfigFile("[policy]\nprobe_hosts = [\"login\"]\n")),
              HasSubstr("'probe_hosts': 'login' cannot be probed"));
  EXPECT_THAT(complaint("dance"), HasSubstr("error: no command 'dance'; see kortvakt-collector --help"));
  EXPECT_THAT(complaint("serve --config '" + folder_ + "/\x1B[2J.toml'"), Not(HasSubstr("\x1B")));
  config_.storage_path = folder_;
  EXPECT_THAT(complaint("check-config " + ConfigFile()),
              HasSubstr("[storage] path: " + folder_ + " is a folder; name a file in it, such as fleet.db"));
  config_.storage_path = folder_ + "/fleet.db";
  Write("fleet.db", std::string(5000, 'x'));
  EXPECT_THAT(complaint("serve --config " + ConfigFile()), HasSubstr("not a database"));
}

TEST_F(CollectorProgramTest, ChecksAConfigurationThatIsRight) {
  EXPECT_THAT(Run(absl::StrCat(program(), " check-config ", ConfigFile())), HasSubstr(": ok\n"));
  EXPECT_THAT(Run(program() + " --version"), StartsWith("kortvakt-collector "));
  EXPECT_THAT(Run(program() + " --help"), HasSubstr("serve"));
}

}  // namespace
}  // namespace kortvakt
