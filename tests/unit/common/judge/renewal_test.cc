#include "common/judge/renewal.h"

#include <gtest/gtest.h>

#include "common/certs/classify.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using ::kortvakt::testing::CardWith;
using ::kortvakt::testing::Days;
using ::kortvakt::testing::LoginCertificate;
using ::kortvakt::testing::LoginCertificateBy;
using ::kortvakt::testing::LoginCertificateOf;
using ::kortvakt::testing::NationalIdCertificate;
using ::kortvakt::testing::ScenarioNow;
using ::kortvakt::testing::SignatureCertificate;

constexpr absl::Duration kSecond = absl::Seconds(1);

// The renewals of a card with these certificates, classified as Judge does.
std::vector<RenewalFacts> Renewals(std::vector<CertificateFacts> certificates,
                                   const ReplacementLookup* elsewhere = nullptr) {
  CardFacts card = CardWith(std::move(certificates));
  for (CertificateFacts& certificate : card.certificates) Classify(certificate, CaCatalogue::BuiltIn(), {});
  return CardRenewals(card, CaCatalogue::BuiltIn(), {}, Policy(), ScenarioNow(), elsewhere);
}

TEST(RenewalTest, StageIsTheSmallestWindowThatTheTimeLeftDoesNotExceed) {
  const absl::Duration five_years = Days(5 * 365);
  const auto stage = [&](absl::Duration left) {
    return StageAt(ScenarioNow() + left, five_years, Policy(), ScenarioNow());
  };
  EXPECT_EQ(stage(Days(56) + kSecond), Stage::kNotDue);
  EXPECT_EQ(stage(Days(56)), Stage::k8w);
  EXPECT_EQ(stage(Days(28) + kSecond), Stage::k8w);
  EXPECT_EQ(stage(Days(28)), Stage::k4w);
  EXPECT_EQ(stage(Days(14)), Stage::k2w);
  EXPECT_EQ(stage(Days(7)), Stage::k1w);
  EXPECT_EQ(stage(absl::ZeroDuration()), Stage::k1w);
  EXPECT_EQ(stage(-kSecond), Stage::kExpired);
  EXPECT_EQ(stage(-absl::Milliseconds(1)), Stage::kExpired);
}

TEST(RenewalTest, ShortCardsAreDueInTheirLastThird) {
  const auto stage = [&](double left, double lifetime) {
    return StageAt(ScenarioNow() + Days(left), Days(lifetime), Policy(), ScenarioNow());
  };
  EXPECT_EQ(stage(11, 30), Stage::kNotDue);
  EXPECT_EQ(stage(10, 30), Stage::k2w);
  EXPECT_EQ(stage(57, 182), Stage::kNotDue);
  EXPECT_EQ(stage(56, 182), Stage::k8w);
  EXPECT_EQ(stage(0, 0), Stage::k1w);
}

TEST(RenewalTest, LongerWindowOfThePolicyShowsAsEightWeeks) {
  Policy policy;
  policy.renewal_within = Days(84);
  EXPECT_EQ(StageAt(ScenarioNow() + Days(84), Days(1825), policy, ScenarioNow()), Stage::k8w);
  EXPECT_EQ(StageAt(ScenarioNow() + Days(85), Days(1825), policy, ScenarioNow()), Stage::kNotDue);
}

TEST(RenewalTest, NextStageChangeIsWhereTheStageChanges) {
  for (const double lifetime : {1825.0, 182.0, 84.0, 42.0, 30.0, 21.0, 3.0}) {
    const absl::Time end = ScenarioNow();
    absl::Time now = end - Days(lifetime);
    int changes = 0;
    for (;; ++changes) {
      const absl::Time next = NextStageChange(end, Days(lifetime), Policy(), now);
      if (next == absl::InfiniteFuture()) break;
      const Stage before = StageAt(end, Days(lifetime), Policy(), now);
      EXPECT_EQ(StageAt(end, Days(lifetime), Policy(), next - kSecond), before) << lifetime;
      EXPECT_NE(StageAt(end, Days(lifetime), Policy(), next), before) << lifetime;
      now = next;
    }
    EXPECT_EQ(StageAt(end, Days(lifetime), Policy(), now), Stage::kExpired);
    EXPECT_GE(changes, 2);
  }
}

TEST(RenewalTest, HoldsAtTheEndsOfTime) {
  for (const absl::Time end : {absl::InfinitePast(), testing::At("0001-01-01T00:00:00Z"),
                               testing::At("9999-12-31T23:59:59Z"), absl::InfiniteFuture()}) {
    for (const absl::Duration lifetime : {-absl::InfiniteDuration(), -Days(1), absl::InfiniteDuration()}) {
      for (const absl::Time now : {absl::InfinitePast(), ScenarioNow(), absl::InfiniteFuture()}) {
        const absl::Time next = NextStageChange(end, lifetime, Policy(), now);
        EXPECT_TRUE(next > now || next == absl::InfiniteFuture());
        StageAt(end, lifetime, Policy(), now);
      }
    }
  }
  EXPECT_EQ(StageAt(testing::At("9999-12-31T23:59:59Z"), Days(1825), Policy(), ScenarioNow()),
            Stage::kNotDue);
}

TEST(RenewalTest, WordsOfStagesRoundTrip) {
  for (const Stage stage : {Stage::k8w, Stage::k4w, Stage::k2w, Stage::k1w, Stage::kExpired}) {
    EXPECT_EQ(FindStage(StageWord(stage)), stage);
  }
  EXPECT_STREQ(StageWord(Stage::kNotDue), "");
  EXPECT_EQ(FindStage("3w"), std::nullopt);
  EXPECT_EQ(FindStage(""), std::nullopt);
}

TEST(RenewalTest, SuccessorOnTheCardReplaces) {
  const auto renewals =
      Renewals({LoginCertificate(ScenarioNow() + Days(5)), LoginCertificate(ScenarioNow() + Days(500))});
  ASSERT_EQ(renewals.size(), 1u);
  EXPECT_EQ(renewals[0].certificate, 1u);
  EXPECT_EQ(renewals[0].stage, Stage::kNotDue);
}

TEST(RenewalTest, PersonnummerFollowsTheHsaIdAndTheSoonerDecides) {
  const auto renewals =
      Renewals({LoginCertificate(ScenarioNow() + Days(500)), NationalIdCertificate(ScenarioNow() + Days(5))});
  ASSERT_EQ(renewals.size(), 1u);
  EXPECT_EQ(renewals[0].certificate, 1u);
  EXPECT_EQ(renewals[0].stage, Stage::k1w);
}

TEST(RenewalTest, OrganisationsAreDueEachOnItsOwnSoonestFirst) {
  const auto renewals =
      Renewals({LoginCertificate(ScenarioNow() + Days(500)),
                LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", ScenarioNow() + Days(20))});
  ASSERT_EQ(renewals.size(), 2u);
  EXPECT_EQ(renewals[0].certificate, 1u);
  EXPECT_EQ(renewals[0].stage, Stage::k4w);
  EXPECT_EQ(renewals[0].due_at, ScenarioNow() + Days(20) - Days(56));
  EXPECT_EQ(renewals[1].stage, Stage::kNotDue);
}

TEST(RenewalTest, LifetimeRunsFromTheCardsEarliestCertificateThatOverlaps) {
  CertificateFacts early = LoginCertificate(ScenarioNow() + Days(20));
  early.not_before = ScenarioNow() - Days(1000);
  CertificateFacts late = NationalIdCertificate(ScenarioNow() + Days(20));
  late.not_before = ScenarioNow() - Days(10);
  const auto renewals = Renewals({late, early});
  ASSERT_EQ(renewals.size(), 1u);
  EXPECT_EQ(renewals[0].lifetime, Days(1020));

  CertificateFacts ended = LoginCertificate(ScenarioNow() - Days(300));
  CertificateFacts reserve = LoginCertificate(ScenarioNow() + Days(20));
  reserve.not_before = ScenarioNow() - Days(10);
  const auto again = Renewals({ended, reserve});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].lifetime, Days(30));
}

TEST(RenewalTest, OnlyLoginCertificatesOfCataloguedPersonCasCount) {
  EXPECT_TRUE(Renewals({}).empty());
  EXPECT_TRUE(Renewals({SignatureCertificate(ScenarioNow() + Days(5))}).empty());
  EXPECT_TRUE(Renewals({LoginCertificateBy("CN=Exempel CA,O=Exempelbolaget AB", ScenarioNow())}).empty());
  EXPECT_TRUE(
      Renewals({LoginCertificateBy("CN=SITHS e-id Function CA v1,O=Inera AB,C=SE", ScenarioNow())}).empty());
}

TEST(RenewalTest, TwinsLeaveOne) {
  const CertificateFacts twin = LoginCertificate(ScenarioNow() + Days(5));
  EXPECT_EQ(Renewals({twin, twin, twin}).size(), 1u);
}

class AllReplaced final : public ReplacementLookup {
 public:
  bool HasLater(const CardFacts&, const CertificateFacts&) const override { return true; }
};

TEST(RenewalTest, SuccessorOnAnotherCardReplaces) {
  const AllReplaced elsewhere;
  EXPECT_TRUE(Renewals({LoginCertificate(ScenarioNow() + Days(5))}, &elsewhere).empty());
}

TEST(CardLoaTest, IsTheHighestOfTheValidLoginCertificates) {
  const auto loa = [](std::vector<CertificateFacts> certificates) {
    CardFacts card = CardWith(std::move(certificates));
    for (CertificateFacts& certificate : card.certificates) Classify(certificate, CaCatalogue::BuiltIn(), {});
    return CardLoa(card, ScenarioNow());
  };
  const absl::Time later = ScenarioNow() + Days(5);
  const absl::Time before = ScenarioNow() - Days(5);
  EXPECT_EQ(loa({}), Loa::kNotApplicable);
  EXPECT_EQ(loa({LoginCertificateBy(testing::kPersonHsaId2, later), LoginCertificate(later)}), Loa::k3);
  EXPECT_EQ(loa({LoginCertificateBy(testing::kPersonHsaId2, later), LoginCertificate(before)}), Loa::k2);
  EXPECT_EQ(loa({LoginCertificate(before)}), Loa::kNotApplicable);
  EXPECT_EQ(loa({SignatureCertificate(later)}), Loa::kNotApplicable);
  EXPECT_EQ(loa({LoginCertificateBy("CN=Exempel CA", later)}), Loa::kUnknown);
  EXPECT_EQ(
      loa({LoginCertificateBy("CN=Exempel CA", later), LoginCertificateBy(testing::kPersonHsaId2, later)}),
      Loa::k2);
}

}  // namespace
}  // namespace kortvakt
