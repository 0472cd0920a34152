#include "collector/fleet/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "collector/fleet/evaluate.h"
#include "common/base/time.h"
#include "fake_source.h"

namespace kortvakt {
namespace {

using testing::At;
using testing::CardIn;
using testing::Days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LoginCertificate;
using ::testing::SizeIs;
using testing::Workstation;

constexpr char kA[] = "00000000-0000-4000-8000-00000000000a";
constexpr char kB[] = "00000000-0000-4000-8000-00000000000b";
constexpr char kAnna[] = "SE2321000016-1A2B";
constexpr size_t kLoa3 = 1;

CertificateFacts Login(absl::Time not_after, const std::string& sha) {
  CertificateFacts certificate = LoginCertificate(not_after);
  certificate.sha256 = std::string(64 - sha.size(), '0') + sha;
  return certificate;
}

TEST(FleetTest, ACardInUseCountsAtItsSiteByLevelAndTimeLeft) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(400), "1")})), "a", "Norr"));
  const SiteCounts site = t.Site("Norr");
  EXPECT_EQ(site.workstations[0], 1u);
  EXPECT_EQ(site.readers[0], 1u);
  EXPECT_EQ(site.cards[kLoa3][0], 1u);
  EXPECT_EQ(site.certificates[0][kLoa3][6], 1u);  // authentication, ge_26w
  EXPECT_EQ(site.soonest_not_after, t.now + Days(400));
  EXPECT_EQ(site.renewals, SiteCounts().renewals);
}

TEST(FleetTest, ACardBecomesDueToTheSecondWhileNobodyReports) {
  TestFleet t;
  const absl::Time end = t.now + Days(60);
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(end, "1")})), "a", "Norr"));
  t.now = end - Days(56) - absl::Seconds(1);
  t.Advance();
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 0u);
  EXPECT_EQ(t.fleet.NextChange(), end - Days(56) + absl::ZeroDuration());
  t.Advance(absl::Seconds(1));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 1u);
  ASSERT_THAT(t.fleet.ListRenewals({}, {}, t.now).rows, SizeIs(1));
  EXPECT_EQ(t.fleet.ListRenewals({}, {}, t.now).rows[0].card.stage, Stage::k8w);
  EXPECT_FALSE(t.fleet.ListRenewals({}, {}, t.now).rows[0].remedy.empty());
  WorkstationFilter due;
  due.finding = FindingCode::kCertExpiresSoon;
  EXPECT_THAT(t.fleet.ListWorkstations(due, {}).rows, SizeIs(1));
}

TEST(FleetTest, ExpiresFromTheSecondAfterNotAfter) {
  TestFleet t;
  const absl::Time end = t.now + Days(2);
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(end, "1")})), "a", "Norr"));
  t.now = end;
  t.Advance();
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][3], 1u);  // 1w
  t.Advance(absl::Seconds(1));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][3], 0u);
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][4], 1u);  // expired
  EXPECT_EQ(t.Site("Norr").cards[3][0], 1u) << "no valid login certificate is left";
}

TEST(FleetTest, ANewCardOfTheHolderEndsTheRenewalOfTheOldOne) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("old", kAnna, {Login(t.now + Days(20), "1")})), "a", "Norr"));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][1], 1u);
  t.fleet.TakeHistory();
  t.Report(kB, AtSite(Workstation(CardOf("new", kAnna, {Login(t.now + Days(1800), "2")})), "b", "Norr"));
  t.Advance();
  EXPECT_EQ(t.Site("Norr").renewals, SiteCounts().renewals);
  EXPECT_THAT(t.fleet.ListRenewals({}, {}, t.now).rows, IsEmpty());
  EXPECT_EQ(t.Site("Norr").finding_workstations[static_cast<size_t>(FindingCode::kCertExpiresSoon)], 0u);
  std::vector<std::string> kinds;
  for (const HistoryEntry& entry : t.fleet.TakeHistory()) kinds.push_back(entry.kind);
  EXPECT_THAT(kinds, ::testing::Contains("certificate_replaced"));
}

TEST(FleetTest, HistoryDoesNotTellWhenACardCameOrWent) {
  TestFleet t;
  Snapshot snapshot = AtSite(Workstation(std::nullopt), "a", "Norr");
  t.Report(kA, snapshot);
  t.fleet.TakeHistory();
  snapshot.readers[0].card = CardOf("c1", kAnna, {Login(t.now - Days(1), "1")});
  t.Report(kA, snapshot);
  EXPECT_EQ(t.Site("Norr").finding_workstations[static_cast<size_t>(FindingCode::kCertExpired)], 1u);
  snapshot.readers[0].card.reset();
  t.Report(kA, snapshot);
  EXPECT_THAT(t.fleet.TakeHistory(), IsEmpty());
  // What is so with and without a card is told.
  snapshot.pcsc_running = false;
  t.Report(kA, snapshot);
  const std::vector<HistoryEntry> told = t.fleet.TakeHistory();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, "finding_opened");
  EXPECT_EQ(told[0].subject, "PCSC_SERVICE_DOWN");
}

TEST(FleetTest, AnEmptyTwinTakesNothingFromTheCardThatWasRead) {
  for (const bool empty_first : {false, true}) {
    TestFleet t;
    Snapshot snapshot = AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(20), "1")})), "a", "Norr");
    snapshot.readers.push_back(snapshot.readers[0]);
    snapshot.readers[1].name = "Contactless";
    CardFacts& twin = *snapshot.readers[empty_first ? 0 : 1].card;
    twin.state = CardState::kEmpty;
    twin.certificates.clear();
    t.Report(kA, snapshot);
    EXPECT_EQ(t.Site("Norr").renewals[kLoa3][1], 1u) << empty_first;
  }
}

TEST(FleetTest, AnotherPersonsCardReplacesNothing) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("old", kAnna, {Login(t.now + Days(20), "1")})), "a", "Norr"));
  CertificateFacts other = Login(t.now + Days(1800), "2");
  other.hsa_id = "SE2321000016-9Z9Z";
  t.Report(kB, AtSite(Workstation(CardOf("new", "SE2321000016-9Z9Z", {other})), "b", "Norr"));
  t.Advance();
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][1], 1u);
}

TEST(FleetTest, ACardMovesToTheSiteThatSawItLast) {
  TestFleet t;
  const CardFacts card = CardOf("c1", kAnna, {Login(t.now + Days(20), "1")});
  t.Report(kA, AtSite(Workstation(card), "a", "Norr"));
  t.Report(kB, AtSite(Workstation(card), "b", "Syd"));
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  t.Advance();
  EXPECT_EQ(t.Site("Norr").cards, SiteCounts().cards);
  EXPECT_EQ(t.Site("Syd").cards[kLoa3][0], 1u);
  EXPECT_EQ(t.Site("Syd").renewals[kLoa3][1], 1u);
  ASSERT_THAT(t.fleet.ListCards({}, {}).rows, SizeIs(1));
  EXPECT_EQ(t.fleet.ListCards({}, {}).rows[0].workstation, "b");
}

TEST(FleetTest, ACardStaysWhenItIsPulledAndGoesIdleAfter45Days) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(50), "1")})), "a", "Norr"));
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 1u);
  t.now = DayOf(t.now) + Days(45) - absl::Seconds(1);
  t.Advance();
  EXPECT_EQ(t.Site("Norr").cards[kLoa3][0], 1u);
  t.Advance(absl::Seconds(1));
  EXPECT_EQ(t.Site("Norr").cards[kLoa3][0], 0u);
  EXPECT_EQ(t.Site("Norr").cards[kLoa3][1], 1u);
  EXPECT_EQ(t.Site("Norr").renewals, SiteCounts().renewals) << "nobody is warned of an idle card";
  EXPECT_THAT(t.fleet.ListCards({}, {}).rows, IsEmpty());
  CardFilter all;
  all.include_idle = true;
  EXPECT_THAT(t.fleet.ListCards(all, {}).rows, SizeIs(1));
}

TEST(FleetTest, ASightingThatCouldNotReadKeepsWhatIsKnown) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(20), "1")})), "a", "Norr"));
  CardFacts unread = CardIn(CardState::kInUse, "another program uses it");
  unread.id = "c1";
  t.Report(kB, AtSite(Workstation(unread), "b", "Syd"));
  t.Advance();
  EXPECT_EQ(t.Site("Syd").renewals[kLoa3][1], 1u);
}

TEST(FleetTest, ACardWithoutSerialIsGoneWhenItIsPulled) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("", "", {Login(t.now + Days(20), "1")})), "a", "Norr"));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][1], 1u);
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  EXPECT_EQ(t.Site("Norr").cards, SiteCounts().cards);
}

TEST(FleetTest, AWorkstationIsLateThenSilentThenRetired) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  const absl::Time start = t.now;
  const auto states = [&](absl::Duration after) {
    t.now = start + after;
    t.Advance();
    return t.Site("Norr").workstations;
  };
  EXPECT_THAT(states(Days(1) - absl::Seconds(1)), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(states(Days(1)), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(states(Days(35)), ElementsAre(0, 0, 1, 0));
  EXPECT_EQ(t.Site("Norr").finding_workstations[static_cast<size_t>(FindingCode::kWorkstationSilent)], 1u);
  EXPECT_EQ(t.fleet.Detail(kA, t.now, Language::kSwedish)->findings[0].code, FindingCode::kWorkstationSilent);
  EXPECT_THAT(states(Days(120)), ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(t.Site("Norr").readers[0], 0u);
  EXPECT_THAT(t.fleet.ListWorkstations({}, {}).rows, IsEmpty());
  EXPECT_TRUE(t.Unchanged(kA));
  EXPECT_THAT(t.Site("Norr").workstations, ElementsAre(1, 0, 0, 0));
}

TEST(FleetTest, AnUnknownDigestAsksForTheWholeSnapshot) {
  TestFleet t;
  EXPECT_FALSE(t.fleet.ApplyUnchanged(kA, "", t.now, absl::ZeroDuration()).known);
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  EXPECT_FALSE(t.fleet.ApplyUnchanged(kA, std::string(64, '0'), t.now, absl::ZeroDuration()).known);
  EXPECT_TRUE(t.Unchanged(kA));
}

TEST(FleetTest, UnchangedTellsOnceADayWhichCardsWereSeen) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(400), "1")})), "a", "Norr"));
  const std::string digest = t.source.workstations[kA].digest;
  EXPECT_THAT(t.fleet.ApplyUnchanged(kA, digest, t.now + absl::Hours(1), {}).cards_seen, IsEmpty());
  EXPECT_THAT(t.fleet.ApplyUnchanged(kA, digest, t.now + Days(1), {}).cards_seen, ElementsAre("c1"));
  EXPECT_THAT(t.fleet.ApplyUnchanged(kA, digest, t.now + Days(1) + absl::Hours(1), {}).cards_seen, IsEmpty());
}

// Once a week the same revocation answers come again, with their dates (SnapshotDigest).
TEST(FleetTest, AnAnswerThatIsRenewedIsToldWithItsDateAndIsNoNews) {
  TestFleet t;
  Snapshot snapshot =
      AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(400), "1"), Login(t.now + Days(300), "2")})),
             "a", "Norr");
  snapshot.workstation.id = kA;
  const auto answer = [&](size_t certificate, RevocationStatus status) {
    RevocationCheck& check = snapshot.revocations.emplace_back();
    check.certificate_sha256 = snapshot.readers[0].card->certificates[certificate].sha256;
    check.url = "http://ocsp.example/";
    check.status = status;
    return &check;
  };
  answer(0, RevocationStatus::kRevoked)->revoked_at = t.now - Days(1);
  answer(1, RevocationStatus::kUnknown)->problem = RevocationProblem::kUnreachable;
  const auto tried = [&] {
    const absl::StatusOr<WorkstationDetail> detail = t.fleet.Detail(kA, t.now, Language::kEnglish);
    for (const Finding& finding : detail->findings) {
      if (finding.code == FindingCode::kRevocationUnreachable) return finding.evidence;
    }
    return std::string("nothing is told");
  };
  const auto report = [&] {
    for (RevocationCheck& check : snapshot.revocations) check.checked_at = t.now;
    if (SnapshotDigest(snapshot) == t.source.workstations[kA].digest) return t.Unchanged(kA);
    t.Report(kA, snapshot);
    return false;
  };
  report();
  const FleetCounts counts = t.fleet.Counts(t.now);
  EXPECT_EQ(counts.sites.at("Norr").finding_workstations[static_cast<size_t>(FindingCode::kCertRevoked)], 1u);
  EXPECT_THAT(tried(), HasSubstr(absl::StrCat("tried ", FormatUtc(t.now))));
  t.fleet.TakeHistory();
  int whole = 0;
  for (int day = 0; day < 28; ++day) {
    t.Advance(Days(1));
    if (!report()) ++whole;
    EXPECT_EQ(t.fleet.Counts(t.now).sites, counts.sites) << "no number changes, so no alert does";
  }
  EXPECT_EQ(whole, 4);
  EXPECT_THAT(t.fleet.TakeHistory(), IsEmpty());
  EXPECT_THAT(tried(), HasSubstr(absl::StrCat("tried ", FormatUtc(t.now - Days(3))))) << "that Thursday";
}

TEST(FleetTest, TheCollectorsHostPatternsDecideTheSiteBeforeTheAgent) {
  TestFleet t({}, {{"Öster", {"ost-*", "spec?"}}});
  t.Report(kA, AtSite(Workstation(std::nullopt), "OST-17", "Norr"));
  t.Report(kB, AtSite(Workstation(std::nullopt), "vast-1", ""));
  const FleetCounts counts = t.fleet.Counts(t.now);
  ASSERT_THAT(counts.sites, SizeIs(2));
  EXPECT_EQ(counts.sites.at("Öster").workstations[0], 1u);
  EXPECT_EQ(counts.sites.at("unknown").workstations[0], 1u);
}

TEST(FleetTest, ASiteVanishesWithItsLastWorkstationAndItsCardsFollow) {
  TestFleet t;
  const Snapshot snapshot = Workstation(CardOf("c1", kAnna, {Login(t.now + Days(400), "1")}));
  t.Report(kA, AtSite(snapshot, "a", "Norr"));
  t.Report(kA, AtSite(snapshot, "a", "Syd"));
  const FleetCounts counts = t.fleet.Counts(t.now);
  ASSERT_THAT(counts.sites, SizeIs(1));
  EXPECT_EQ(counts.sites.at("Syd").cards[kLoa3][0], 1u);
}

TEST(FleetTest, SitesBeyondSixtyCountAsOther) {
  TestFleet t;
  for (int i = 0; i < 65; ++i) {
    t.Report(absl::StrCat("w", i),
             AtSite(Workstation(std::nullopt), absl::StrCat("h", i), absl::StrCat("site ", i)));
  }
  const FleetCounts counts = t.fleet.Counts(t.now);
  EXPECT_THAT(counts.sites, SizeIs(61));
  EXPECT_EQ(counts.sites.at("other").workstations[0], 5u);
  EXPECT_EQ(counts.label_overflows, 5u);
}

TEST(FleetTest, TheForecastCountsTheMonthInWhichACardBecomesDue) {
  TestFleet t;  // 2026-11-22
  t.Report(kA,
           AtSite(Workstation(CardOf("c1", kAnna, {Login(At("2027-04-10T00:00:00Z"), "1")})), "a", "Norr"));
  EXPECT_EQ(t.fleet.Counts(t.now).forecast[3], 1u) << "due on 2027-02-13";
  EXPECT_EQ(t.fleet.Counts(At("2027-02-01T00:00:00Z")).forecast[0], 1u);
}

TEST(FleetTest, AMissingRequiredCaCountsOnceAWorkstation) {
  TestFleet t;
  Snapshot snapshot = Workstation(std::nullopt);
  snapshot.trust_stores = {testing::BundleWith({})};
  t.Report(kA, AtSite(snapshot, "a", "Norr"));
  const FleetCounts counts = t.fleet.Counts(t.now);
  ASSERT_FALSE(counts.required_cas.empty());
  EXPECT_THAT(counts.sites.at("Norr").missing_ca, ::testing::Each(1u));
  EXPECT_THAT(counts.sites.at("Norr").missing_ca, SizeIs(counts.required_cas.size()));
  EXPECT_EQ(counts.sites.at("Norr").workstations_missing_ca, 1u);
}

TEST(FleetTest, ANewPolicyJudgesEverythingAgain) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(t.now + Days(80), "1")})), "a", "Norr"));
  EXPECT_EQ(t.Site("Norr").renewals, SiteCounts().renewals);
  Policy policy;
  policy.renewal_within = Days(90);
  t.fleet.SetJudgement({policy, t.fleet.judgement()->catalogue});
  t.Advance();
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 1u);
}

TEST(FleetTest, KeepsTheVerdictWhileTheStoreCannotBeReadAndTriesAgain) {
  TestFleet t;
  const absl::Time end = t.now + Days(60);
  t.Report(kA, AtSite(Workstation(CardOf("c1", kAnna, {Login(end, "1")})), "a", "Norr"));
  t.source.broken = true;
  t.now += Days(10);
  const AdvanceResult result = t.fleet.Advance(t.now);
  EXPECT_EQ(result.failures.size(), result.judged);
  EXPECT_GT(result.judged, 1u);
  EXPECT_EQ(t.fleet.Advance(t.now).judged, 0u) << "must not spin";
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 0u);
  EXPECT_TRUE(absl::IsUnavailable(t.fleet.Detail(kA, t.now, Language::kEnglish).status()));
  t.source.broken = false;
  t.Advance(absl::Minutes(1));
  EXPECT_EQ(t.Site("Norr").renewals[kLoa3][0], 1u);
}

TEST(FleetTest, PagesFollowEachOtherWithoutGapWhileTheFleetChanges) {
  TestFleet t;
  for (int i = 0; i < 10; ++i) {
    t.Report(absl::StrCat("w", i), AtSite(Workstation(std::nullopt), absl::StrCat("host-", i), "Norr"));
  }
  PageRange range;
  range.limit = 4;
  std::vector<std::string> hosts;
  for (;;) {
    const RowPage<WorkstationRow> page = t.fleet.ListWorkstations({}, range);
    for (const WorkstationRow& row : page.rows) hosts.push_back(row.host_name);
    if (!page.more) break;
    range.after = page.rows.back().sort_key;
    t.Report("w-new", AtSite(Workstation(std::nullopt), "aaa", "Norr"));  // before what was shown
  }
  ASSERT_THAT(hosts, SizeIs(10));
  EXPECT_TRUE(std::is_sorted(hosts.begin(), hosts.end()));
}

TEST(FleetTest, FindsWorkstationsByNameInAnyCaseAndById) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(std::nullopt), "Host", "Norr"));
  t.Report(kB, AtSite(Workstation(std::nullopt), "HOST", "Norr"));
  EXPECT_THAT(t.fleet.FindWorkstations("hOsT"), SizeIs(2));
  EXPECT_THAT(t.fleet.FindWorkstations(kA), SizeIs(1));
  EXPECT_THAT(t.fleet.FindWorkstations("nobody"), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(t.fleet.Detail("nobody", t.now, Language::kEnglish).status()));
}

}  // namespace
}  // namespace kortvakt
