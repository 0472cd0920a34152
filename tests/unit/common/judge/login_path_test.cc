// The way that a login takes in each browser, and what the rules make of twins,
// cross-signed CAs, look-alikes and distrust: with real certificates and signatures.
#include "common/judge/login_path.h"

#include "common/judge/rule.h"
#include "tests/unit/common/judge/login_path_world.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using testing::CrossSigned;
using testing::Days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::kDistrusted;
using testing::kPresent;
using testing::kTrusted;
using testing::kWay;
using ::testing::Not;
using testing::Now;
using testing::OtherRoot;
using testing::PersonCa;
using testing::SithsLikePki;
using testing::Twin;
using testing::World;

TEST(LoginPathTest, IsCompleteWhereTheBrowserHasAll) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), IsEmpty());
  EXPECT_THAT(world.Lines(), ElementsAre(absl::StrCat(kWay, "complete in Firefox (uid:1001)")));
}

TEST(LoginPathTest, SaysWhatEachBrowserLacks) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Chromium", {{&world.issuing(), kPresent}});
  EXPECT_THAT(world.Lines(),
              ElementsAre(absl::StrCat(kWay,
                                       "complete in Firefox (uid:1001); in Chromium (uid:1002): "
                                       "Kortvakt Demo Root CA v2 is missing")));
  EXPECT_THAT(world.Findings(), ElementsAre("CA_NOT_IN_BROWSER_STORE warning"));
}

TEST(LoginPathTest, GoesByTheStoresOfTheMachineWhereThereIsNoBrowser) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddStore(TrustStoreKind::kFolder, {{&world.pki.root(), kPresent}});
  EXPECT_THAT(world.Findings(), IsEmpty()) << "one of them has all";
  EXPECT_THAT(
      world.Lines(),
      ElementsAre(absl::StrCat(kWay,
                               "complete in system bundle /store 0; in folder /store 1: Kortvakt Demo Person "
                               "HSA-id 3 CA v1 is missing; Kortvakt Demo Root CA v2 is not trusted")));
}

TEST(LoginPathTest, NamesWhatIsMissingByKeyAndPlaceIntermediatesFirst) {
  World world;
  world.AddBundle({});
  world.AddBrowser("Firefox", {});
  EXPECT_THAT(world.Findings(), ElementsAre("INTERMEDIATE_MISSING critical", "ROOT_MISSING critical"));
  const Finding issuing = world.Only(FindingCode::kIntermediateMissing);
  const CertificateFacts facts = *ReadCertificate(world.issuing().der, {});
  EXPECT_THAT(issuing.evidence, HasSubstr(facts.subject_key_id)) << "the card's authority key id";
  EXPECT_THAT(issuing.remedy, HasSubstr("http://aia.test/"));
  EXPECT_THAT(issuing.remedy, HasSubstr("Here they are: Firefox (uid:1001)."));
  // The root's key id is told by the certificate that it issued, once that is here.
  World with_issuing;
  with_issuing.AddBundle({{&with_issuing.issuing(), kPresent}});
  EXPECT_THAT(with_issuing.Findings(), ElementsAre("ROOT_MISSING critical"));
  EXPECT_THAT(with_issuing.Only(FindingCode::kRootMissing).evidence,
              HasSubstr(ReadCertificate(with_issuing.pki.root().der, {})->subject_key_id));
}

TEST(LoginPathTest, TakesTheTwinThatIsValidWhateverTheOtherIs) {
  World world;
  const Issued ended = Twin(world.issuing(), &world.pki.root(), Now() - Days(30));
  const Issued soon = Twin(world.issuing(), &world.pki.root(), Now() + Days(10));
  world.AddBundle(
      {{&world.pki.root(), kTrusted}, {&ended, kPresent}, {&soon, kPresent}, {&world.issuing(), kPresent}});
  world.AddBrowser(
      "Firefox",
      {{&soon, kPresent}, {&ended, kPresent}, {&world.issuing(), kPresent}, {&world.pki.root(), kTrusted}});
  EXPECT_THAT(world.Findings(), IsEmpty()) << "never the shortest date of any path";
  const Snapshot snapshot = world.Observed();
  const CertificateFacts& login = snapshot.readers[0].card->certificates[0];
  EXPECT_EQ(login.paths.size(), 3u);
  const CaDirectory known(KnownCas(snapshot));
  CaRecogniser recogniser(world.catalogue, known);
  const std::vector<TrustView> views =
      TrustViews(snapshot, Policy(), recogniser, {absl::ToUnixSeconds(Now()), 0});
  const LoginPath best = BestLoginPath(login, views.at(0), recogniser);
  EXPECT_TRUE(best.complete());
  EXPECT_EQ(best.links.at(0).certificate->sha256, world.issuing().sha256);
}

TEST(LoginPathTest, FindsTheBrowserThatHasOnlyTheEndedTwin) {
  World world;
  const Issued ended = Twin(world.issuing(), &world.pki.root(), Now() - Days(30));
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}, {&ended, kPresent}});
  world.AddBrowser("Chromium", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), ElementsAre("CA_NOT_IN_BROWSER_STORE warning"));
  const Finding finding = world.Only(FindingCode::kCaNotInBrowserStore);
  EXPECT_EQ(finding.subject, "Firefox");
  EXPECT_THAT(finding.evidence,
              HasSubstr("what they have of these has ended: Kortvakt Demo Person HSA-id 3"));
  EXPECT_THAT(world.Lines(),
              ElementsAre(absl::StrCat(kWay,
                                       "complete in Chromium (uid:1002); in Firefox (uid:1001): Kortvakt "
                                       "Demo Person HSA-id 3 CA v1 has ended")));
}

TEST(LoginPathTest, TellsWhenItEndsToTheSecond) {
  World world;
  const absl::Time end = Now() + Days(100);
  const Issued ending = Twin(world.issuing(), &world.pki.root(), end);
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}, {&ending, kPresent}});
  // 26 weeks ahead it is told, of this browser.
  EXPECT_THAT(world.Findings(), ElementsAre("CA_EXPIRES_SOON warning"));
  EXPECT_THAT(world.Only(FindingCode::kCaExpiresSoon).evidence, HasSubstr("~/store 1"));
  EXPECT_EQ(world.JudgeAt(end).next_change, end + absl::Seconds(1));
  EXPECT_THAT(world.Findings(end), ElementsAre("CA_EXPIRES_SOON warning"));
  EXPECT_THAT(world.Findings(end + absl::Seconds(1)), ElementsAre("CA_NOT_IN_BROWSER_STORE critical"));
}

TEST(LoginPathTest, FollowsACrossSignatureWhereItsRootIsTheOneThatIsTrusted) {
  World world;
  const absl::Time end = Now() + Days(50);
  const Issued other = Twin(OtherRoot("The organisation's own root"), nullptr, end);
  const Issued crossed = CrossSigned(world.pki.root(), other);
  world.AddBundle({{&other, kTrusted},
                   {&crossed, kPresent},
                   {&world.issuing(), kPresent},
                   {&world.pki.root(), kPresent}});
  world.AddBrowser("Firefox", {{&other, kTrusted},
                               {&crossed, kPresent},
                               {&world.issuing(), kPresent},
                               {&world.pki.root(), kPresent}});
  EXPECT_THAT(
      world.Lines(),
      ElementsAre("Kortvakt Demo Person HSA-id 3 CA v1 > Kortvakt Demo Root CA v2 > The organisation's "
                  "own root: complete in Firefox (uid:1001)"));
  // The root itself is required all the same, though no card here needs it; the
  // certificate with its name and key is no look-alike.
  for (const std::string& finding : world.Findings()) {
    EXPECT_THAT(finding, Not(HasSubstr("CA_LOOKALIKE")));
    EXPECT_THAT(finding, Not(HasSubstr("critical")));
  }
  EXPECT_THAT(world.Findings(end), ElementsAre("ROOT_MISSING warning"));
  EXPECT_EQ(world.JudgeAt(end).next_change, end + absl::Seconds(1));
  EXPECT_THAT(world.Findings(end + absl::Seconds(1)), ElementsAre("ROOT_MISSING critical"));
}

TEST(LoginPathTest, TellsALookAlikeFromTheRootThatIsThereToo) {
  World world;
  testing::CertificateSpec spec;
  spec.subject = {{"C", "SE", testing::StringType::kPrintable},
                  {"O", "Kortvakt Demo AB"},
                  {"CN", "Kortvakt Demo Root CA v2"}};
  spec.ca = true;
  spec.key_usages = {"keyCertSign"};
  const Issued fake = Issue(spec);
  world.AddBundle({{&fake, kTrusted}, {&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&fake, kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Chromium", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), ElementsAre("CA_LOOKALIKE critical", "CA_NOT_IN_BROWSER_STORE warning"));
  EXPECT_EQ(world.Only(FindingCode::kCaLookalike).certificate_sha256, fake.sha256);
  EXPECT_THAT(world.Lines(),
              ElementsAre(absl::StrCat(kWay,
                                       "complete in Chromium (uid:1002); in Firefox (uid:1001): "
                                       "Kortvakt Demo Root CA v2 is missing")));
}

TEST(LoginPathTest, TellsARootDistrustedInOneBrowserAndTrustedInAnother) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kDistrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Chromium", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), ElementsAre("CA_DISTRUSTED warning"));
  EXPECT_THAT(world.Only(FindingCode::kCaDistrusted).evidence, HasSubstr("not everybody here is affected"));
  EXPECT_THAT(world.Lines(),
              ElementsAre(HasSubstr("in Firefox (uid:1001): Kortvakt Demo Root CA v2 is marked")));
}

TEST(LoginPathTest, LetsADistrustedTwinStopNobodyWhoHasTheOther) {
  World world;
  const Issued ended = Twin(world.pki.root(), nullptr, Now() - Days(30));
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox",
                   {{&ended, kDistrusted}, {&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  EXPECT_THAT(world.Findings(), ElementsAre("CA_DISTRUSTED info"));
  EXPECT_THAT(world.Lines(), ElementsAre(absl::StrCat(kWay, "complete in Firefox (uid:1001)")));
}

TEST(LoginPathTest, DistrustInOneOfABrowsersStoresOutweighsTrustInAnother) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kDistrusted}});
  Snapshot snapshot = world.Observed();
  snapshot.browsers[0].trust_stores = {0, 1};
  const CaDirectory known(KnownCas(snapshot));
  CaRecogniser recogniser(world.catalogue, known);
  const TrustView view(snapshot.browsers[0], snapshot, Policy(), recogniser, {absl::ToUnixSeconds(Now()), 0});
  EXPECT_EQ(view.GapOf(*world.catalogue.FindBySubject(snapshot.trust_stores[0].cas[3].certificate.subject)),
            CaGap::kDistrusted);
}

TEST(LoginPathTest, CannotTellOfAStoreThatCouldNotBeRead) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {});
  Snapshot snapshot = world.Observed();
  snapshot.trust_stores[1].state = TrustStoreState::kUnreadable;
  snapshot.trust_stores[1].cas.clear();
  EXPECT_THAT(LoginWays({snapshot, world.catalogue, Policy(), Now(), Language::kSwedish})
                  .Of(snapshot.readers[0].card->certificates[0]),
              ElementsAre(HasSubstr(
                  "i Firefox (uid:1001): Kortvakt Demo Person HSA-id 3 CA v1 går inte att avgöra")));
}

TEST(LoginPathTest, TellsANamesakeFromTheIssuer) {
  World world;
  const SithsLikePki other;
  world.AddBundle({{&other.root(), kTrusted}, {&other.ca(PersonCa::kHsaId3), kPresent}});
  Snapshot snapshot = world.Observed();
  EXPECT_THAT(snapshot.readers[0].card->certificates[0].paths, IsEmpty());
  const CertificateFacts& login = snapshot.readers[0].card->certificates[0];
  const CaCatalogue catalogue = *CaCatalogue::Parse(other.CatalogueToml(), "test.toml");
  EXPECT_THAT(LoginWays({snapshot, catalogue, Policy(), Now()}).Of(login),
              ElementsAre(AllOf(HasSubstr("HSA-id 3 CA v1 is missing"), Not(HasSubstr("complete")))));
  const Verdict verdict = Judge({snapshot, catalogue, Policy(), Now()});
  const auto found =
      std::find_if(verdict.findings.begin(), verdict.findings.end(), [](const Finding& finding) {
        return finding.code == FindingCode::kIntermediateMissing && finding.severity == Severity::kCritical;
      });
  ASSERT_NE(found, verdict.findings.end());
  EXPECT_THAT(found->evidence, HasSubstr("has not the key that signed the card's certificate"));
  EXPECT_THAT(found->evidence, HasSubstr(login.authority_key_id));
  EXPECT_THAT(found->remedy, HasSubstr("Check its fingerprint with its publisher"));
}

TEST(LoginPathTest, TellsTwoProfilesOfOneUserApart) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Firefox", {{&world.pki.root(), kTrusted}});
  Snapshot snapshot = world.Observed();
  for (BrowserFacts& browser : snapshot.browsers) browser.owner = "uid:1000";
  EXPECT_THAT(
      LoginWays({snapshot, world.catalogue, Policy(), Now()}).Of(snapshot.readers[0].card->certificates[0]),
      ElementsAre(absl::StrCat(kWay,
                               "complete in Firefox (uid:1000, ~/store 1); in Firefox (uid:1000, "
                               "~/store 2): Kortvakt Demo Person HSA-id 3 CA v1 is missing")));
}

TEST(LoginPathTest, SaysOfAWrongClockWhatTheRulesSay) {
  World world;
  const Issued ended = Twin(world.issuing(), &world.pki.root(), Now() - Days(30));
  world.AddBundle({{&world.pki.root(), kTrusted}, {&ended, kPresent}});
  Snapshot snapshot = world.Observed();
  const CertificateFacts& login = snapshot.readers[0].card->certificates[0];
  const Case c{snapshot, world.catalogue, Policy(), Now()};
  EXPECT_THAT(LoginWays(c).Of(login), ElementsAre(HasSubstr("HSA-id 3 CA v1 has ended")));
  snapshot.clock.offset_to_collector = Days(60);
  EXPECT_THAT(LoginWays(c).Of(login), ElementsAre(HasSubstr("complete in")));
}

TEST(LoginPathTest, SaysHowADatabaseIsMadeThatDoesNotExist) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  world.AddBrowser("Chromium", {});
  Snapshot snapshot = world.Observed();
  snapshot.trust_stores[1].state = TrustStoreState::kAbsent;
  snapshot.trust_stores[1].cas.clear();
  snapshot.browsers[0].modules_state = ModulesState::kRead;
  const Verdict verdict = Judge({snapshot, world.catalogue, Policy(), Now()});
  ASSERT_EQ(verdict.findings.size(), 2u);
  for (const Finding& finding : verdict.findings) {
    EXPECT_THAT(finding.evidence, HasSubstr("~/store 1 (uid:1001) (does not exist)"));
    EXPECT_THAT(finding.remedy, HasSubstr("mkdir -p FOLDER && certutil -d sql:FOLDER -N --empty-password"));
  }
}

TEST(LoginPathTest, IsBoundedWhateverTheSnapshotHolds) {
  World world;
  world.AddBundle({{&world.pki.root(), kTrusted}, {&world.issuing(), kPresent}});
  Snapshot snapshot = world.Observed();
  TrustStoreFacts& store = snapshot.trust_stores[0];
  for (size_t i = 0; store.cas.size() < 1024; ++i) {
    TrustedCa twin = store.cas[i % 5];
    twin.certificate.sha256 = Sha256Hex(AsBytes(absl::StrCat(i)));
    store.cas.push_back(twin);
  }
  CardFacts& card = *snapshot.readers[0].card;
  for (int i = 0; i < 200; ++i) {
    CertificateFacts more = card.certificates[0];
    more.sha256 = Sha256Hex(AsBytes(absl::StrCat("card ", i)));
    more.paths.assign(8, CertificatePath(8, store.cas[static_cast<size_t>(i)].certificate.sha256));
    card.certificates.push_back(more);
  }
  for (uint32_t i = 0; i < 64; ++i) snapshot.browsers.push_back({"Firefox", absl::StrCat("uid:", i), {0}});
  const Case c{snapshot, world.catalogue, Policy(), Now()};
  EXPECT_LE(MakeFacts(c).login_paths.size(), 64u);
  EXPECT_LE(Judge(c).findings.size(), 256u);
}

}  // namespace
}  // namespace kortvakt
