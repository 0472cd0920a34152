#include "collector/query/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "collector/query/page.h"
#include "tests/unit/collector/query/queries_fixture.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestFleet;

constexpr absl::Duration kDay = absl::Hours(24);

class QueriesTest : public testing::QueriesFixture {
 protected:
  // Two sites; cards that end in 400, 40 and 3 days, and 1 day ago.
  void ReportSome() {
    fleet_.Report(1, "MOTTAGNING-01", "Lund", 400 * kDay);
    fleet_.Report(2, "MOTTAGNING-02", "Lund", 40 * kDay);
    fleet_.Report(3, "AKUTEN-03", "Ystad", 3 * kDay);
    fleet_.Report(4, "AKUTEN-04", "Ystad", -1 * kDay);
    fleet_.ReportWithoutCard(5, "AKUTEN-05", "Ystad");
  }

  std::vector<std::string> CardIds(const v1::ListCardsRequest& request) {
    std::vector<std::string> ids;
    const auto response = queries_->ListCards(request, Role::kOperator);
    EXPECT_TRUE(response.ok()) << response.status();
    if (response.ok()) {
      for (const auto& card : response->cards()) ids.push_back(card.card_id().substr(0, 8));
    }
    return ids;
  }
};

TEST_F(QueriesTest, ListsCardsSoonestEndFirst) {
  ReportSome();
  EXPECT_THAT(CardIds({}), ElementsAre("00000004", "00000003", "00000002", "00000001"));
  v1::ListCardsRequest lund;
  lund.set_site("Lund");
  EXPECT_THAT(CardIds(lund), ElementsAre("00000002", "00000001"));
  v1::ListCardsRequest one;
  one.set_card_id(TestFleet::CardId(3).substr(0, 8));
  EXPECT_THAT(CardIds(one), ElementsAre("00000003"));
  v1::ListCardsRequest holder;
  holder.set_holder_hsa_id(TestFleet::HsaId(2));
  EXPECT_THAT(CardIds(holder), ElementsAre("00000002"));
  v1::ListCardsRequest loa2;
  loa2.set_loa(v1::LOA_2);
  EXPECT_THAT(CardIds(loa2), ElementsAre());
}

TEST_F(QueriesTest, OperatorsSeeWhoseCardItIsAndReadersDoNot) {
  ReportSome();
  const auto shown = queries_->ListCards({}, Role::kOperator);
  EXPECT_EQ(shown->cards(0).holder_hsa_id(), TestFleet::HsaId(4));
  EXPECT_EQ(shown->cards(0).card_number(), "9752269875312345678");
  v1::GetWorkstationRequest workstation;
  workstation.set_name("AKUTEN-03");
  EXPECT_THAT(queries_->GetWorkstation(workstation, Role::kOperator)->SerializeAsString(),
              HasSubstr(TestFleet::HsaId(3)));

  std::string hidden;
  hidden += queries_->ListCards({}, Role::kReader)->SerializeAsString();
  hidden += queries_->ListRenewals({}, Role::kReader)->SerializeAsString();
  hidden += queries_->ListWorkstations({}, Role::kReader)->SerializeAsString();
  hidden += queries_->GetWorkstation(workstation, Role::kReader)->SerializeAsString();
  hidden += queries_->ListAlerts({}, Role::kReader)->SerializeAsString();
  hidden += queries_->GetSummary({}, Role::kReader)->SerializeAsString();
  hidden += queries_->ListCas({}, Role::kReader)->SerializeAsString();
  EXPECT_EQ(hidden.find("SE2321000016-T"), std::string::npos);
  EXPECT_EQ(hidden.find("9752269875312345678"), std::string::npos);
}

TEST_F(QueriesTest, ReadersMayNotLookForAHolder) {
  ReportSome();
  v1::ListCardsRequest request;
  request.set_holder_hsa_id(TestFleet::HsaId(2));
  EXPECT_EQ(queries_->ListCards(request, Role::kReader).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(QueriesTest, ListsRenewalsByStageAndLooksFurtherAhead) {
  ReportSome();
  const auto due = queries_->ListRenewals({}, Role::kOperator);
  ASSERT_TRUE(due.ok());
  ASSERT_EQ(due->renewals_size(), 3);
  EXPECT_EQ(due->total(), 3u);
  EXPECT_EQ(due->renewals(0).card().stage(), "expired");
  EXPECT_EQ(due->renewals(1).card().stage(), "1w");
  EXPECT_EQ(due->renewals(2).card().stage(), "8w");
  EXPECT_NE(due->renewals(2).remedy(), "");
  v1::ListRenewalsRequest request;
  request.set_stage("1w");
  EXPECT_EQ(queries_->ListRenewals(request, Role::kOperator)->renewals_size(), 1);
  request.clear_stage();
  // The first becomes due 56 days before its end: in 344 days.
  request.mutable_within()->set_seconds(absl::ToInt64Seconds(344 * kDay));
  EXPECT_EQ(queries_->ListRenewals(request, Role::kOperator)->renewals_size(), 4);
  request.mutable_within()->set_seconds(absl::ToInt64Seconds(343 * kDay));
  EXPECT_EQ(queries_->ListRenewals(request, Role::kOperator)->renewals_size(), 3);
}

TEST_F(QueriesTest, PagesThroughEverythingOnce) {
  for (int n = 1; n <= 25; ++n) {
    fleet_.Report(n, "PC-" + std::to_string(n), "Lund", (n % 7) * kDay);
  }
  v1::ListCardsRequest request;
  request.mutable_page()->set_size(4);
  std::vector<std::string> ids;
  int pages = 0;
  do {
    const auto response = queries_->ListCards(request, Role::kReader);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_LE(response->cards_size(), 4);
    EXPECT_EQ(response->total(), 25u);
    for (const auto& card : response->cards()) ids.push_back(card.card_id());
    request.mutable_page()->set_token(response->next_page_token());
    ASSERT_LT(++pages, 20);
  } while (!request.page().token().empty());
  EXPECT_EQ(pages, 7);
  EXPECT_EQ(ids.size(), 25u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 25u);
}

TEST_F(QueriesTest, ATokenStaysGoodWhileTheFleetChanges) {
  for (int n = 1; n <= 6; ++n) {
    fleet_.ReportWithoutCard(n * 10, "PC-" + std::to_string(n * 10), "Lund");
  }
  v1::ListWorkstationsRequest request;
  request.mutable_page()->set_size(3);
  const auto first = queries_->ListWorkstations(request, Role::kReader);
  ASSERT_EQ(first->workstations_size(), 3);
  EXPECT_EQ(first->workstations(2).host_name(), "PC-30");
  // One appears before the place, one after it, and one that was shown gets a card.
  fleet_.ReportWithoutCard(15, "PC-15", "Lund");
  fleet_.ReportWithoutCard(45, "PC-45", "Lund");
  fleet_.Report(20, "PC-20", "Lund", kDay);
  request.mutable_page()->set_token(first->next_page_token());
  request.mutable_page()->set_size(0);
  std::vector<std::string> rest;
  const auto second = queries_->ListWorkstations(request, Role::kReader);
  ASSERT_TRUE(second.ok());
  for (const auto& row : second->workstations()) rest.push_back(row.host_name());
  EXPECT_THAT(rest, ElementsAre("PC-40", "PC-45", "PC-50", "PC-60"));
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(QueriesTest, RefusesTokensThatAreNotItsOwn) {
  v1::ListCardsRequest request;
  for (const std::string& token :
       {std::string("x"), std::string("%%%"), std::string(5000, 'A'), TokenAfter("key", PagedList::kRenewals),
        TokenAfter("", PagedList::kCards)}) {
    request.mutable_page()->set_token(token);
    EXPECT_EQ(queries_->ListCards(request, Role::kReader).status().code(), absl::StatusCode::kInvalidArgument)
        << token.substr(0, 20);
  }
  request.mutable_page()->set_token(TokenAfter(std::string("\xFF\x00 any", 6), PagedList::kCards));
  EXPECT_TRUE(queries_->ListCards(request, Role::kReader).ok()) << "any place in the list is a place";
}

TEST_F(QueriesTest, TakesPageSizesWithinBounds) {
  EXPECT_EQ(RangeOf({}, PagedList::kCards)->limit, 1000u);
  v1::Page page;
  page.set_size(1);
  EXPECT_EQ(RangeOf(page, PagedList::kCards)->limit, 1u);
  page.set_size(UINT32_MAX);
  EXPECT_EQ(RangeOf(page, PagedList::kCards)->limit, 10000u);
}

TEST_F(QueriesTest, RefusesFiltersThatCannotBe) {
  const auto code = [](const auto& response) { return response.status().code(); };
  v1::ListCardsRequest cards;
  cards.set_card_id("abc");
  EXPECT_EQ(code(queries_->ListCards(cards, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  cards.set_card_id(std::string(8, 'A'));
  EXPECT_EQ(code(queries_->ListCards(cards, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  cards.clear_card_id();
  cards.set_site(std::string(257, 'x'));
  EXPECT_EQ(code(queries_->ListCards(cards, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  cards.clear_site();
  cards.set_loa(static_cast<v1::Loa>(99));
  EXPECT_EQ(code(queries_->ListCards(cards, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  v1::ListRenewalsRequest renewals;
  renewals.set_stage("3w");
  EXPECT_EQ(code(queries_->ListRenewals(renewals, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  renewals.clear_stage();
  for (const int64_t seconds : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
    renewals.mutable_within()->set_seconds(seconds);
    EXPECT_EQ(code(queries_->ListRenewals(renewals, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  }
  v1::ListWorkstationsRequest workstations;
  workstations.set_state("asleep");
  EXPECT_EQ(code(queries_->ListWorkstations(workstations, Role::kOperator)),
            absl::StatusCode::kInvalidArgument);
  workstations.clear_state();
  workstations.set_finding("NO_SUCH\n");
  EXPECT_EQ(code(queries_->ListWorkstations(workstations, Role::kOperator)),
            absl::StatusCode::kInvalidArgument);
  v1::GetWorkstationRequest workstation;
  EXPECT_EQ(code(queries_->GetWorkstation(workstation, Role::kOperator)), absl::StatusCode::kInvalidArgument);
  workstation.set_name("x");
  workstation.set_language("de");
  EXPECT_EQ(code(queries_->GetWorkstation(workstation, Role::kOperator)), absl::StatusCode::kInvalidArgument);
}

TEST_F(QueriesTest, FindsAWorkstationByNameInAnyCaseOrUuid) {
  ReportSome();
  v1::GetWorkstationRequest request;
  for (const std::string& name : {std::string("AKUTEN-03"), std::string("akuten-03"), TestFleet::Uuid(3)}) {
    request.set_name(name);
    const auto response = queries_->GetWorkstation(request, Role::kOperator);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->workstation().id(), TestFleet::Uuid(3));
    EXPECT_EQ(response->snapshot().readers_size(), 1);
    EXPECT_EQ(response->judged_at().seconds(), absl::ToUnixSeconds(testing::kNow));
  }
  request.set_name("NONE");
  EXPECT_EQ(queries_->GetWorkstation(request, Role::kOperator).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(QueriesTest, JudgesAWorkstationNowInTheLanguageAskedFor) {
  ReportSome();
  v1::GetWorkstationRequest request;
  request.set_name("AKUTEN-03");
  const auto find = [&](const char* code) {
    const auto response = queries_->GetWorkstation(request, Role::kOperator);
    EXPECT_EQ(response->findings(0).remedy().rfind(response->diagnosis().substr(0, 10), 0), 0u)
        << response->diagnosis();
    for (const auto& finding : response->findings()) {
      if (finding.code() == code) return finding.remedy();
    }
    return std::string();
  };
  const std::string english = find("CERT_EXPIRES_SOON");
  request.set_language("sv");
  const std::string swedish = find("CERT_EXPIRES_SOON");
  EXPECT_NE(english, "");
  EXPECT_NE(swedish, "");
  EXPECT_NE(english, swedish);
  clock_.now = testing::kNow + 4 * kDay;
  EXPECT_EQ(find("CERT_EXPIRES_SOON"), "");
  EXPECT_NE(find("CERT_EXPIRED"), "");
}

TEST_F(QueriesTest, TellsTheUuidsWhereSeveralHaveTheName) {
  fleet_.ReportWithoutCard(1, "PC", "Lund");
  fleet_.ReportWithoutCard(2, "pc", "Ystad");
  v1::GetWorkstationRequest request;
  request.set_name("PC");
  const absl::Status status = queries_->GetWorkstation(request, Role::kOperator).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(TestFleet::Uuid(1)));
  EXPECT_THAT(std::string(status.message()), HasSubstr(TestFleet::Uuid(2)));
}

TEST_F(QueriesTest, AUuidMeansThatWorkstationThoughAnotherCallsItselfSo) {
  fleet_.ReportWithoutCard(1, "PC", "Lund");
  fleet_.ReportWithoutCard(2, TestFleet::Uuid(1), "Ystad");
  v1::GetWorkstationRequest request;
  request.set_name(TestFleet::Uuid(1));
  const auto response = queries_->GetWorkstation(request, Role::kOperator);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->workstation().id(), TestFleet::Uuid(1));
}

TEST_F(QueriesTest, SummaryAddsSitesUp) {
  ReportSome();
  const auto all = queries_->GetSummary({}, Role::kReader);
  ASSERT_EQ(all->sites_size(), 2);
  EXPECT_EQ(all->sites(0).site(), "Lund");
  EXPECT_EQ(all->sites(0).workstations_reporting(), 2u);
  EXPECT_EQ(all->sites(1).renewals_expired(), 1u);
  EXPECT_EQ(all->sites(1).renewals_1w(), 1u);
  EXPECT_EQ(all->total().workstations_reporting(), 5u);
  EXPECT_EQ(all->total().cards_active(), 4u);
  EXPECT_EQ(all->total().renewals_8w(), 1u);
  v1::GetSummaryRequest lund;
  lund.set_site("Lund");
  const auto one = queries_->GetSummary(lund, Role::kReader);
  ASSERT_EQ(one->sites_size(), 1);
  EXPECT_EQ(one->total().cards_active(), 2u);
}

TEST_F(QueriesTest, ListsAlertsOfTheSiteMostSevereFirst) {
  ReportSome();
  ASSERT_TRUE(alerts_->Update(fleet_.fleet().Counts(testing::kNow), Policy(), testing::kNow).ok());
  const auto all = queries_->ListAlerts({}, Role::kReader);
  ASSERT_GE(all->alerts_size(), 3);
  EXPECT_EQ(all->alerts(0).name(), "EXPIRED_IN_USE");
  EXPECT_EQ(all->alerts(0).severity(), "critical");
  v1::ListAlertsRequest lund;
  lund.set_site("Lund");
  const auto some = queries_->ListAlerts(lund, Role::kReader);
  ASSERT_EQ(some->alerts_size(), 1);
  EXPECT_EQ(some->alerts(0).name(), "RENEWAL_DUE");
  EXPECT_EQ(some->alerts(0).label(), "8w");
  EXPECT_EQ(some->alerts(0).opened_at().seconds(), absl::ToUnixSeconds(testing::kNow));
}

TEST_F(QueriesTest, ListsTheCatalogueWithItsRequiredCas) {
  const auto cas = queries_->ListCas({}, Role::kReader);
  ASSERT_TRUE(cas.ok());
  EXPECT_GE(cas->cas_size(), 5);
  EXPECT_EQ(cas->cas(0).role(), "root");
  EXPECT_TRUE(cas->cas(0).required());
  EXPECT_EQ(cas->cas(0).missing_workstations(), 0u);
  EXPECT_NE(cas->catalogue_version(), "");
}

}  // namespace
}  // namespace kortvakt
