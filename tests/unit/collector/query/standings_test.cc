// How cards' certificates stand: by the fleet's catalogue and policy, in the language asked for.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "common/certs/data/built_in.h"
#include "tests/support/scenarios/workstations.h"
#include "tests/unit/collector/query/queries_fixture.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kChain[] = "SITHS e-id Person HSA-id 3 CA v1 > SITHS e-id Root CA v2: complete in";
constexpr char kOwnIssuer[] = "CN=Exempel Person CA v1,O=Region Exempel,C=SE";

Snapshot WithCard(CardFacts card) {
  Snapshot snapshot = testing::Workstation(std::move(card));
  ClassifySnapshot(snapshot, testing::ScenarioCatalogue());
  return snapshot;
}

Snapshot WithACard() {
  return WithCard(testing::CardWith({testing::LoginCertificate(testing::kNow + testing::Days(700))}));
}

// Revoked, or not, by an answer of an hour ago.
void AddAnswer(Snapshot& snapshot, RevocationStatus status) {
  RevocationCheck check;
  check.certificate_sha256 = snapshot.readers[0].card->certificates[0].sha256;
  check.url = "http://ocsp1.example.org/";
  check.status = status;
  check.checked_at = testing::kNow - absl::Hours(1);
  check.this_update = check.checked_at;
  if (status == RevocationStatus::kRevoked) check.revoked_at = testing::kNow - testing::Days(2);
  snapshot.revocations.push_back(check);
}

// The built-in catalogue and a person CA of the operator's own.
std::shared_ptr<const CaCatalogue> OwnCatalogue() {
  auto parsed = CaCatalogue::Parse(
      absl::StrCat(std::string(BuiltInCatalogueText()), "\n[[ca]]\nid = \"exempel-person-ca\"\nsubject = \"",
                   kOwnIssuer,
                   "\"\nrole = \"issuing\"\nenvironment = \"production\"\nstate = \"current\"\n"
                   "issues = \"persons\"\nissuer = \"siths-e-id-root-ca-v2\"\nloa = \"3\"\n"),
      "test");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return std::make_shared<const CaCatalogue>(*std::move(parsed));
}

class StandingsTest : public testing::QueriesFixture {
 protected:
  StandingsTest() { JudgeBy(Policy(), std::make_shared<const CaCatalogue>(testing::ScenarioCatalogue())); }

  void JudgeBy(const Policy& policy, std::shared_ptr<const CaCatalogue> catalogue) {
    fleet_.fleet().SetJudgement({.policy = policy, .catalogue = std::move(catalogue)});
  }
  v1::GetWorkstationResponse Answer(const Snapshot& snapshot, const std::string& language = "en",
                                    Role role = Role::kOperator) {
    fleet_.Apply(snapshot);
    v1::GetWorkstationRequest request;
    request.set_name(snapshot.workstation.id);
    request.set_language(language);
    const auto response = queries_->GetWorkstation(request, role);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetWorkstationResponse();
  }
  // Of the first certificate of which something is to be said.
  static std::vector<std::string> Ways(const v1::GetWorkstationResponse& response) {
    if (response.standings().empty()) return {};
    const auto& ways = response.standings(0).login_ways();
    return {ways.begin(), ways.end()};
  }
};

TEST_F(StandingsTest, TellTheWayOfALoginCertificateAndWhatItLacks) {
  const Snapshot snapshot = WithACard();
  const v1::GetWorkstationResponse response = Answer(snapshot);
  ASSERT_EQ(response.standings_size(), 1) << "nothing is to be said of the signature certificate";
  EXPECT_EQ(response.standings(0).certificate_sha256(), snapshot.readers[0].card->certificates[0].sha256);
  EXPECT_THAT(Ways(response), ElementsAre(HasSubstr(kChain)));
  Snapshot without = WithACard();
  without.trust_stores[0].cas.clear();
  testing::FindPaths(without);
  EXPECT_THAT(Ways(Answer(without)), ElementsAre(HasSubstr("CA v2 is missing")));
  EXPECT_THAT(Ways(Answer(without)), ElementsAre(Not(HasSubstr(kChain))));
}

TEST_F(StandingsTest, AreByTheOperatorsOwnCatalogue) {
  const Snapshot snapshot = WithCard(
      testing::CardWith({testing::LoginCertificateBy(kOwnIssuer, testing::kNow + testing::Days(700))}));
  const v1::GetWorkstationResponse before = Answer(snapshot);
  EXPECT_THAT(Ways(before), ElementsAre(Not(HasSubstr("SITHS e-id Root CA v2"))));
  EXPECT_EQ(before.snapshot().readers(0).card().certificates(0).loa(), v1::LOA_UNKNOWN);

  JudgeBy(Policy(), OwnCatalogue());
  const v1::GetWorkstationResponse after = Answer(snapshot);
  EXPECT_THAT(Ways(after), ElementsAre(HasSubstr("Exempel Person CA v1 > SITHS e-id Root CA v2: ")));
  EXPECT_EQ(after.snapshot().readers(0).card().certificates(0).loa(), v1::LOA_3)
      << "what is shown of a certificate must be what the findings go by";
}

// A card that brings the issuing CA helps a browser only that reaches it by a module.
TEST_F(StandingsTest, AreByTheOperatorsOwnPolicy) {
  CardFacts card = testing::CardWith({testing::LoginCertificate(testing::kNow + testing::Days(700))});
  CertificateFacts issuing = testing::StoredCa("siths-e-id-person-hsa-id-3-ca-v1").certificate;
  issuing.is_ca = true;
  card.certificates.push_back(issuing);
  Snapshot snapshot = WithCard(std::move(card));
  snapshot.trust_stores = {testing::BundleWith({"siths-e-id-root-ca-v2"})};
  snapshot.browsers = {{.name = "Chromium",
                        .owner = "uid:1000",
                        .trust_stores = {0},
                        .modules = {{"/opt/exempel/libexempel.so"}},
                        .modules_state = ModulesState::kRead}};
  EXPECT_THAT(Ways(Answer(snapshot)), ElementsAre(HasSubstr("HSA-id 3 CA v1 is missing")));

  Policy policy;
  policy.card_modules = {"libexempel.so"};
  JudgeBy(policy, std::make_shared<const CaCatalogue>(testing::ScenarioCatalogue()));
  EXPECT_THAT(Ways(Answer(snapshot)), ElementsAre(absl::StrCat(kChain, " Chromium (uid:1000)")));
}

TEST_F(StandingsTest, TellWhetherACertificateIsRevokedWhereThatWasAsked) {
  EXPECT_EQ(Answer(WithACard()).standings(0).revocation(), v1::REVOCATION_STATUS_UNSPECIFIED);
  EXPECT_EQ(Answer(WithACard()).standings(0).revocation_text(), "");
  Snapshot good = WithACard();
  AddAnswer(good, RevocationStatus::kGood);
  const v1::CertificateStanding current = Answer(good).standings(0);
  EXPECT_EQ(current.revocation(), v1::REVOCATION_STATUS_GOOD);
  EXPECT_EQ(current.revocation_text(), "not revoked, by ocsp1.example.org as of 2026-11-22T08:00:00Z");
  // A later answer that cannot tell does not undo one that could; one of revocation counts.
  AddAnswer(good, RevocationStatus::kUnknown);
  EXPECT_EQ(Answer(good).standings(0).revocation(), v1::REVOCATION_STATUS_GOOD);
  AddAnswer(good, RevocationStatus::kRevoked);
  const v1::CertificateStanding revoked = Answer(good).standings(0);
  EXPECT_EQ(revoked.revocation(), v1::REVOCATION_STATUS_REVOKED);
  EXPECT_THAT(revoked.revocation_text(), HasSubstr("revoked since 2026-11-20T09:00:00Z"));
  Snapshot unknown = WithACard();
  AddAnswer(unknown, RevocationStatus::kUnknown);
  EXPECT_EQ(Answer(unknown).standings(0).revocation(), v1::REVOCATION_STATUS_UNKNOWN);
}

TEST_F(StandingsTest, SpeakTheLanguageAskedFor) {
  Snapshot snapshot = WithACard();
  AddAnswer(snapshot, RevocationStatus::kRevoked);
  const v1::CertificateStanding english = Answer(snapshot, "en").standings(0);
  const v1::CertificateStanding swedish = Answer(snapshot, "sv").standings(0);
  EXPECT_THAT(english.login_ways(0), HasSubstr(": complete in system bundle /etc/ssl"));
  EXPECT_THAT(swedish.login_ways(0), HasSubstr(": fullständig i systemets certifikatfil /etc/ssl"));
  EXPECT_THAT(english.revocation_text(), HasSubstr("revoked since "));
  EXPECT_THAT(swedish.revocation_text(), HasSubstr("spärrat sedan "));
}

TEST_F(StandingsTest, TellOfACertificateOnceThoughTwoReadersShowItAndOfNoMoreThan64) {
  Snapshot twins = WithACard();
  twins.readers.push_back(twins.readers[0]);
  twins.readers[1].name = "Example Reader 00 01";
  EXPECT_EQ(Answer(twins).standings_size(), 1);

  std::vector<CertificateFacts> many;
  for (int i = 0; i < 70; ++i) {
    many.push_back(testing::LoginCertificate(testing::kNow + testing::Days(700 + i)));
  }
  EXPECT_EQ(Answer(WithCard(testing::BareCardWith(many))).standings_size(), 64);
  EXPECT_THAT(Answer(testing::Workstation(std::nullopt)).standings(), IsEmpty());
}

TEST_F(StandingsTest, AreToldToReadersWithoutPersonalData) {
  Snapshot snapshot = WithACard();
  AddAnswer(snapshot, RevocationStatus::kGood);
  const v1::GetWorkstationResponse response = Answer(snapshot, "en", Role::kReader);
  EXPECT_EQ(response.standings_size(), 1);
  EXPECT_THAT(response.SerializeAsString(), Not(HasSubstr("SE2321000016-1A2B")));
}

}  // namespace
}  // namespace kortvakt
