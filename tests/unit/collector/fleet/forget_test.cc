// What leaves the fleet, what comes back after a restart, and what happens while
// the store is read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_source.h"

namespace kortvakt {
namespace {

using ::testing::Contains;
using testing::Days;
using ::testing::IsEmpty;
using testing::LoginCertificate;
using ::testing::Not;
using ::testing::SizeIs;
using testing::Workstation;

constexpr char kA[] = "00000000-0000-4000-8000-00000000000a";
constexpr char kB[] = "00000000-0000-4000-8000-00000000000b";
constexpr char kAnna[] = "SE2321000016-1A2B";

CardFacts Card(const std::string& id, absl::Time not_after, const std::string& holder = kAnna) {
  CertificateFacts certificate = LoginCertificate(not_after);
  certificate.sha256 = std::string(64 - id.size(), '0') + id;
  certificate.hsa_id = holder;
  return CardOf(id, holder, {certificate});
}

std::vector<std::string> Kinds(const std::vector<HistoryEntry>& history) {
  std::vector<std::string> kinds;
  for (const HistoryEntry& entry : history) kinds.push_back(entry.kind);
  return kinds;
}

CardFilter Everything() {
  CardFilter filter;
  filter.include_idle = true;
  return filter;
}

TEST(ForgetTest, AWorkstationLeavesWithTheCardsThatItSawLast) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(900))), "a", "Norr"));
  t.now += Days(300);
  t.Report(kB, AtSite(Workstation(Card("2", t.now + Days(900), "SE2321000016-9Z9Z")), "b", "Syd"));
  t.now += Days(101);
  const Forgotten forgotten = t.fleet.Forget(t.now - Days(400));
  EXPECT_THAT(forgotten.workstations, ::testing::ElementsAre(kA));
  EXPECT_THAT(forgotten.cards, ::testing::ElementsAre("1"));
  t.Advance();
  EXPECT_THAT(t.fleet.ListCards(Everything(), {}).rows, SizeIs(1));
  EXPECT_EQ(t.fleet.workstation_count(), 1u);
  EXPECT_FALSE(t.fleet.Counts(t.now).sites.contains("Norr"));
  EXPECT_EQ(t.fleet.Counts(t.now), t.fleet.Recount(t.now));
}

TEST(ForgetTest, ACardThatNobodyShowsLeavesWhileItsWorkstationStays) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(900))), "a", "Norr"));
  t.now += Days(1);
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  t.now += Days(400);
  t.Report(kA, AtSite(Workstation(std::nullopt), "a", "Norr"));
  const Forgotten forgotten = t.fleet.Forget(t.now - Days(400));
  EXPECT_THAT(forgotten.workstations, IsEmpty());
  EXPECT_THAT(forgotten.cards, ::testing::ElementsAre("1"));
  EXPECT_TRUE(t.Unchanged(kA));
}

TEST(ForgetTest, SitesThatCountedAsOtherTakeThePlaceOfThoseThatLeave) {
  TestFleet t;
  for (int i = 0; i < 62; ++i) {
    t.Report(absl::StrCat("w", i),
             AtSite(Workstation(Card(absl::StrCat(i), t.now + Days(900), absl::StrCat("SE2321000016-", i))),
                    absl::StrCat("h", i), absl::StrCat("site ", i)));
    t.now += Days(1);
  }
  ASSERT_EQ(t.Site("other").workstations[0] + t.Site("other").workstations[1], 2u);
  t.fleet.Forget(t.now - Days(60));
  t.Advance();
  const FleetCounts counts = t.fleet.Counts(t.now);
  EXPECT_FALSE(counts.sites.contains("site 0"));
  EXPECT_TRUE(counts.sites.contains("site 60"));
  EXPECT_TRUE(counts.sites.contains("site 61"));
  EXPECT_FALSE(counts.sites.contains("other"));
  EXPECT_EQ(counts, t.fleet.Recount(t.now));
}

TEST(ForgetTest, AWorkstationKeepsABoundedNumberOfCards) {
  TestFleet t;
  for (int i = 0; i < 4200; ++i) {
    t.Report(kA, AtSite(Workstation(CardOf(absl::StrCat("c", i), "", {})), "a", "Norr"));
    if (i == 1000) t.now += Days(1);
  }
  const size_t kept = t.fleet.ListCards(Everything(), {}).total;
  const Forgotten evicted = t.fleet.TakeEvicted();
  EXPECT_LE(kept, 4096u);
  EXPECT_EQ(kept + evicted.cards.size(), 4200u);
  EXPECT_THAT(evicted.cards, Contains("c0")) << "the oldest give way";
  EXPECT_THAT(evicted.cards, Not(Contains("c4199")));
  EXPECT_TRUE(t.fleet.TakeEvicted().empty());
  EXPECT_EQ(t.fleet.Counts(t.now), t.fleet.Recount(t.now));
}

TEST(ForgetTest, AHolderOfCountlessCardsCostsNoMoreThanOneOfAFew) {
  TestFleet t;
  for (int i = 0; i < 300; ++i) {
    t.Report(kA, AtSite(Workstation(Card(absl::StrCat(i), t.now + Days(900))), "a", "Norr"));
  }
  t.Advance();
  t.Report(kB, AtSite(Workstation(Card("999", t.now + Days(1000))), "b", "Norr"));
  size_t judged = 0;
  for (size_t once = 1; once > 0; judged += once) once = t.fleet.Advance(t.now).judged;
  EXPECT_LE(judged, 70u);
}

TEST(ForgetTest, ARestartTellsNoReplacementThatWasToldBefore) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(20))), "a", "Norr"));
  t.Report(kB, AtSite(Workstation(Card("2", t.now + Days(900))), "b", "Norr"));
  t.Advance();
  ASSERT_THAT(Kinds(t.fleet.TakeHistory()), Contains("certificate_replaced"));

  TestFleet restarted;
  restarted.now = t.now;
  restarted.source = t.source;
  restarted.source.Restore(restarted.fleet, restarted.now);
  restarted.Advance();
  EXPECT_THAT(Kinds(restarted.fleet.TakeHistory()), Not(Contains("certificate_replaced")));
  EXPECT_THAT(restarted.fleet.ListRenewals({}, {}, restarted.now).rows, IsEmpty());
}

TEST(ForgetTest, ARestartedFleetTellsTheNextReplacement) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(20))), "a", "Norr"));
  TestFleet restarted;
  restarted.now = t.now;
  restarted.source = t.source;
  restarted.source.Restore(restarted.fleet, restarted.now);
  restarted.Report(kB, AtSite(Workstation(Card("2", t.now + Days(900))), "b", "Norr"));
  restarted.Advance();
  EXPECT_THAT(Kinds(restarted.fleet.TakeHistory()), Contains("certificate_replaced"));
}

TEST(ForgetTest, ACardWhoseRecordIsLostComesBackWithItsWorkstation) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(20))), "a", "Norr"));
  TestFleet restarted;
  restarted.now = t.now;
  restarted.source = t.source;
  restarted.source.cards.clear();
  restarted.source.Restore(restarted.fleet, restarted.now);
  ASSERT_THAT(restarted.fleet.ListRenewals({}, {}, restarted.now).rows, SizeIs(1));
  EXPECT_FALSE(restarted.Unchanged(kA)) << "the whole snapshot is needed to store the card again";
  EXPECT_EQ(restarted.fleet.Counts(restarted.now), restarted.fleet.Recount(restarted.now));
}

TEST(ForgetTest, WhatIsNotStoredAnyMoreLeaves) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(60))), "a", "Norr"));
  t.source.cards.clear();
  t.Advance(Days(10));
  EXPECT_THAT(t.fleet.ListCards(Everything(), {}).rows, IsEmpty());
  EXPECT_FALSE(t.Unchanged(kA)) << "its next report brings the card back";
  t.source.workstations.clear();
  t.Advance(Days(10));
  t.fleet.SetJudgement({{}, t.fleet.judgement()->catalogue});
  t.Advance();
  EXPECT_EQ(t.fleet.workstation_count(), 0u);
}

TEST(ForgetTest, OthersAreServedWhileTheStoreIsRead) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(60))), "a", "Norr"));
  int served = 0;
  t.source.while_reading = [&] { served += t.fleet.ListCards({}, {}).total == 1; };
  t.Advance(Days(10));
  EXPECT_GT(served, 0);
  const int before = served;
  EXPECT_TRUE(t.fleet.Detail(kA, t.now, Language::kEnglish).ok());
  EXPECT_GT(served, before);
}

TEST(ForgetTest, AReportThatComesWhileTheOldOneIsReadWins) {
  TestFleet t;
  t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(60))), "a", "Norr"));
  t.now += Days(10);
  bool once = true;
  t.source.while_reading = [&] {
    if (!std::exchange(once, false)) return;
    // What is being read was read before the report came.
    const FakeSource read = t.source;
    t.Report(kA, AtSite(Workstation(Card("1", t.now + Days(900))), "a", "Norr"));
    t.source.cards = read.cards;
    t.source.workstations = read.workstations;
  };
  EXPECT_GT(t.fleet.Advance(t.now, 1).judged, 0u);
  EXPECT_THAT(t.fleet.ListRenewals({}, {}, t.now).rows, IsEmpty());
  EXPECT_EQ(t.fleet.Counts(t.now), t.fleet.Recount(t.now));
}

}  // namespace
}  // namespace kortvakt
