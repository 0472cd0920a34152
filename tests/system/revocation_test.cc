// The running agent asks by itself whether the cards' certificates are revoked: the real programs on a
// real pcscd, with `openssl ocsp` and an HTTP server as the issuer's servers. Its first question falls
// within ten minutes by the wall clock, which the tests move ahead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "agent/desk/desk_socket.h"
#include "agent/revocation/watch.h"
#include "common/base/descriptor.h"
#include "common/base/time.h"
#include "kortvakt/v1/query.pb.h"
#include "tests/support/clock/moved_clock.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/revocation/revocation_servers.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Every new question is due when so much time has gone by.
const absl::Duration kUntilAsked = RevocationWatch::Options().first_within + absl::Seconds(1);

// A program that the process `parent` started, to be waited for though it is not ours. Absent: there is none.
std::optional<Descriptor> ChildOf(pid_t parent, const std::string& program) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    std::ifstream status(entry.path() / "status");
    std::string name;
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("Name:\t", 0) == 0) name = line.substr(6);
      if (line == absl::StrCat("PPid:\t", parent) && program.rfind(name, 0) == 0) return process;
    }
  }
  return std::nullopt;
}

class RevocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // In the place of the installation's PKI one of which the test has the keys.
    for (const auto& entry : std::filesystem::directory_iterator(installation_.Path("trust"))) {
      std::filesystem::remove(entry.path());
    }
    Trust(kit_.pki());
    installation_.Write("pki/catalogue.toml", kit_.pki().CatalogueToml());
    auto pcscd = PrivatePcscd::Start({"Reader A", "Reader B"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
  }

  void Trust(const SithsLikePki& pki) {
    for (const Issued* ca : pki.cas())
      installation_.Write(absl::StrCat("trust/", ca->sha256, ".pem"), ca->pem);
  }

  // A collector whose policy says whether revocation is asked about, and that these may be asked.
  void StartCollector(bool revocation, const std::vector<std::string>& hosts) {
    installation_.collector_policy =
        absl::StrCat("revocation = ", revocation ? "true" : "false", "\nrevocation_hosts = [\"",
                     absl::StrJoin(hosts, "\", \""), "\"]\n");
    const absl::Status started = installation_.StartCollector(clock_.Environment());
    ASSERT_TRUE(started.ok()) << started;
  }
  void StartAgent() {
    const absl::Status started = installation_.StartAgent(clock_.Environment());
    ASSERT_TRUE(started.ok()) << started;
    AwaitPolicies(1);
  }

  // Until the agent has taken up so many policies of the collector.
  void AwaitPolicies(size_t count) {
    ASSERT_TRUE(Eventually([&] {
      const std::string log = installation_.Log("agent");
      size_t found = 0;
      for (size_t at = 0; (at = log.find(" are in force", at)) != std::string::npos; ++at) ++found;
      return found >= count;
    })) << "the collector's policy was not taken up";
  }

  // Puts a card with this one certificate into a reader; done when the agent has read it, and has seen
  // with the policy in force what there is to ask about it.
  void Insert(size_t slot, const Issued& certificate) {
    const std::string name = absl::StrCat("card", ++cards_);
    installation_.Write(name + ".pem", certificate.pem);
    installation_.Write(name + ".toml",
                        absl::StrCat("[pkcs15]\nserial = \"5000000000000", 100 + cards_,
                                     "\"\n[[pkcs15.certificate]]\nfile = \"", name, ".pem\"\n"));
    ASSERT_TRUE(pcscd_->InsertCard(slot, installation_.Path(name + ".toml")).ok());
    ASSERT_TRUE(Eventually([&] { return OnCards(Look()).count(certificate.sha256) > 0; }));
  }

  // What the agent tells at the desk, asked as `check` does, which would ask the issuer's servers itself.
  Snapshot Look() {
    const absl::StatusOr<DeskAnswer> answer = AskRunningAgent(installation_.Path("agent.sock"));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->snapshot : Snapshot();
  }

  // Lets the time go by after which everything new is asked about. The agent learns of it when it is
  // looked at: who waits is not woken by a clock that was set.
  void LetTheTimeComeToAsk() {
    const absl::Time then = Look().observed_at + kUntilAsked;
    clock_.MoveAhead(kUntilAsked);
    ASSERT_TRUE(Eventually([&] { return Look().observed_at >= then; }));
  }

  v1::GetWorkstationResponse AtTheCollector() {
    v1::GetWorkstationResponse response;
    installation_.Query({"workstation", kWorkstationId}, response);
    return response;
  }
  // The certificates of which the collector knows that they are revoked.
  std::set<std::string> Revoked() {
    std::set<std::string> revoked;
    const v1::GetWorkstationResponse workstation = AtTheCollector();
    for (const v1::RevocationCheck& check : workstation.snapshot().revocations()) {
      if (check.status() == v1::REVOCATION_STATUS_REVOKED) revoked.insert(check.certificate_sha256());
    }
    return revoked;
  }
  bool AwaitRevoked(const std::set<std::string>& certificates) {
    return Eventually([&] { return Revoked() == certificates; });
  }

  // The certificates on cards that have a verified issuer.
  static std::set<std::string> OnCards(const Snapshot& snapshot) {
    std::set<std::string> certificates;
    for (const ReaderFacts& reader : snapshot.readers) {
      if (!reader.card) continue;
      for (const CertificateFacts& certificate : reader.card->certificates) {
        if (!certificate.issuer_sha256.empty()) certificates.insert(certificate.sha256);
      }
    }
    return certificates;
  }
  static std::set<std::string> OnCards(const v1::GetWorkstationResponse& workstation) {
    std::set<std::string> certificates;
    for (const v1::Reader& reader : workstation.snapshot().readers()) {
      for (const v1::Certificate& certificate : reader.card().certificates()) {
        certificates.insert(certificate.sha256());
      }
    }
    return certificates;
  }
  static std::vector<std::string> Codes(const v1::GetWorkstationResponse& workstation) {
    std::vector<std::string> codes;
    for (const v1::Finding& finding : workstation.findings()) codes.push_back(finding.code());
    return codes;
  }

  RevocationKit kit_;
  Installation installation_;
  MovedClock clock_{installation_.Path("clock")};
  std::optional<PrivatePcscd> pcscd_;
  int cards_ = 0;
};

TEST_F(RevocationTest, ARevokedCardIsToldToTheCollectorThoughNothingElseChanges) {
  kit_.WriteIndex({RevocationKit::Revoked("0A01", "affiliationChanged"),
                   RevocationKit::Revoked("0A02", "keyCompromise"), RevocationKit::Good("0A03")});
  OcspResponder responder(kit_, kit_.Responder(kit_.issuer()), 8);
  const ListServer lists([crl = kit_.Crl()] { return crl; });
  StartCollector(true, {responder.host(), lists.host()});
  StartAgent();
  if (HasFatalFailure()) return;
  const Issued by_responder = kit_.Person("0A01", {responder.Url()});
  const Issued by_list = kit_.Person("0A02", {}, {lists.Url("a.crl")});
  const Issued good = kit_.Person("0A03", {responder.Url()}, {lists.Url("a.crl")});
  Insert(0, by_responder);
  Insert(1, by_list);
  Insert(2, good);
  const std::set<std::string> cards = {by_responder.sha256, by_list.sha256, good.sha256};
  ASSERT_TRUE(Eventually([&] { return OnCards(AtTheCollector()) == cards; }));
  LetTheTimeComeToAsk();
  EXPECT_TRUE(AwaitRevoked({by_responder.sha256, by_list.sha256}));
  EXPECT_TRUE(Eventually([&] { return AtTheCollector().snapshot().revocations_size() == 3; }));
  const v1::GetWorkstationResponse after = AtTheCollector();
  EXPECT_THAT(lists.Requests(), UnorderedElementsAre("GET /a.crl HTTP/1.1"));
  EXPECT_THAT(Codes(after),
              UnorderedElementsAre("CERT_REVOKED", "CERT_REVOKED", "SEVERAL_CARDS", "SIGNATURE_CERT_MISSING",
                                   "SIGNATURE_CERT_MISSING", "SIGNATURE_CERT_MISSING"));
  ASSERT_FALSE(after.findings().empty());
  EXPECT_EQ(after.findings(0).code(), "CERT_REVOKED");
  EXPECT_EQ(OnCards(after), cards);
  // And at the desk.
  const v1::CheckResult desk = installation_.Check();
  ASSERT_FALSE(desk.findings().empty());
  EXPECT_EQ(desk.findings(0).code(), "CERT_REVOKED");
}

TEST_F(RevocationTest, NobodyIsAskedUntilThePolicySaysSo) {
  kit_.WriteIndex({RevocationKit::Revoked("0A01")});
  const ListServer lists([crl = kit_.Crl()] { return crl; });
  StartCollector(false, {lists.host()});
  StartAgent();
  if (HasFatalFailure()) return;
  const Issued card = kit_.Person("0A01", {}, {lists.Url()});
  Insert(0, card);
  for (int i = 0; i < 6; ++i) LetTheTimeComeToAsk();
  EXPECT_THAT(lists.Requests(), IsEmpty());

  // The counter-example: by another policy, with all else as before, the same server is asked.
  EXPECT_EQ(installation_.StopCollector(), 0);
  StartCollector(true, {lists.host()});
  AwaitPolicies(2);
  LetTheTimeComeToAsk();
  EXPECT_TRUE(AwaitRevoked({card.sha256}));
  EXPECT_THAT(lists.Requests(), UnorderedElementsAre("GET / HTTP/1.1"));
}

// Who makes a card writes into it what he likes, and may get his CAs into a user's store; their
// names and everything but the keys are as the real ones'.
TEST_F(RevocationTest, AHomeMadeCardMakesTheAgentAskNobody) {
  kit_.WriteIndex({RevocationKit::Revoked("0A01"), RevocationKit::Revoked("0A02")});
  const ListServer lists([crl = kit_.Crl()] { return crl; });
  const ListServer witness([crl = kit_.Crl()] { return crl; });
  const RevocationKit home_made;
  Trust(home_made.pki());
  const auto naming_witness = [&](const RevocationKit& by) {
    return by.Person("0A02", {witness.Url("ocsp")}, {witness.Url("a.crl")},
                     [&](CertificateSpec& spec) { spec.ca_issuers_urls = {witness.Url("a.cer")}; });
  };
  // Even with the host allowed.
  StartCollector(true, {lists.host(), witness.host()});
  StartAgent();
  if (HasFatalFailure()) return;
  const Issued real = kit_.Person("0A01", {}, {lists.Url()});
  Insert(0, naming_witness(home_made));
  Insert(1, real);
  LetTheTimeComeToAsk();
  EXPECT_TRUE(AwaitRevoked({real.sha256}));  // the round, in which the first reader's comes first
  EXPECT_THAT(witness.Requests(), IsEmpty());

  // The counter-example: what a real CA signed may name the same server.
  const Issued same_by_real_ca = naming_witness(kit_);
  Insert(2, same_by_real_ca);
  LetTheTimeComeToAsk();
  EXPECT_TRUE(AwaitRevoked({real.sha256, same_by_real_ca.sha256}));
  EXPECT_THAT(witness.Requests(), UnorderedElementsAre("POST /ocsp HTTP/1.1", "GET /a.crl HTTP/1.1"));
}

TEST_F(RevocationTest, TheAgentEndsAtOnceThoughAnAnswerDripsAndLeavesNoHelper) {
  std::atomic<bool> drips = false;
  const auto dripping = ScriptedServer::Raw([&](int fd) {
    bool open = SendRaw(fd, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    for (; open; absl::SleepFor(absl::Milliseconds(20))) {
      open = SendRaw(fd, "x");
      drips = true;
    }
  });
  const std::string host = absl::StrCat("127.0.0.1:", dripping->port());
  StartCollector(true, {host});
  StartAgent();
  if (HasFatalFailure()) return;
  Insert(0, kit_.Person("0A01", {absl::StrCat("http://", host, "/")}));
  LetTheTimeComeToAsk();
  ASSERT_TRUE(Eventually([&] { return drips.load(); }));
  const std::optional<Descriptor> helper = ChildOf(installation_.agent_pid(), "kortvakt-fetcher");
  ASSERT_TRUE(helper.has_value());
  const absl::Duration begin = SystemClock().Monotonic();
  EXPECT_EQ(installation_.StopAgent(), 0);
  pollfd ended{helper->get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1) << "the helper is still there";
  // The answer alone would have been waited for longer.
  EXPECT_LT(SystemClock().Monotonic() - begin, RevocationWatch::Options().each - absl::Seconds(5));
}

}  // namespace
}  // namespace kortvakt::testing
