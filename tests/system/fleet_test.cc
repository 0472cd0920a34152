// The whole path: card, agent, collector, operator; and changes while all runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/time.h"
#include "kortvakt/v1/query.pb.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class FleetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pcscd = PrivatePcscd::Start({"Reader A", "Reader B"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
    ASSERT_TRUE(installation_.StartCollector().ok());
    ASSERT_TRUE(installation_.StartAgent().ok());
    ASSERT_TRUE(Eventually([&] { return Readers().size() == 4; })) << "no first report";
  }

  v1::GetWorkstationResponse Workstation() {
    v1::GetWorkstationResponse response;
    installation_.Query({"workstation", kWorkstationId}, response);
    return response;
  }
  std::vector<v1::Reader> Readers() {
    const v1::Snapshot snapshot = Workstation().snapshot();
    return {snapshot.readers().begin(), snapshot.readers().end()};
  }
  size_t CardsInReaders() {
    size_t cards = 0;
    for (const v1::Reader& reader : Readers()) cards += reader.has_card() ? 1 : 0;
    return cards;
  }
  // Pseudonym of the card in a reader by the collector; empty: none.
  std::string CardIn(size_t slot) {
    for (const v1::Reader& reader : Readers()) {
      if (reader.name() == pcscd_->ReaderName(slot)) return reader.card().id();
    }
    return "";
  }
  // Waits for what a change should lead to, and tells how long it took.
  void ExpectSoon(const std::string& what, const std::function<bool()>& condition) {
    const absl::Duration start = SystemClock().Monotonic();
    EXPECT_TRUE(Eventually(condition)) << what;
    RecordProperty(what, absl::FormatDuration(SystemClock().Monotonic() - start));
    std::printf("%s: seen by the collector after %s\n", what.c_str(),
                absl::FormatDuration(SystemClock().Monotonic() - start).c_str());
  }

  Installation installation_;
  std::optional<PrivatePcscd> pcscd_;
};

TEST_F(FleetTest, EveryChangeAtTheWorkstationReachesTheCollector) {
  ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("fine")).ok());
  ExpectSoon("card inserted", [&] { return !CardIn(0).empty(); });
  const std::string fine = CardIn(0);

  // pcscd looks at virtual readers every 0.4 s; what happens between two looks it cannot tell.
  ASSERT_TRUE(pcscd_->SwapCard(0, installation_.Card("expired"), absl::Seconds(1)).ok());
  ExpectSoon("card swapped", [&] { return !CardIn(0).empty() && CardIn(0) != fine; });

  ASSERT_TRUE(pcscd_->RemoveCard(0).ok());
  ExpectSoon("card removed", [&] { return CardsInReaders() == 0; });

  ASSERT_TRUE(pcscd_->StopService().ok());
  ExpectSoon("service stopped",
             [&] { return Workstation().snapshot().pcsc().state() == v1::PCSC_STATE_DOWN; });

  ASSERT_TRUE(pcscd_->StartService({"Another Reader"}).ok());
  ExpectSoon("service with another reader list", [&] {
    const std::vector<v1::Reader> readers = Readers();
    return readers.size() == 2 && readers[0].name().rfind("Another Reader", 0) == 0;
  });

  ASSERT_TRUE(pcscd_->InsertCard(1, installation_.Card("fine")).ok());
  ExpectSoon("card in the new reader", [&] { return CardsInReaders() == 1; });
  EXPECT_TRUE(installation_.AgentRuns());
}

TEST_F(FleetTest, OperatorsSeeCardsRenewalsAlertsAndMetrics) {
  const std::vector<std::string> cards = {"fine", "due", "expired", "loa2"};
  for (size_t slot = 0; slot < cards.size(); ++slot) {
    ASSERT_TRUE(pcscd_->InsertCard(slot, installation_.Card(cards[slot])).ok());
  }
  v1::ListCardsResponse list;
  ASSERT_TRUE(Eventually([&] { return installation_.Query({"cards"}, list) && list.cards_size() == 4; }));
  EXPECT_EQ(list.cards(0).stage(), "expired");
  EXPECT_EQ(list.cards(0).site(), "Exempelsjukhuset");
  EXPECT_FALSE(list.cards(0).holder_hsa_id().empty());

  v1::ListRenewalsResponse renewals;
  ASSERT_TRUE(installation_.Query({"renewals"}, renewals));
  std::vector<std::string> stages;
  for (const v1::RenewalRow& row : renewals.renewals()) stages.push_back(row.card().stage());
  EXPECT_EQ(stages, (std::vector<std::string>{"expired", "8w"}));

  const Outcome table = installation_.Kortvakt({"renewals"});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, HasSubstr("expired"));
  EXPECT_EQ(installation_.Kortvakt({"workstation", "no-such-host"}).exit_code, 1);
  EXPECT_EQ(installation_.Kortvakt({"cards", "--no-such-flag"}).exit_code, 2);

  v1::ListAlertsResponse alerts;
  ASSERT_TRUE(
      Eventually([&] { return installation_.Query({"alerts"}, alerts) && alerts.alerts_size() >= 3; }));
  std::vector<std::string> names;
  for (const v1::Alert& alert : alerts.alerts()) names.push_back(alert.name());
  EXPECT_THAT(names, Contains("RENEWAL_DUE"));
  EXPECT_THAT(names, Contains("EXPIRED_IN_USE"));
  EXPECT_THAT(names, Contains("LOA_TOO_LOW"));

  const std::string url = absl::StrCat("http://127.0.0.1:", installation_.http_port(), "/metrics");
  ASSERT_TRUE(Eventually([&] {
    const Outcome scrape = installation_.Run({"/usr/bin/curl", "-sf", url});
    return scrape.out.find(
               "kortvakt_renewals_due{site=\"Exempelsjukhuset\",loa=\"3\",stage=\"expired\"} 1") !=
           std::string::npos;
  })) << installation_.Run({"/usr/bin/curl", "-s", url}).out;
  const Outcome lint =
      installation_.Run({"/bin/sh", "-c", "curl -sf '" + url + "' | promtool check metrics"});
  EXPECT_EQ(lint.exit_code, 0) << lint.out << lint.err;
}

TEST_F(FleetTest, EveryExpressionOfDashboardAndRulesRunsOnTheCollectorsMetrics) {
  const std::vector<std::string> cards = {"due", "expired", "loa2", "two-logins"};
  for (size_t slot = 0; slot < cards.size(); ++slot) {
    ASSERT_TRUE(pcscd_->InsertCard(slot, installation_.Card(cards[slot])).ok());
  }
  v1::ListCardsResponse list;
  ASSERT_TRUE(Eventually([&] { return installation_.Query({"cards"}, list) && list.cards_size() == 4; }));
  // A real Prometheus scrapes the collector and evaluates them all.
  const Outcome outcome = installation_.Run(
      {"/bin/sh", "-c",
       absl::StrCat(
           "cd \"$KORTVAKT_SOURCE/tests/integration/dashboards\" && KORTVAKT_METRICS_URL=http://127.0.0.1:",
           installation_.http_port(),
           "/metrics exec python3 -B -m unittest dashboards_test.LiveExpressionsTest")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
}

TEST_F(FleetTest, RolesDecideWhoSeesWhom) {
  ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("fine")).ok());
  v1::ListCardsResponse list;
  ASSERT_TRUE(Eventually([&] { return installation_.Query({"cards"}, list) && list.cards_size() == 1; }));
  const std::string hsa_id = list.cards(0).holder_hsa_id();
  ASSERT_FALSE(hsa_id.empty());

  const Outcome reader = installation_.Kortvakt({"cards", "--format", "json"}, "reader");
  EXPECT_EQ(reader.exit_code, 0);
  EXPECT_EQ(reader.out.find(hsa_id), std::string::npos);
  const Outcome detail =
      installation_.Kortvakt({"workstation", kWorkstationId, "--format", "json"}, "reader");
  EXPECT_EQ(detail.exit_code, 0);
  EXPECT_EQ(detail.out.find(hsa_id), std::string::npos);

  const Outcome workstation = installation_.Kortvakt({"cards"}, "workstation");
  EXPECT_EQ(workstation.exit_code, 3);
  EXPECT_THAT(workstation.err, HasSubstr("error:"));
}

TEST_F(FleetTest, TheAgentFindsACollectorAgainThatWasAway) {
  const int port = installation_.grpc_port();
  EXPECT_EQ(installation_.StopCollector(), 0);
  ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("fine")).ok());
  ASSERT_TRUE(
      Eventually([&] { return installation_.Log("agent").find("cannot be sent") != std::string::npos; }));
  ASSERT_TRUE(installation_.StartCollector().ok());
  ASSERT_EQ(installation_.grpc_port(), port);
  ExpectSoon("card inserted while the collector was away", [&] { return CardsInReaders() == 1; });
}

TEST_F(FleetTest, AnIdleAgentUsesNoProcessor) {
  ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("fine")).ok());
  ASSERT_TRUE(Eventually([&] { return CardsInReaders() == 1; }));
  const auto ticks = [&] {
    // /proc/PID/stat, fields 14 and 15: user and system time in clock ticks (proc(5)).
    std::ifstream stat(absl::StrCat("/proc/", installation_.agent_pid(), "/stat"));
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
    int64_t user = 0;
    int64_t system = 0;
    EXPECT_TRUE(absl::SimpleAtoi(fields[11], &user) && absl::SimpleAtoi(fields[12], &system));
    return user + system;
  };
  ASSERT_TRUE(pcscd_->StopService().ok());
  ASSERT_TRUE(Eventually([&] { return Workstation().snapshot().pcsc().state() == v1::PCSC_STATE_DOWN; }));
  const int64_t before = ticks();
  const absl::Duration start = SystemClock().Monotonic();
  // With the service down, which is when a careless loop spins.
  Eventually([] { return false; }, absl::Seconds(4));
  const double passed = absl::ToDoubleSeconds(SystemClock().Monotonic() - start);
  EXPECT_LT(static_cast<double>(ticks() - before), passed * 100 * 0.25) << "a quarter of a core is spinning";
}

}  // namespace
}  // namespace kortvakt::testing
