// What a card is kept with: the CA certificates that its certificates rest on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/fleet/evaluate.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using testing::BundleWith;
using testing::CardWith;
using testing::LoginCertificate;
using testing::StoredCa;
using ::testing::UnorderedElementsAre;
using testing::Workstation;

constexpr char kRoot[] = "siths-e-id-root-ca-v2";
constexpr char kIssuing[] = "siths-e-id-person-hsa-id-3-ca-v1";

std::vector<std::string> Kept(const Snapshot& snapshot) {
  const Snapshot kept = CardSnapshotOf(snapshot, 0);
  std::vector<std::string> fingerprints;
  for (const TrustStoreFacts& store : kept.trust_stores) {
    for (const TrustedCa& ca : store.cas) fingerprints.push_back(ca.certificate.sha256);
  }
  EXPECT_EQ(kept.readers[0].card->certificates[0].paths, snapshot.readers[0].card->certificates[0].paths);
  return fingerprints;
}

TEST(CardSnapshotTest, HoldsTheCertificatesOfEveryPathOnce) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(testing::ScenarioNow() + testing::Days(700))}));
  snapshot.trust_stores = {BundleWith({kRoot, kIssuing, "siths-e-id-person-id-2-ca-v1"}),
                           BundleWith({kRoot})};
  TrustedCa twin = StoredCa(kIssuing);
  twin.certificate.sha256 = std::string(64, 'e');
  snapshot.trust_stores[1].cas.push_back(twin);
  const std::string root = StoredCa(kRoot).certificate.sha256;
  const std::string issuing = StoredCa(kIssuing).certificate.sha256;
  snapshot.readers[0].card->certificates[0].paths = {
      {issuing, root}, {twin.certificate.sha256, root}, {"nowhere"}};
  EXPECT_THAT(Kept(snapshot), UnorderedElementsAre(root, issuing, twin.certificate.sha256));
}

TEST(CardSnapshotTest, FollowsVerifiedIssuersWhereThereAreNoPaths) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(testing::ScenarioNow() + testing::Days(700))}));
  EXPECT_THAT(Kept(snapshot), UnorderedElementsAre(StoredCa(kRoot).certificate.sha256,
                                                   StoredCa(kIssuing).certificate.sha256));
}

}  // namespace
}  // namespace kortvakt
