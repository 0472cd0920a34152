// `kortvakt-agent check --probe`, the program itself, against real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/probe/probe_fixture.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::LiveServer;
using ::testing::Not;
using testing::Outcome;

class CheckProbeTest : public testing::ProbeFixture {
 protected:
  // Runs `check` with a system bundle of these certificates, and with `more` configured.
  Outcome Check(const std::vector<std::string>& arguments, const std::string& bundle,
                const std::string& more = "",
                std::vector<std::pair<std::string, std::string>> environment = {}) {
    const std::string config = folder_.Write(
        "agent.toml",
        absl::StrCat("[socket]\npath = \"\"\n[trust]\nsystem_bundle = \"",
                     folder_.Write("bundle.pem", bundle),
                     "\"\np11_kit = false\nbrowser_policies = false\nbrowser_databases = false\n", more));
    const char* programs = std::getenv("KORTVAKT_BIN");
    std::vector<std::string> command = {
        absl::StrCat(programs == nullptr ? "bin" : programs, "/kortvakt-agent"), "check", "--config", config};
    command.insert(command.end(), arguments.begin(), arguments.end());
    environment.emplace_back("PCSCLITE_CSOCK_NAME", folder_.Path("no-pcscd"));
    return testing::RunProgram(command, {.folder = folder_.Path(""), .environment = environment});
  }
};

TEST_F(CheckProbeTest, TellsTheCauseInTextAndInJson) {
  const LiveServer server = Serve(ServerFiles(), {});
  const Outcome text = Check({"--probe", server.Url("/login")}, persons_->root().pem);
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_THAT(text.out, AllOf(HasSubstr("\nProbed servers\n"), HasSubstr(server.Url("/login")),
                              HasSubstr("TLSv1.3"), HasSubstr("TLS_ROOT_UNTRUSTED (critical)")));
  EXPECT_EQ(text.err, "") << "progress is for terminals";
  const Outcome json = Check({"--probe", server.Url(), "--json"}, pki_->root.pem);
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"verdict\": \"PROBE_VERDICT_TRUSTED\""),
                              HasSubstr("\"httpStatus\": 200"), Not(HasSubstr("TLS_ROOT_UNTRUSTED"))));
}

TEST_F(CheckProbeTest, SpeaksSwedish) {
  const LiveServer server = Serve(ServerFiles(), {});
  const Outcome text = Check({"--probe", server.Url(), "--lang", "sv"}, persons_->root().pem);
  EXPECT_THAT(text.out, AllOf(HasSubstr("\nPrövade servrar\n"), HasSubstr("ej betrott av"),
                              HasSubstr("TLS_ROOT_UNTRUSTED (kritiskt)")));
}

TEST_F(CheckProbeTest, ProbesWhatIsConfiguredAndNothingElse) {
  const LiveServer server = Serve(ServerFiles(), {});
  const std::string hosts = absl::StrCat("[probe]\nhosts = [\"", server.Url(), "\"]\n");
  EXPECT_THAT(Check({"--json"}, pki_->root.pem, hosts).out, HasSubstr(server.Url()));
  EXPECT_THAT(Check({"--json"}, pki_->root.pem).out, HasSubstr("\"probes\": []"));
}

TEST_F(CheckProbeTest, ProbesOnceWhatIsNamedAgain) {
  const LiveServer server = Serve(ServerFiles(), {});
  const std::string url = absl::StrCat("\"", server.Url(), "\"");
  const std::string more = absl::StrCat("[probe]\nhosts = [", url, ", ", url, "]\n[policy]\nprobe_hosts = [",
                                        url, ", ", url, "]\n");
  const Outcome outcome = Check({"--json", "--probe", server.Url()}, pki_->root.pem, more);
  const std::vector<std::string> parts = absl::StrSplit(outcome.out, absl::StrCat("\"url\": ", url));
  EXPECT_EQ(parts.size(), 2u) << outcome.out;
}

TEST_F(CheckProbeTest, RefusesWhatCannotBeProbed) {
  const Outcome bad_url = Check({"--probe", "http://localhost/"}, "");
  EXPECT_EQ(bad_url.exit_code, 3);
  EXPECT_THAT(bad_url.err, AllOf(HasSubstr("--probe: "), HasSubstr("https://HOST[:PORT][/PATH]")));
  const Outcome bad_config = Check({}, "", "[probe]\nhosts = [\"ftp://x\"]\n");
  EXPECT_EQ(bad_config.exit_code, 3);
  EXPECT_THAT(bad_config.err, HasSubstr("agent.toml:9: 'hosts': "));
  const Outcome bad_proxy =
      Check({"--probe", "https://login.example.org"}, "", "", {{"https_proxy", "socks5://x:1"}});
  EXPECT_EQ(bad_proxy.exit_code, 3);
  EXPECT_THAT(bad_proxy.err, HasSubstr("https_proxy: "));
}

TEST_F(CheckProbeTest, JudgesTheCardWhereConfiguredServersCannotBeProbed) {
  const Outcome text =
      Check({}, "", "[probe]\nhosts = [\"https://login.example.org\"]\n", {{"https_proxy", "socks5://x:1"}});
  EXPECT_NE(text.exit_code, 3);
  EXPECT_THAT(text.out, HasSubstr("PCSC_SERVICE_DOWN"));
  EXPECT_THAT(text.err, AllOf(HasSubstr("were not probed"), HasSubstr("https_proxy: ")));
}

TEST_F(CheckProbeTest, GoesThroughTheProxyOfTheConfiguration) {
  const auto proxy = testing::ScriptedServer::Raw([](int fd) {
    testing::SendRaw(fd, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    testing::DrainRaw(fd);
  });
  const Outcome text = Check({"--probe", "https://login.example.org/"}, pki_->root.pem,
                             absl::StrCat("[probe]\nproxy = \"http://127.0.0.1:", proxy->port(), "\"\n"));
  EXPECT_THAT(text.out, AllOf(HasSubstr("TLS_SERVER_UNREACHABLE (warning)"), HasSubstr("407")));
}

}  // namespace
}  // namespace kortvakt
