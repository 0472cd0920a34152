// What TRUST_STORE_UNREADABLE says to do: users' stores are read as their user, and one of them
// cannot be taken out of the agent's configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/judge/judge.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding Unreadable(const TrustStoreFacts& store, Language language = Language::kEnglish) {
  Snapshot snapshot = testing::Workstation(std::nullopt);
  snapshot.trust_stores.push_back(store);
  for (const Finding& finding :
       Judge({snapshot, testing::ScenarioCatalogue(), Policy(), testing::ScenarioNow(), language}).findings) {
    if (finding.code == FindingCode::kTrustStoreUnreadable) return finding;
  }
  ADD_FAILURE() << "nothing found";
  return {};
}

TrustStoreFacts UsersStore(UnreadableReason reason) {
  TrustStoreFacts store;
  store.kind = TrustStoreKind::kNss;
  store.location = "~/.mozilla/firefox/profile 1";
  store.owner = "uid:1000";
  store.state = TrustStoreState::kUnreadable;
  store.detail = "cert9.db: not a sound NSS database: it is damaged";
  store.unreadable_reason = reason;
  return store;
}

TEST(TrustStoreUnreadableTest, WhatIsInOrderIsForInformationAndSaysWhatToDoAboutIt) {
  const struct {
    UnreadableReason reason;
    const char* english;
    const char* swedish;
  } cases[] = {{UnreadableReason::kOutside, "Move the profile", "Flytta profilen"},
               {UnreadableReason::kLink, "in the place of the link", "i stället för länken"},
               {UnreadableReason::kPending, "close the browser", "stänga webbläsaren"}};
  for (const auto& one : cases) {
    const TrustStoreFacts store = UsersStore(one.reason);
    EXPECT_EQ(Unreadable(store).severity, Severity::kInfo);
    EXPECT_THAT(Unreadable(store).remedy, HasSubstr(one.english));
    EXPECT_THAT(Unreadable(store).remedy, HasSubstr("Nothing is damaged"));
    EXPECT_THAT(Unreadable(store, Language::kSwedish).remedy, HasSubstr(one.swedish));
  }
}

TEST(TrustStoreUnreadableTest, OtherTroubleOfAUsersIsAWarning) {
  const Finding finding = Unreadable(UsersStore(UnreadableReason::kOther));
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_THAT(finding.remedy, HasSubstr("browser_databases = false"));
  EXPECT_THAT(finding.remedy, Not(HasSubstr("agent's user")));
  EXPECT_THAT(Unreadable(UsersStore(UnreadableReason::kOther), Language::kSwedish).evidence,
              HasSubstr("cert9.db: inte en hel NSS-databas: den är skadad"));
}

TEST(TrustStoreUnreadableTest, TheMachinesAreTheAgentsUsersToRead) {
  TrustStoreFacts store = UsersStore(UnreadableReason::kOutside);
  store.owner = "machine";
  store.kind = TrustStoreKind::kFolder;
  EXPECT_EQ(Unreadable(store).severity, Severity::kWarning) << "a reason is for users' stores only";
  EXPECT_THAT(Unreadable(store).remedy, HasSubstr("Let the agent's user read the place"));
  store.kind = TrustStoreKind::kBrowserPolicy;
  EXPECT_THAT(Unreadable(store).remedy, HasSubstr("Correct the policy file"));
}

}  // namespace
}  // namespace kortvakt
