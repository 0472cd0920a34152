// Random fleets: whatever happens in whatever order, the counters equal a recount,
// and a fleet rebuilt from the store equals the one that lived through it.
#include <gtest/gtest.h>

#include <random>

#include "fake_source.h"

namespace kortvakt {
namespace {

using testing::Days;

void ExpectEqual(const FleetCounts& a, const FleetCounts& b, const std::string& when) {
  ASSERT_EQ(a.sites.size(), b.sites.size()) << when;
  for (const auto& [site, counts] : a.sites) {
    ASSERT_TRUE(b.sites.contains(site)) << when;
    ASSERT_TRUE(counts == b.sites.at(site)) << when << ", site " << site;
  }
  ASSERT_EQ(a.agents, b.agents) << when;
  ASSERT_EQ(a.forecast, b.forecast) << when;
}

class FleetPropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(FleetPropertyTest, CountersEqualARecountAndARebuiltFleet) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const auto below = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  TestFleet t({}, {{"by host", {"h3"}}});
  const absl::Time start = t.now;

  const auto random_snapshot = [&](int number) {
    std::optional<CardFacts> card;
    const int kind = below(10);
    if (kind < 7) {
      const int id = below(8);
      std::vector<CertificateFacts> certificates;
      for (int i = below(3); i >= 0; --i) {
        CertificateFacts certificate =
            below(3) == 0 ? testing::LoginCertificateBy(testing::kPersonHsaId2, start + Days(below(150)))
                          : testing::LoginCertificate(start + Days(below(300) - 20));
        certificate.sha256 = absl::StrCat(std::string(60, 'a'), 1000 + below(9000));
        certificates.push_back(certificate);
      }
      // Two cards a holder, so that they replace each other.
      card = CardOf(id == 7 ? "" : absl::StrCat("card", id), absl::StrCat("SE2321000016-", id / 2),
                    certificates);
    } else if (kind == 7) {
      card = testing::CardIn(CardState::kUnreadable, "reading EF.CDF: 6A82");
      card->id = absl::StrCat("card", below(7));
    }
    Snapshot snapshot = testing::Workstation(card);
    if (below(4) == 0) snapshot.trust_stores = {testing::BundleWith({})};
    if (below(6) == 0) snapshot.readers[0].state = ReaderState::kError;
    snapshot.versions.agent = below(2) == 0 ? "0.1.0" : "0.2.0";
    return AtSite(snapshot, absl::StrCat("h", number), below(2) == 0 ? "Norr" : "Syd");
  };

  for (int step = 0; step < 150; ++step) {
    const int number = below(6);
    const std::string id = absl::StrCat("w", number);
    switch (below(6)) {
      case 0:
      case 1:
      case 2:
        t.Report(id, random_snapshot(number), absl::Seconds(below(400) - 200));
        break;
      case 3:
        if (t.source.workstations.contains(id)) {
          ASSERT_TRUE(t.Unchanged(id, absl::Seconds(below(400) - 200)));
        }
        break;
      default:
        t.now += below(10) == 0 ? Days(below(50)) : absl::Seconds(below(200'000));
    }
    t.Advance();
    const FleetCounts counts = t.fleet.Counts(t.now);
    ExpectEqual(counts, t.fleet.Recount(t.now), absl::StrCat("step ", step));
    if (HasFatalFailure()) return;
    if (step % 10 != 9) continue;
    Fleet rebuilt(*t.fleet.judgement(), {{"by host", {"h3"}}}, t.source);
    t.source.Restore(rebuilt, t.now);
    while (rebuilt.Advance(t.now).judged > 0) {
    }
    ExpectEqual(counts, rebuilt.Counts(t.now), absl::StrCat("rebuilt at step ", step));
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FleetPropertyTest, ::testing::Range(1, 9));

}  // namespace
}  // namespace kortvakt
