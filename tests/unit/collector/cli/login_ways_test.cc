// `kortvakt workstation` tells how far each login certificate's chain comes in each browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/cli/render.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kChain[] = "SITHS e-id Person HSA-id 3 CA v1 > SITHS e-id Root CA v2: complete in";

v1::GetWorkstationResponse Answer(const Snapshot& snapshot) {
  v1::GetWorkstationResponse response;
  *response.mutable_snapshot() = SnapshotToProto(snapshot);
  response.mutable_judged_at()->set_seconds(absl::ToUnixSeconds(testing::ScenarioNow()));
  return response;
}

Snapshot WithACard() {
  Snapshot snapshot = testing::Workstation(
      testing::CardWith({testing::LoginCertificate(testing::ScenarioNow() + testing::Days(700))}));
  ClassifySnapshot(snapshot, testing::ScenarioCatalogue());
  return snapshot;
}

TEST(LoginWaysTest, AreShownBelowTheCertificate) {
  Display display;
  display.now = testing::ScenarioNow();
  EXPECT_THAT(RenderText(Answer(WithACard()), display), HasSubstr(kChain));
  Snapshot without = WithACard();
  without.trust_stores[0].cas.clear();
  EXPECT_THAT(RenderText(Answer(without), display), Not(HasSubstr(kChain)));
  EXPECT_THAT(RenderText(Answer(without), display), HasSubstr("CA v2 is missing"));
}

TEST(LoginWaysTest, AreLeftOutWhereTheSnapshotIsNotUnderstood) {
  v1::GetWorkstationResponse response = Answer(WithACard());
  response.mutable_snapshot()->mutable_readers(0)->set_state(static_cast<v1::ReaderState>(99));
  Display display;
  display.now = testing::ScenarioNow();
  EXPECT_THAT(RenderText(response, display), Not(HasSubstr(kChain)));
  EXPECT_THAT(RenderText(response, display), HasSubstr("issued by SITHS e-id Person HSA-id 3 CA v1"));
}

}  // namespace
}  // namespace kortvakt
