#include "collector/cli/render.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "collector/cli/show.h"
#include "collector/cli/text.h"
#include "tests/unit/collector/cli/canned_answers.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Set;

Display PlainDisplay() {
  Display display;
  display.now = testing::kNow;
  return display;
}

absl::TimeZone Stockholm() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Stockholm", &zone));
  return zone;
}

TEST(RenderCardsTest, ShowsTimesAsPeopleSayThemAndCountsAtTheEnd) {
  EXPECT_EQ(RenderText(testing::Cards(), PlainDisplay()),
            "CARD      HOLDER             ORGANISATION    SITE       WORKSTATION    LOA  ENDS"
            "                            STAGE    LAST SEEN\n"
            "aaaaaaaa  SE2321000016-T35T  Region Exempel  Ängelholm  MOTTAGNING-03  3    2026-11-01"
            " (ended 2 weeks ago)  expired  2026-11-21\n"
            "bbbbbbbb  SE2321000016-T35T  Region Exempel  Ängelholm  MOTTAGNING-03  3    2027-01-03"
            " (6 weeks left)       8w       2026-11-21\n"
            "cccccccc  SE2321000016-T35T  Region Exempel  Ängelholm  MOTTAGNING-03  -    no certificate"
            "                           2026-11-21\n"
            "\n"
            "3 cards. Dates in UTC.\n");
}

TEST(RenderCardsTest, SaysThatThereAreNone) {
  EXPECT_EQ(RenderText(v1::ListCardsResponse(), PlainDisplay()), "No cards.\n");
  EXPECT_EQ(RenderText(v1::ListRenewalsResponse(), PlainDisplay()), "No renewals are due.\n");
  EXPECT_EQ(RenderText(v1::ListWorkstationsResponse(), PlainDisplay()), "No workstations.\n");
  EXPECT_EQ(RenderText(v1::ListAlertsResponse(), PlainDisplay()), "No open alerts.\n");
}

TEST(RenderCardsTest, LeavesThePersonalColumnsOutForReaders) {
  v1::ListCardsResponse response = testing::Cards();
  for (auto& card : *response.mutable_cards()) card.clear_holder_hsa_id();
  EXPECT_THAT(RenderText(response, PlainDisplay()), Not(HasSubstr("HOLDER")));
}

TEST(RenderCardsTest, ShowsDatesInTheZoneOfTheDisplayAndNamesIt) {
  v1::ListCardsResponse response;
  // One second before midnight UTC is the next day in Sweden.
  *response.add_cards() = testing::Card("aaaaaaaa", "2027-01-03T23:59:59Z", "8w");
  Display display = PlainDisplay();
  EXPECT_THAT(RenderText(response, display), HasSubstr("2027-01-03 ("));
  display.zone = Stockholm();
  const std::string text = RenderText(response, display);
  EXPECT_THAT(text, HasSubstr("2027-01-04 ("));
  EXPECT_THAT(text, HasSubstr("1 card. Dates in CET, UTC+01:00."));
  EXPECT_THAT(text, HasSubstr("2026-11-21")) << "the day of presence is a day in UTC";
}

TEST(RenderCardsTest, ListsIdleCardsUnderTheirOwnHeading) {
  v1::ListCardsResponse response = testing::Cards();
  response.mutable_cards(1)->set_idle(true);
  const std::string text = RenderText(response, PlainDisplay());
  const size_t heading = text.find("Idle: ");
  ASSERT_NE(heading, std::string::npos);
  EXPECT_LT(text.find("cccccccc"), heading);
  EXPECT_GT(text.find("bbbbbbbb"), heading);
}

TEST(RenderCardsTest, FitsTheTerminalAndSaysWhatItLeavesOut) {
  for (const size_t width : {size_t{132}, size_t{100}, size_t{80}}) {
    Display display = PlainDisplay();
    display.width = width;
    const std::string text = RenderText(testing::Cards(), display);
    for (const auto& line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << line;
    }
    EXPECT_EQ(absl::StrContains(text, "(no room for LAST SEEN"), width < 132) << text;
  }
}

TEST(RenderCardsTest, CleansWhatTheCollectorSends) {
  v1::ListCardsResponse response = testing::Cards();
  response.mutable_cards(0)->set_workstation("evil\x1b]0;title\x07\nnext");
  response.mutable_cards(0)->set_card_id("\x1b[2Jxxxxxxxx");
  const std::string text = RenderText(response, PlainDisplay());
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(RenderCsv(response), Not(HasSubstr("\x1b")));
}

TEST(RenderCardsTest, SurvivesTimesThatCannotBe) {
  v1::ListCardsResponse response = testing::Cards();
  response.mutable_cards(0)->mutable_not_after()->set_seconds(INT64_MAX);
  response.mutable_cards(1)->mutable_not_after()->set_seconds(INT64_MIN);
  const std::string text = RenderText(response, PlainDisplay());
  EXPECT_THAT(text, HasSubstr("9999-12-31 ("));
  EXPECT_THAT(text, HasSubstr("0001-01-01 ("));
  EXPECT_FALSE(RenderJson(response).ok());
}

TEST(ShowTest, SaysLengthsOfTimeAsPeopleDo) {
  Display display = PlainDisplay();
  const auto words = [&](absl::Duration duration) { return ShowDuration(duration, display); };
  EXPECT_EQ(words(absl::ZeroDuration()), "0 seconds");
  EXPECT_EQ(words(absl::Seconds(61)), "1 minute 1 second");
  EXPECT_EQ(words(absl::Hours(24 * 41) + absl::Hours(23)), "5 weeks 6 days");
  EXPECT_EQ(words(absl::Hours(24 * 7) + absl::Seconds(1)), "1 week");
  EXPECT_EQ(words(-absl::Hours(25)), "1 day 1 hour");
  EXPECT_EQ(words(absl::Hours(24 * 1460)), "4 years");
  EXPECT_EQ(words(absl::Hours(24 * 364)), "52 weeks");
  EXPECT_EQ(ShowDuration(absl::Hours(24 * 13), display, 1), "1 week");
  display.language = Language::kSwedish;
  EXPECT_EQ(words(absl::Hours(24 * 8)), "1 vecka 1 dag");
  EXPECT_EQ(words(absl::ZeroDuration()), "0 sekunder");
}

TEST(RenderRenewalsTest, ShowsAdviceOnceWithTheContact) {
  v1::ListRenewalsResponse response;
  for (const char* id : {"aaaaaaaa", "bbbbbbbb"}) {
    auto& renewal = *response.add_renewals();
    *renewal.mutable_card() = testing::Card(id, "2026-12-10T12:00:00Z", "4w");
    renewal.set_remedy("Order a new card now.");
    renewal.set_contact("Kortkontoret, tfn 010-000 00 00");
  }
  auto& named = *response.add_renewals();
  *named.mutable_card() = testing::Card("dddddddd", "2026-11-25T12:00:00Z", "1w");
  named.set_remedy("Go to Kortkontoret at once.");
  named.set_contact("Kortkontoret");
  auto& later = *response.add_renewals();
  *later.mutable_card() = testing::Card("cccccccc", "2027-02-03T12:00:00Z", "");
  Set(later.mutable_due_at(), "2026-12-09T12:00:00Z");
  const std::string text = RenderText(response, PlainDisplay());
  const std::string advice = "4w       Order a new card now. Contact: Kortkontoret, tfn 010-000 00 00.\n";
  ASSERT_THAT(text, HasSubstr(advice));
  EXPECT_EQ(text.find("Order a new card"), text.rfind("Order a new card"));
  EXPECT_THAT(text, HasSubstr("1w       Go to Kortkontoret at once.\n"));
  EXPECT_THAT(text, HasSubstr("due 2026-12-09"));
  EXPECT_THAT(text, HasSubstr("9752269875312345678"));
  EXPECT_THAT(text, HasSubstr("4 renewals. Dates in UTC.\n"));
}

TEST(RenderSummaryTest, AddsATotalWhereThereAreSeveralSites) {
  v1::GetSummaryResponse response;
  auto& first = *response.add_sites();
  first.set_site("Lund");
  first.set_workstations_reporting(2);
  Set(response.mutable_judged_at(), "2026-11-22T09:00:00Z");
  EXPECT_THAT(RenderText(response, PlainDisplay()), Not(HasSubstr("all sites")));
  response.add_sites()->set_site("Ystad");
  response.mutable_total()->set_workstations_reporting(2);
  const std::string text = RenderText(response, PlainDisplay());
  EXPECT_THAT(text, HasSubstr("all sites"));
  EXPECT_THAT(text, HasSubstr("2 sites, counted 2026-11-22 09:00 UTC.\n"));
}

TEST(RenderFleetTest, ShowsWorkstationsAlertsAndCas) {
  v1::ListWorkstationsResponse workstations;
  *workstations.add_workstations() = testing::Workstation().workstation();
  workstations.mutable_workstations(0)->add_findings("CERT_EXPIRED");
  workstations.mutable_workstations(0)->add_findings("ROOT_MISSING");
  workstations.mutable_workstations(0)->set_worst_severity("critical");
  EXPECT_THAT(RenderText(workstations, PlainDisplay()), HasSubstr("CERT_EXPIRED ROOT_MISSING"));
  EXPECT_THAT(RenderText(workstations, PlainDisplay()), HasSubstr("1 workstation.\n"));

  v1::ListAlertsResponse alerts;
  auto& alert = *alerts.add_alerts();
  alert.set_name("RENEWAL_DUE");
  alert.set_label("4w");
  alert.set_count(2);
  Set(alert.mutable_opened_at(), "2026-11-20T07:30:00Z");
  EXPECT_THAT(RenderText(alerts, PlainDisplay()), HasSubstr("2026-11-20 07:30 UTC"));
  EXPECT_THAT(RenderText(alerts, PlainDisplay()), HasSubstr("1 open alert.\n"));

  v1::ListCasResponse cas;
  cas.set_catalogue_version("2026-11 abcdef01");
  auto& ca = *cas.add_cas();
  ca.set_ca("demo-root-ca");
  ca.set_subject("CN=Demo Root\\, the CA,O=Demo");
  ca.set_required(true);
  const std::string text = RenderText(cas, PlainDisplay());
  EXPECT_THAT(text, HasSubstr("Demo Root, the CA"));
  EXPECT_THAT(text, HasSubstr("not known"));
  EXPECT_THAT(text, HasSubstr("1 CA in catalogue 2026-11 abcdef01."));
}

TEST(RenderCsvTest, HasOneRecordOfNamesAndOneARow) {
  EXPECT_EQ(
      RenderCsv(testing::Cards()),
      "card_id,holder_hsa_id,card_number,organisation,site,workstation,loa,state,not_after,stage,last_seen,"
      "idle,certificate_count\r\n" +
          ("aaaaaaaa" + std::string(56, '0')) +
          ",SE2321000016-T35T,9752269875312345678,Region Exempel,Ängelholm,MOTTAGNING-03,3,CARD_STATE_READ,"
          "2026-11-01T12:00:00Z,expired,2026-11-21,false,4\r\n" +
          ("bbbbbbbb" + std::string(56, '0')) +
          ",SE2321000016-T35T,9752269875312345678,Region Exempel,Ängelholm,MOTTAGNING-03,3,CARD_STATE_READ,"
          "2027-01-03T09:00:00Z,8w,2026-11-21,false,4\r\n" +
          ("cccccccc" + std::string(56, '0')) +
          ",SE2321000016-T35T,9752269875312345678,Region Exempel,Ängelholm,MOTTAGNING-03,,CARD_STATE_EMPTY,,,"
          "2026-11-21,false,4\r\n");
  EXPECT_EQ(RenderCsv(v1::ListAlertsResponse()),
            "name,site,label,severity,count,opened_at,changed_at,summary\r\n");
}

TEST(RenderCsvTest, EveryRecordHasAsManyFieldsAsTheFirst) {
  v1::ListRenewalsResponse renewals;
  *renewals.add_renewals()->mutable_card() = testing::Cards().cards(0);
  v1::GetSummaryResponse summary;
  summary.add_sites()->set_site("Lund");
  v1::ListWorkstationsResponse workstations;
  *workstations.add_workstations() = testing::Workstation().workstation();
  v1::ListAlertsResponse alerts;
  alerts.add_alerts();
  v1::ListCasResponse cas;
  cas.add_cas();
  for (const std::string& csv : {RenderCsv(renewals), RenderCsv(summary), RenderCsv(workstations),
                                 RenderCsv(testing::Workstation()), RenderCsv(alerts), RenderCsv(cas)}) {
    const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n", absl::SkipEmpty());
    ASSERT_EQ(lines.size(), 2u) << csv;
    EXPECT_EQ(std::count(lines[0].begin(), lines[0].end(), ','),
              std::count(lines[1].begin(), lines[1].end(), ','))
        << csv;
  }
}

TEST(RenderJsonTest, IsProto3JsonWithDefaults) {
  const auto json = RenderJson(testing::Cards());
  ASSERT_TRUE(json.ok());
  EXPECT_THAT(*json, HasSubstr("\"idle\": false"));
  EXPECT_THAT(*json, HasSubstr("\"nextPageToken\": \"\""));
  v1::ListCardsResponse back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(*json, &back).ok());
  EXPECT_EQ(back.SerializeAsString(), testing::Cards().SerializeAsString());
}

}  // namespace
}  // namespace kortvakt
