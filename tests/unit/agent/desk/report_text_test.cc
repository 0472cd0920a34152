#include "agent/desk/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "agent/desk/text_page.h"
#include "common/certs/classify.h"
#include "common/judge/judge.h"
#include "tests/support/scenarios/scenarios.h"
#include "tests/support/scenarios/servers.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using ::kortvakt::testing::CardWith;
using ::kortvakt::testing::Days;
using ::kortvakt::testing::LoginCertificate;
using ::kortvakt::testing::Scenario;
using ::kortvakt::testing::ScenarioNow;
using ::kortvakt::testing::Scenarios;
using ::kortvakt::testing::Workstation;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Report(Snapshot snapshot, Language language = Language::kEnglish, int width = 80,
                   bool colour = false, const Policy& policy = Policy(),
                   const NotAskedCertificates& not_asked = {}) {
  const CaCatalogue& catalogue = CaCatalogue::BuiltIn();
  for (ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (CertificateFacts& certificate : reader.card->certificates) {
      Classify(certificate, catalogue, KnownCas(snapshot));
    }
  }
  const Verdict verdict = Judge({snapshot, catalogue, policy, ScenarioNow(), language});
  return ReportText({.snapshot = snapshot,
                     .findings = verdict.findings,
                     .catalogue = catalogue,
                     .policy = policy,
                     .now = ScenarioNow(),
                     .not_asked = not_asked,
                     .language = language,
                     .width = width,
                     .colour = colour});
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ReportTextTest, AnswersFirstAndSaysWhatToDoFirst) {
  const auto lines = Lines(Report(Workstation(CardWith({LoginCertificate(ScenarioNow() - Days(3))}))));
  ASSERT_GT(lines.size(), 6u);
  EXPECT_EQ(lines[0], "Kortvakt, ws-17, judged for 2026-11-22T09:00:00Z");
  EXPECT_EQ(lines[2], "A login will not work now.");
  EXPECT_THAT(lines[3], HasSubstr("A certificate on the card has ended"));
  EXPECT_THAT(lines[5], HasSubstr("Do first:  Order a new card"));
}

TEST(ReportTextTest, ShowsProbesWhereThereAreAny) {
  Snapshot snapshot = Workstation(std::nullopt);
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("Probed servers")));
  ProbeFacts probe;
  probe.url = "https://login.example.org/\x1B[2J";
  probe.outcome = ProbeOutcome::kRefused;
  probe.detail = "TLS alert certificate_required";
  probe.proxy = "proxy.example.org:3128";
  probe.version = "TLSv1.3";
  probe.cipher = "TLS_AES_256_GCM_SHA384";
  ProbeTrust trust;
  trust.store = "Firefox (uid:1000)";
  trust.verdict = ProbeVerdict::kTrusted;
  probe.trust = {trust};
  probe.client_certificate = ClientCertificateRequest::kInHandshake;
  snapshot.probes = {probe};
  const std::string english = Report(snapshot);
  for (const char* line :
       {"\nProbed servers\n", "    answer          ended after the TLS handshake (TLS alert",
        "    proxy           proxy.example.org:3128\n",
        "    TLS             TLSv1.3, TLS_AES_256_GCM_SHA384\n", "    trusted by      Firefox (uid:1000)\n",
        "    asks for        a client certificate, of no CA in particular\n"}) {
    EXPECT_THAT(english, HasSubstr(line));
  }
  EXPECT_EQ(english.find('\x1B'), std::string::npos);
  const std::string swedish = Report(snapshot, Language::kSwedish);
  for (const char* line : {"\nPrövade servrar\n", "avslutad efter TLS-handskakningen (TLS-larm\n",
                           "    frågar efter    ett klientcertifikat, utan att ange någon CA\n"}) {
    EXPECT_THAT(swedish, HasSubstr(line));
  }
}

TEST(ReportTextTest, ShowsCardsCertificatesAndTimeLeft) {
  const std::string text = Report(Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(41))})));
  EXPECT_THAT(text, HasSubstr("Reader 'Example Reader 00 00'"));
  EXPECT_THAT(text, HasSubstr("(IDPrime), read 2026-11-22T08:55:00Z"));
  EXPECT_THAT(text, HasSubstr("Login           SITHS e-id Person HSA-id 3 CA v1"));
  EXPECT_THAT(text, HasSubstr("Region Exempel, LoA 3 (by verified issuer)"));
  EXPECT_THAT(text, HasSubstr("valid to 2027-01-02T09:00:00Z, 5 weeks 6 days left"));
  EXPECT_THAT(text, HasSubstr("1. CERT_EXPIRES_SOON (warning)"));
  EXPECT_THAT(text, Not(HasSubstr("1A2B")));
}

TEST(ReportTextTest, SpeaksSwedish) {
  const std::string text =
      Report(Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(41))})), Language::kSwedish);
  EXPECT_THAT(text, HasSubstr("Läsaren 'Example Reader 00 00'"));
  EXPECT_THAT(text, HasSubstr("giltigt till 2027-01-02T09:00:00Z, 5 veckor 6 dagar kvar"));
  EXPECT_THAT(text, HasSubstr("CERT_EXPIRES_SOON (varning)"));
  for (const char* english : {"login", "Trust", "Findings", "Who"}) {
    EXPECT_THAT(text, Not(HasSubstr(english)));
  }
}

TEST(ReportTextTest, SaysByWhatEachBrowserReachesCards) {
  Snapshot snapshot = Workstation(std::nullopt);
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("Browsers")));
  snapshot.browsers = {{"Chromium", "uid:1000", {0}, {{"/usr/lib/opensc-pkcs11.so"}}, ModulesState::kRead},
                       {"Firefox", "uid:1000", {0}, {{"/usr/lib/libiidp11.so", true}}, ModulesState::kRead},
                       {"Firefox", "uid:1001", {0}, {}, ModulesState::kUnreadable}};
  const std::string english = Report(snapshot);
  EXPECT_THAT(english, HasSubstr("  Chromium (uid:1000): reaches cards by /usr/lib/opensc-pkcs11.so\n"));
  EXPECT_THAT(english, HasSubstr("  Firefox (uid:1000): has no module for cards\n"));
  EXPECT_THAT(english,
              HasSubstr("  Firefox (uid:1001): whether it has a module for cards could not be told\n"));
  EXPECT_THAT(Report(snapshot, Language::kSwedish),
              HasSubstr("  Firefox (uid:1000): har ingen modul för kort\n"));
}

TEST(ReportTextTest, NamesTheCertificateToChooseInBothLanguages) {
  const CertificateFacts other =
      testing::LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", ScenarioNow() + Days(700));
  const Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(900)), other}));
  Policy policy;
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("choose this one at login")))
      << "of two employers' none without the policy's word";
  policy.organisation_prefix = "SE2120000001";
  const auto mark = [](const std::string& text, const std::string& said) {
    const size_t at = text.find(said);
    return at == std::string::npos ? "" : text.substr(text.rfind("kommun", at), 6);
  };
  const std::string english = Report(snapshot, Language::kEnglish, 80, false, policy);
  EXPECT_EQ(mark(english, "choose this one at login"), "kommun");
  EXPECT_EQ(english.find("choose this one", english.find("choose this one") + 1), std::string::npos);
  EXPECT_THAT(english, HasSubstr("At login choose: certificate " + other.sha256.substr(0, 8)));
  const std::string swedish = Report(snapshot, Language::kSwedish, 80, false, policy);
  EXPECT_EQ(mark(swedish, "välj det här vid inloggning"), "kommun");
  EXPECT_THAT(swedish, HasSubstr("Välj vid inloggning: certifikatet " + other.sha256.substr(0, 8)));
}

TEST(ReportTextTest, SaysWhosePolicyItGoesBy) {
  const Snapshot snapshot = Workstation(std::nullopt);
  const Policy policy;
  const auto report = [&](bool of_collector) {
    return ReportText({.snapshot = snapshot,
                       .findings = {},
                       .catalogue = CaCatalogue::BuiltIn(),
                       .policy = policy,
                       .now = ScenarioNow(),
                       .policy_of_collector = of_collector});
  };
  EXPECT_THAT(report(true), HasSubstr("\nby the collector's policy and CA catalogue\n"));
  EXPECT_THAT(report(false), Not(HasSubstr("collector")));
}

TEST(ReportTextTest, SaysInSwedishWhatTheSourcesSayInEnglish) {
  Snapshot snapshot =
      Workstation(testing::CardIn(CardState::kUnreadable, "reading EF.CDF 4404: status word 6982"));
  snapshot.readers.push_back(testing::ReaderWith("B", std::nullopt));
  snapshot.readers[1].state = ReaderState::kError;
  snapshot.readers[1].detail = "not answering: SCardConnect has not returned";
  snapshot.trust_stores[0].detail = "2 certificates cannot be decoded; 1 certificate left out";
  snapshot.trust_stores.push_back({TrustStoreKind::kNss,
                                   "~/.pki/nssdb",
                                   "uid:1000",
                                   TrustStoreState::kUnreadable,
                                   "cert9.db: larger than 33554432 bytes",
                                   0,
                                   {}});
  ProbeFacts probe;
  probe.url = "https://login.example.org/";
  probe.outcome = ProbeOutcome::kHandshakeFailed;
  probe.detail = "it closed the connection";
  snapshot.probes = {probe};
  std::string swedish;
  for (const std::string& line : Lines(Report(snapshot, Language::kSwedish, 200)))
    absl::StrAppend(&swedish, line, "\n");
  for (const char* said : {"läsning av EF.CDF 4404: statusord 6982", "SCardConnect har inte svarat",
                           "2 certifikat kan inte avkodas", "1 certifikat utelämnat",
                           "cert9.db: större än 33554432 byte", "(den stängde anslutningen)"}) {
    EXPECT_THAT(swedish, HasSubstr(said));
  }
  for (const char* english : {"reading ", "status word", "returned", "decoded", "larger", "closed"}) {
    EXPECT_THAT(swedish, Not(HasSubstr(english)));
  }
}

TEST(ReportTextTest, SaysWhichRequiredCasAStoreLacks) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  snapshot.trust_stores = {testing::BundleWith({"siths-e-id-person-hsa-id-3-ca-v1"})};
  const std::string text = Report(snapshot);
  EXPECT_THAT(text, HasSubstr("missing   SITHS e-id Root CA v2"));
  EXPECT_THAT(text, HasSubstr("there     SITHS e-id Person HSA-id 3 CA v1"));
  EXPECT_THAT(Report(Workstation(std::nullopt)), HasSubstr("all required CA certificates are there"));
}

TEST(ReportTextTest, SaysWhyACaThatIsThereDoesNotCount) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  for (TrustedCa& ca : snapshot.trust_stores[0].cas) {
    if (ca.certificate.issuer == ca.certificate.subject) ca.certificate.not_after = ScenarioNow() - Days(1);
    if (ca.certificate.subject == testing::kPersonHsaId3) ca.trust = CaTrust::kDistrusted;
  }
  const std::string text = Report(snapshot);
  EXPECT_THAT(text, HasSubstr("unusable  SITHS e-id Root CA v2 has ended\n"));
  EXPECT_THAT(text, HasSubstr("SITHS e-id Person HSA-id 3 CA v1 is marked as distrusted\n"));
  EXPECT_THAT(text, Not(HasSubstr("all required CA certificates are there")));
  EXPECT_THAT(text, Not(HasSubstr("missing ")));
  EXPECT_THAT(Report(snapshot, Language::kSwedish),
              HasSubstr("räknas ej SITHS e-id Root CA v2 har gått ut\n"));
}

TEST(ReportTextTest, SaysWhichCardIsInTheWayOfOneThatCanLogIn) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  CardFacts empty = testing::CardIn(CardState::kEmpty, "");
  empty.id = std::string(64, '2');
  snapshot.readers.push_back(testing::ReaderWith("Keyboard", empty));
  const std::string english = Report(snapshot);
  EXPECT_THAT(english, Not(HasSubstr("A login will not work now.")));
  EXPECT_THAT(english,
              HasSubstr("Do first:  Take out card 22222222 in reader 'Keyboard', unless it is the one"));
  EXPECT_THAT(Report(snapshot, Language::kSwedish),
              HasSubstr("Gör först: Ta ut kortet 22222222 i läsaren 'Keyboard', om det inte är det som"));
}

// Two cards in order, of LoA 3 and of LoA 2.
Snapshot TwoCards() {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  CardFacts other =
      CardWith({testing::LoginCertificateBy(testing::kPersonHsaId2, ScenarioNow() + Days(700))});
  other.id = std::string(64, '2');
  snapshot.readers.push_back(testing::ReaderWith("Keyboard", other));
  return snapshot;
}

TEST(ReportTextTest, SaysWhichCardNeedsAMissingCaAndWhichCanLogInWithoutIt) {
  Snapshot snapshot = TwoCards();
  std::vector<TrustedCa>& cas = snapshot.trust_stores[0].cas;
  std::erase_if(cas, [](const TrustedCa& ca) { return ca.certificate.subject == testing::kPersonHsaId2; });
  testing::FindPaths(snapshot);
  const std::string english = Report(snapshot, Language::kEnglish, 400);
  EXPECT_THAT(english, HasSubstr("Something needs doing: a login may fail, now or soon."));
  EXPECT_THAT(english, HasSubstr("Do first:  Install the issuing CA 'SITHS e-id Person HSA-id 2 CA v1', "));
  EXPECT_THAT(english, HasSubstr("; needed by card 22222222 in reader 'Keyboard'; card da0d4b10 in reader "
                                 "'Example Reader 00 00' can log in all the same with its certificate by "));
  EXPECT_THAT(Report(snapshot, Language::kSwedish, 400),
              HasSubstr("; behövs av kortet 22222222 i läsaren 'Keyboard'; kortet da0d4b10 i läsaren "
                        "'Example Reader 00 00' kan logga in ändå med sitt certifikat från "));
}

TEST(ReportTextTest, PointsToTheCardOfTheLevelThatIsNeeded) {
  Snapshot snapshot = TwoCards();
  testing::FindPaths(snapshot);
  EXPECT_THAT(
      Report(snapshot, Language::kEnglish, 200),
      HasSubstr("Do first:  Take out card 22222222 in reader 'Keyboard', unless it is the one to log in "
                "with: card da0d4b10 in reader"));
}

TEST(ReportTextTest, DoesNotSayThatNoLoginWorksWhereOneOfTwoEmployersDoes) {
  const CertificateFacts other =
      testing::LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", ScenarioNow() + Days(700));
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() - Days(3)), other}));
  EXPECT_THAT(Report(snapshot),
              HasSubstr("A login works now with some of the certificates here, not with all."));
  EXPECT_THAT(Report(snapshot, Language::kSwedish),
              HasSubstr("Inloggning fungerar nu med vissa av certifikaten här, inte med alla."));
  // What stops every login is said as such.
  snapshot.clock.offset_to_collector = Days(2);
  EXPECT_THAT(Report(snapshot), HasSubstr("A login will not work now."));
  snapshot.clock.offset_to_collector.reset();
  snapshot.readers[0].card->certificates[1].not_after = ScenarioNow() - Days(1);
  EXPECT_THAT(Report(snapshot), HasSubstr("A login will not work now."));
}

TEST(ReportTextTest, DoesNotCallASilentWorkstationHealthy) {
  EXPECT_THAT(Report(Workstation(std::nullopt)), HasSubstr("no card was read"));
  EXPECT_THAT(Report(Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}))),
              HasSubstr("Nothing was found that stops a login."));
}

void ExpectToFit(const std::string& text, int width, const std::string& what) {
  for (const std::string& line : Lines(text)) {
    EXPECT_LE(DisplayWidth(line), width) << what << "\n" << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << what << "\n'" << line << "'";
  }
}

constexpr int kWidths[] = {40, 60, 80, 120, 200};

TEST(ReportTextTest, NoLineIsWiderThanAskedInAnyScenario) {
  for (const Scenario& scenario : Scenarios()) {
    for (const Language language : {Language::kEnglish, Language::kSwedish}) {
      for (const int width : kWidths) {
        ExpectToFit(Report(scenario.snapshot, language, width, false, scenario.policy), width, scenario.name);
      }
    }
  }
}

// As much of everything as a snapshot takes, with long names, in several scripts.
Snapshot Crowded() {
  Snapshot snapshot = Workstation(std::nullopt);
  snapshot.workstation.host_name = std::string(253, 'w');
  snapshot.readers.clear();
  for (int i = 0; i < 16; ++i) {
    CardFacts card = CardWith({LoginCertificate(ScenarioNow() + Days(i * 10 - 20))});
    card.id = std::string(64, static_cast<char>('a' + i % 6));
    card.certificates[0].organisation = i % 2 == 0
                                            ? "Landstingsförbundet för åtgärder i Ömåsaköping och Äppelbo"
                                            : "株式会社日本医療機関認証局東京本社第一部門";
    const std::string name = i % 3 == 0   ? "Läsare på Ögonkliniken i Åmål, SCR3310 v2.0 (dubbel)"
                             : i % 3 == 1 ? std::string(128, 'R')
                                          : "e\u0301e\u0301 카드 리더 \xff\x1b[31m 00 00";
    snapshot.readers.push_back(testing::ReaderWith(name, i % 4 == 3 ? std::nullopt : std::optional(card)));
    if (i % 5 == 4) snapshot.readers.back().state = ReaderState::kError;
  }
  while (snapshot.trust_stores.size() < 64) {
    TrustStoreFacts store = testing::BundleWith({"siths-e-id-root-ca-v2"});
    store.kind = TrustStoreKind::kNss;
    store.location = "~/.config/mozilla/firefox/profile " + std::string(200, '/');
    store.owner = absl::StrCat("uid:", 4294967000u + snapshot.trust_stores.size());
    store.detail = snapshot.trust_stores.size() % 2 == 0 ? std::string(4000, 'd') : "";
    snapshot.browsers.push_back({"Firefox",
                                 store.owner,
                                 {static_cast<uint32_t>(snapshot.trust_stores.size())},
                                 {},
                                 ModulesState::kRead});
    snapshot.trust_stores.push_back(store);
  }
  ProbeFacts probe =
      testing::AskingServer({"CN=" + std::string(300, 'N'), "CN=認証局認証局認証局認証局認証局"});
  probe.url = "https://login." + std::string(200, 'x') + ".example.org:65535/" + std::string(2000, 'p');
  probe.proxy = std::string(253, 'q') + ":3128";
  probe.trust.assign(40, testing::TrustBy(std::string(300, 's'), ProbeVerdict::kRootUnknown, true));
  snapshot.probes = {probe};
  return snapshot;
}

TEST(ReportTextTest, NoLineIsWiderThanAskedHoweverMuchThereIs) {
  for (const Language language : {Language::kEnglish, Language::kSwedish}) {
    for (const int width : kWidths) ExpectToFit(Report(Crowded(), language, width), width, "crowded");
  }
}

TEST(ReportTextTest, ColourIsOnlyWhereAskedForAndForeignTextCannotAddAny) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() - Days(3))}));
  snapshot.readers[0].name = "evil \x1b[2J\x07 reader";
  snapshot.workstation.host_name = "\x1b]0;x\x07";
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("\x1b")));
  const std::string coloured = Report(snapshot, Language::kEnglish, 80, true);
  EXPECT_THAT(coloured, HasSubstr("\x1b[31;1m"));
  EXPECT_THAT(coloured, Not(HasSubstr("\x1b[2J")));
  EXPECT_THAT(coloured, Not(HasSubstr("\x1b]0")));
}

TEST(ReportTextTest, SaysWhichCertificateIsRevokedAndSinceWhen) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  RevocationCheck& check = snapshot.revocations.emplace_back();
  check.certificate_sha256 = snapshot.readers[0].card->certificates[0].sha256;
  check.url = "http://ocsp1.siths.se";
  check.status = RevocationStatus::kRevoked;
  check.revoked_at = ScenarioNow() - Days(2);
  check.reason = RevocationReason::kCertificateHold;
  const std::string report = Report(snapshot);
  EXPECT_THAT(report, HasSubstr("suspended since 2026-11-20T09:00:00Z, by ocsp1.siths.se"));
  EXPECT_THAT(report, HasSubstr("CERT_REVOKED"));
  EXPECT_THAT(Report(snapshot, Language::kSwedish),
              HasSubstr("tillfälligt spärrat sedan 2026-11-20T09:00:00Z"));
}

TEST(ReportTextTest, SaysWhyNobodyWasAskedWhetherACertificateIsRevoked) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  const std::string sha256 = snapshot.readers[0].card->certificates[0].sha256;
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("was not asked")));
  const auto told = [&](NotAsked why, Language language = Language::kEnglish) {
    return Report(snapshot, language, 120, false, Policy(), {{sha256, why}});
  };
  EXPECT_THAT(told(NotAsked::kNoIssuer), HasSubstr("was not asked: its issuer's certificate is neither"));
  EXPECT_THAT(told(NotAsked::kNoTime), HasSubstr("was not asked: the servers took too long"));
  EXPECT_THAT(told(NotAsked::kNoTime, Language::kSwedish),
              HasSubstr("om det är spärrat har inte efterfrågats: servrarna tog för lång tid"));
  std::set<std::string> texts;
  for (int why = 0; why <= static_cast<int>(NotAsked::kFailed); ++why) {
    for (const Language language : {Language::kEnglish, Language::kSwedish}) {
      EXPECT_TRUE(texts.insert(told(static_cast<NotAsked>(why), language)).second) << why;
    }
  }
  RevocationCheck& check = snapshot.revocations.emplace_back();
  check.certificate_sha256 = sha256;
  check.status = RevocationStatus::kGood;
  EXPECT_THAT(told(NotAsked::kNoTime), Not(HasSubstr("was not asked"))) << "somebody told before";
}

TEST(TextPageTest, ColourNeedsATerminalThatHasItAndAUserWhoWantsIt) {
  EXPECT_TRUE(TakesColour("xterm-256color", nullptr));
  EXPECT_TRUE(TakesColour("xterm", ""));
  EXPECT_FALSE(TakesColour("xterm", "1"));
  EXPECT_FALSE(TakesColour("dumb", nullptr));
  EXPECT_FALSE(TakesColour("", nullptr));
  EXPECT_FALSE(TakesColour(nullptr, nullptr));
}

TEST(TextPageTest, WidthIsInColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("läsare"), 6);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth("漢字"), 4);
  EXPECT_EQ(DisplayWidth("\xff\xc3"), 2);
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(TextPageTest, WrapsAtSpacesAndCutsOnlyWhatIsTooLongForALine) {
  TextPage page(40, false);
  page.Paragraph(30, "åäö åäö åäö åäöåäöåäöåäö x");
  EXPECT_EQ(page.text(), std::string(20, ' ') + "åäö åäö åäö\n" + std::string(20, ' ') + "åäöåäöåäöåäö x\n");
  TextPage narrow(40, false);
  narrow.Labelled(2, "Label", 10, std::string(65, 'a') + " b");
  EXPECT_EQ(narrow.text(), "  Label   " + std::string(30, 'a') + "\n" + std::string(10, ' ') +
                               std::string(30, 'a') + "\n" + std::string(10, ' ') + "aaaaa b\n");
}

}  // namespace
}  // namespace kortvakt
