// Asking about revocation from the desk, and not around a proxy: the real programs on a real pcscd, with an
// HTTP server that has the issuer's list.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/desk/desk_socket.h"
#include "agent/revocation/watch.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/clock/moved_clock.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/revocation/revocation_servers.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// No collector: the agent's own policy.
class RevocationDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kit_.WriteIndex({RevocationKit::Revoked("0A01")});
    lists_.emplace([crl = kit_.Crl()] { return crl; });
    person_ = kit_.Person("0A01", {}, {lists_->Url("a.crl")});
    // In the place of the installation's PKI one of which the test has the keys; its person CAs are in no
    // store.
    for (const auto& entry : std::filesystem::directory_iterator(installation_.Path("trust"))) {
      std::filesystem::remove(entry.path());
    }
    installation_.Write("trust/root.pem", kit_.pki().root().pem);
    installation_.Write("pki/catalogue.toml", kit_.pki().CatalogueToml());
    installation_.agent_extra = absl::StrCat("revocation_hosts = [\"", lists_->host(), "\"]\n");
    auto pcscd = PrivatePcscd::Start({"Reader A"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
  }

  Outcome CheckOnline(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {Installation::Program("kortvakt-agent"), "check", "--online",
                                        "--config", installation_.WriteAgentConfig()};
    command.insert(command.end(), more.begin(), more.end());
    return installation_.Run(command);
  }
  v1::Snapshot SnapshotOnline() const {
    v1::CheckResult result;
    const Outcome outcome = CheckOnline({"--json"});
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok())
        << outcome.out << outcome.err;
    return result.snapshot();
  }
  // As `check` asks the running agent. (Where the policy says so, `check` asks the servers too.)
  absl::StatusOr<DeskAnswer> Look() const { return AskRunningAgent(installation_.Path("agent.sock")); }

  // Until a look from the desk sees the card.
  bool AwaitCard() const {
    return Eventually([&] {
      if (!installation_.AgentRuns()) return Shows(installation_.Check().snapshot());
      const absl::StatusOr<DeskAnswer> answer = Look();
      return answer.ok() && Shows(SnapshotToProto(answer->snapshot));
    });
  }
  bool Shows(const v1::Snapshot& snapshot) const {
    return std::any_of(snapshot.readers().begin(), snapshot.readers().end(), [&](const v1::Reader& reader) {
      return reader.card().certificates_size() == on_card_;
    });
  }
  // A card with the person's certificate and `cas`; done when a look from the desk sees it.
  void Insert(const std::vector<const Issued*>& cas) {
    std::string image = "[pkcs15]\nserial = \"5000000000000101\"\n";
    std::vector<const Issued*> all = {&person_};
    all.insert(all.end(), cas.begin(), cas.end());
    for (const Issued* certificate : all) {
      installation_.Write(certificate->sha256 + ".pem", certificate->pem);
      absl::StrAppend(&image, "[[pkcs15.certificate]]\nfile = \"", certificate->sha256, ".pem\"\n");
    }
    installation_.Write("card.toml", image);
    ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Path("card.toml")).ok());
    on_card_ = static_cast<int>(all.size());
    ASSERT_TRUE(AwaitCard());
  }

  RevocationKit kit_;
  Installation installation_;
  MovedClock clock_{installation_.Path("clock")};
  std::optional<ListServer> lists_;
  Issued person_;
  int on_card_ = 0;  // certificates
  std::optional<PrivatePcscd> pcscd_;
};

TEST_F(RevocationDeskTest, CheckAsksThoughTheIssuerIsOnTheCardAlone) {
  ASSERT_NO_FATAL_FAILURE(Insert({&kit_.issuer()}));
  for (const bool with_agent : {false, true}) {
    if (with_agent) {
      ASSERT_TRUE(installation_.StartAgent().ok());
    }
    ASSERT_TRUE(AwaitCard());
    const size_t before = lists_->Requests().size();
    const v1::Snapshot snapshot = SnapshotOnline();
    ASSERT_EQ(snapshot.revocations_size(), 1) << "with agent: " << with_agent;
    EXPECT_EQ(snapshot.revocations(0).certificate_sha256(), person_.sha256);
    EXPECT_EQ(snapshot.revocations(0).status(), v1::REVOCATION_STATUS_REVOKED);
    EXPECT_THAT(lists_->Requests(), SizeIs(before + 1));
  }
}

TEST_F(RevocationDeskTest, CheckSaysWhyNobodyIsAskedWhereTheIssuerIsNowhere) {
  ASSERT_NO_FATAL_FAILURE(Insert({}));
  EXPECT_THAT(CheckOnline({"--lang", "en"}).out, HasSubstr("was not asked: its issuer's"));
  EXPECT_THAT(lists_->Requests(), IsEmpty());
}

TEST_F(RevocationDeskTest, TheAgentDoesNotGoAroundAProxyThatItCannotUse) {
  absl::StrAppend(&installation_.agent_extra, "revocation = true\n");
  Installation::Environment environment = clock_.Environment();
  environment.emplace_back("http_proxy", "https://proxy.example:3128");
  ASSERT_TRUE(installation_.StartAgent(environment).ok());
  ASSERT_NO_FATAL_FAILURE(Insert({&kit_.issuer()}));
  clock_.MoveAhead(RevocationWatch::Options().first_within + absl::Seconds(1));
  // The agent looks at its clock when it is looked at.
  EXPECT_TRUE(Eventually([&] {
    (void)Look();
    return installation_.Log("agent").find("revocation cannot be asked about") != std::string::npos;
  }));
  EXPECT_THAT(installation_.Log("agent"), HasSubstr("http_proxy: only HTTP proxies"));
  EXPECT_THAT(lists_->Requests(), IsEmpty());
  EXPECT_EQ(installation_.StopAgent(), 0);

  // The counter-example: without it the same server is asked.
  ASSERT_TRUE(installation_.StartAgent(clock_.Environment()).ok());
  ASSERT_TRUE(AwaitCard());
  clock_.MoveAhead(RevocationWatch::Options().first_within + absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] {
    (void)Look();
    return lists_->Requests().size() == 1;
  }));
}

}  // namespace
}  // namespace kortvakt::testing
