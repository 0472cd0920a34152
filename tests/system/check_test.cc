// `kortvakt-agent check` against independent programs: openssl and OpenSC.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/bytes.h"
#include "common/base/descriptor.h"
#include "common/base/files.h"
#include "common/base/time.h"
#include "kortvakt/v1/finding.pb.h"
#include "tests/support/pcsc/child_process.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class CheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pcscd = PrivatePcscd::Start({"Reader A", "Reader B"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
  }

  v1::CheckResult Check(int expected_exit, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {Installation::Program("kortvakt-agent"), "check", "--json",
                                        "--config", installation_.WriteAgentConfig()};
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = installation_.Run(command);
    EXPECT_EQ(outcome.exit_code, expected_exit) << outcome.out << outcome.err;
    v1::CheckResult result;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok()) << outcome.out;
    return result;
  }

  // Inserted and noticed: `check` finds the card by itself.
  void Insert(size_t slot, const std::string& card) {
    ASSERT_TRUE(pcscd_->InsertCard(slot, installation_.Card(card)).ok());
    ASSERT_TRUE(Eventually([&] {
      return installation_.Run({"/usr/bin/opensc-tool", "--reader", pcscd_->ReaderName(slot), "--atr"})
                 .exit_code == 0;
    }));
    // OpenSC's handle keeps the card in use until pcscd has cut its power; `check` must not find it so.
    ASSERT_TRUE(Eventually([&] {
      const v1::CheckResult result = installation_.Check();
      for (const v1::Reader& reader : result.snapshot().readers()) {
        if (reader.name() == pcscd_->ReaderName(slot))
          return reader.has_card() && reader.card().state() != v1::CARD_STATE_IN_USE;
      }
      return false;
    }));
  }

  // The certificates of a card image, by fingerprint, with their files.
  std::map<std::string, std::string> CertificateFiles(const std::string& card) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(installation_.Path("pki/cards/" + card))) {
      if (entry.path().extension() != ".der") continue;
      files[Sha256Hex(AsBytes(*ReadFile(entry.path())))] = entry.path();
    }
    return files;
  }

  std::string Openssl(const std::string& file, const std::string& what, const std::string& value = "") {
    std::vector<std::string> command = {"/usr/bin/openssl", "x509", "-inform", "DER", "-in", file,
                                        "-noout",           what};
    if (!value.empty()) command.push_back(value);
    command.insert(command.end(), {"-nameopt", "RFC2253,-esc_msb,utf8", "-dateopt", "iso_8601"});
    const Outcome outcome = installation_.Run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }

  static std::set<std::string> Codes(const v1::CheckResult& result) {
    std::set<std::string> codes;
    for (const v1::Finding& finding : result.findings()) codes.insert(finding.code());
    return codes;
  }

  Installation installation_;
  std::optional<PrivatePcscd> pcscd_;
};

TEST_F(CheckTest, SaysOfCertificatesWhatOpensslSays) {
  Insert(0, "fine");
  Insert(1, "two-logins");
  const v1::CheckResult result = installation_.Check();
  int compared = 0;
  for (const v1::Reader& reader : result.snapshot().readers()) {
    if (!reader.has_card()) continue;
    EXPECT_EQ(reader.card().state(), v1::CARD_STATE_READ);
    const auto files = CertificateFiles(reader.name() == pcscd_->ReaderName(0) ? "fine" : "two-logins");
    EXPECT_EQ(reader.card().certificates_size(), static_cast<int>(files.size()));
    for (const v1::Certificate& certificate : reader.card().certificates()) {
      ++compared;
      ASSERT_TRUE(files.contains(certificate.sha256()));
      const std::string& file = files.at(certificate.sha256());
      EXPECT_EQ(absl::StrCat("serial=", certificate.serial_number(), "\n"), Openssl(file, "-serial"));
      EXPECT_EQ(absl::StrCat("issuer=", certificate.issuer(), "\n"), Openssl(file, "-issuer"));
      const auto zulu = [](const google::protobuf::Timestamp& time) {
        return absl::FormatTime("%E4Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(time.seconds()),
                                absl::UTCTimeZone());
      };
      EXPECT_EQ(absl::StrCat("notBefore=", zulu(certificate.not_before()),
                             "\nnotAfter=", zulu(certificate.not_after()), "\n"),
                Openssl(file, "-dates"));
      const std::string policies = Openssl(file, "-ext", "certificatePolicies");
      for (const std::string& oid : certificate.policy_oids())
        EXPECT_THAT(policies, HasSubstr("Policy: " + oid + "\n"));
      static const std::regex policy("Policy: ");
      EXPECT_EQ(std::distance(std::sregex_iterator(policies.begin(), policies.end(), policy), {}),
                certificate.policy_oids_size());
      EXPECT_FALSE(certificate.issuer_sha256().empty());
      ASSERT_EQ(certificate.paths_size(), 1);
      EXPECT_EQ(certificate.paths(0).sha256_size(), 2);
      EXPECT_EQ(certificate.paths(0).sha256(0), certificate.issuer_sha256());
      EXPECT_EQ(certificate.loa(), v1::LOA_3);
    }
  }
  EXPECT_GE(compared, 4);
}

TEST_F(CheckTest, ReadsTheCertificatesThatOpenScReads) {
  Insert(0, "due");
  std::set<std::string> ours;
  const v1::CheckResult result = installation_.Check();
  for (const v1::Reader& reader : result.snapshot().readers()) {
    for (const v1::Certificate& certificate : reader.card().certificates()) ours.insert(certificate.sha256());
  }
  const std::string reader = pcscd_->ReaderName(0);
  const Outcome list = installation_.Run({"/usr/bin/pkcs15-tool", "--reader", reader, "--list-certificates"});
  ASSERT_EQ(list.exit_code, 0) << list.err;
  std::set<std::string> theirs;
  static const std::regex id("\n\tID *: ([0-9a-f]+)");
  for (std::sregex_iterator it(list.out.begin(), list.out.end(), id), end; it != end; ++it) {
    const Outcome read = installation_.Run({"/usr/bin/pkcs15-tool", "--reader", reader, "--read-certificate",
                                            (*it)[1].str(), "--output", installation_.Path("opensc.pem")});
    ASSERT_EQ(read.exit_code, 0) << read.err;
    ASSERT_EQ(installation_
                  .Run({"/usr/bin/openssl", "x509", "-in", installation_.Path("opensc.pem"), "-outform",
                        "DER", "-out", installation_.Path("opensc.der")})
                  .exit_code,
              0);
    theirs.insert(Sha256Hex(AsBytes(*ReadFile(installation_.Path("opensc.der")))));
  }
  EXPECT_GE(ours.size(), 2u);
  EXPECT_EQ(ours, theirs);
}

TEST_F(CheckTest, ExitCodeFollowsTheWorstFinding) {
  EXPECT_THAT(Codes(Check(0)), Contains("NO_CARD"));
  Insert(0, "fine");
  EXPECT_THAT(Codes(Check(0)), Not(Contains("NO_CARD")));
  Insert(1, "due");
  EXPECT_THAT(Codes(Check(1)), Contains("CERT_EXPIRES_SOON"));
}

TEST_F(CheckTest, AnEndedCardIsAsBadAsCanBeUnlessAnotherCanLogIn) {
  Insert(0, "expired");
  EXPECT_THAT(Codes(Check(2)), Contains("CERT_EXPIRED"));
  Insert(1, "fine");
  EXPECT_THAT(Codes(Check(1)), Contains("CERT_EXPIRED"));
}

TEST_F(CheckTest, JudgesAsOfAnyMoment) {
  Insert(0, "fine");
  EXPECT_THAT(Codes(Check(2, {"--now", "2090-01-01T00:00:00Z"})), Contains("CERT_EXPIRED"));
  EXPECT_THAT(Codes(Check(2, {"--now", "1999-01-01T00:00:00Z"})), Contains("CERT_NOT_YET_VALID"));
}

TEST_F(CheckTest, NamesAMissingIntermediateOfACardThatIsThere) {
  for (const auto& entry : std::filesystem::directory_iterator(installation_.Path("trust"))) {
    if (entry.path().string().find("hsa-id-3") != std::string::npos) std::filesystem::remove(entry.path());
  }
  Insert(0, "fine");
  const v1::CheckResult result = Check(2);
  ASSERT_GT(result.findings_size(), 0);
  EXPECT_EQ(result.findings(0).code(), "INTERMEDIATE_MISSING");
  EXPECT_EQ(result.findings(0).severity(), "critical");
  EXPECT_EQ(result.findings(0).fixed_by(), "local_it");
}

TEST_F(CheckTest, TellsWhenTheServiceIsDown) {
  ASSERT_TRUE(pcscd_->StopService().ok());
  const v1::CheckResult result = Check(2);
  ASSERT_GT(result.findings_size(), 0);
  EXPECT_EQ(result.findings(0).code(), "PCSC_SERVICE_DOWN");
}

TEST_F(CheckTest, SpeaksSwedishWhenAsked) {
  Insert(0, "expired");
  const std::string config = installation_.WriteAgentConfig();
  const Outcome swedish = installation_.Run(
      {Installation::Program("kortvakt-agent"), "check", "--lang", "sv", "--config", config});
  const Outcome english = installation_.Run(
      {Installation::Program("kortvakt-agent"), "check", "--lang", "en", "--config", config});
  EXPECT_EQ(swedish.exit_code, 2);
  EXPECT_NE(swedish.out, english.out);
  EXPECT_THAT(swedish.out, HasSubstr("CERT_EXPIRED"));
  for (const std::string& text : {swedish.out, english.out}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1B"))) << "colour goes to terminals only";
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      size_t width = 0;
      for (const char c : line) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      EXPECT_LE(width, 80u) << std::string(line);
    }
  }
}

TEST_F(CheckTest, AsksTheRunningAgentAndSendsTheCardNothing) {
  ASSERT_TRUE(installation_.StartAgent().ok());
  ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("fine")).ok());
  ASSERT_TRUE(Eventually([&] {
    const v1::CheckResult result = installation_.Check();
    return result.snapshot().readers_size() > 0 &&
           result.snapshot().readers(0).card().certificates_size() > 0;
  }));
  ASSERT_TRUE(pcscd_->ClearLog(0).ok());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(installation_.Check().snapshot().readers(0).card().state(), v1::CARD_STATE_READ);
  EXPECT_TRUE(pcscd_->ApduLog(0)->empty());
  EXPECT_EQ(installation_.StopAgent(), 0);
}

// An agent that takes a question and never answers it.
class SilentAgent {
 public:
  explicit SilentAgent(const std::string& path) : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
  }
  // Waits for the next question; the process that asks. -1: nobody does.
  pid_t Accept() {
    pollfd asked{listener_.get(), POLLIN, 0};
    if (poll(&asked, 1, 20'000) != 1) return -1;
    peer_ = Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ucred who{};
    socklen_t size = sizeof who;
    return getsockopt(peer_.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : -1;
  }

 private:
  Descriptor listener_;
  Descriptor peer_;
};

TEST(CheckInterruptedTest, EndsAtOnceAsShellsExpectWhileItWaitsForTheRunningAgent) {
  // `check` has 30 s for the agent's answer.
  constexpr absl::Duration kAtOnce = absl::Seconds(20);
  const Installation installation;
  const std::vector<std::string> check = {Installation::Program("kortvakt-agent"), "check", "--config",
                                          installation.WriteAgentConfig()};
  SilentAgent agent(installation.Path("agent.sock"));
  for (const auto& [signal, expected] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    const std::string output = installation.Path(absl::StrCat("interrupted.", signal));
    auto child = ChildProcess::Start(check, {.output = output});
    ASSERT_TRUE(child.ok()) << child.status();
    ASSERT_EQ(agent.Accept(), child->pid());
    child->Signal(signal);
    EXPECT_EQ(child->Wait(kAtOnce).value_or(-1), expected);
    EXPECT_EQ(*ReadFile(output), "") << "no part of a report, no error: the person knows";
  }
  // At a terminal: what it is waiting for is taken away again (ECMA-48, 8.3.41), and the next
  // prompt begins a line of its own.
  const std::string output = installation.Path("terminal");
  auto terminal = ChildProcess::Start(
      {"/usr/bin/script", "--quiet", "--return", "--command", absl::StrJoin(check, " "), "/dev/null"},
      {.output = output});
  ASSERT_TRUE(terminal.ok()) << terminal.status();
  const pid_t pid = agent.Accept();
  ASSERT_GT(pid, 0);
  ASSERT_EQ(kill(pid, SIGINT), 0);
  EXPECT_EQ(terminal->Wait(kAtOnce).value_or(-1), 130);
  EXPECT_EQ(*ReadFile(output), "\r\x1b[Kasking the running agent\r\x1b[K\r\n");
}

}  // namespace
}  // namespace kortvakt::testing
