#include "agent/desk/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "agent/desk/text_page.h"
#include "common/certs/classify.h"
#include "common/judge/judge.h"
#include "tests/support/scenarios/scenarios.h"
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
                   bool colour = false, const Policy& policy = Policy()) {
  const CaCatalogue& catalogue = CaCatalogue::BuiltIn();
  for (ReaderFacts& reader : snapshot.readers) {
    if (!reader.card) continue;
    for (CertificateFacts& certificate : reader.card->certificates) {
      Classify(certificate, catalogue, KnownCas(snapshot));
    }
  }
  const Verdict verdict = Judge({snapshot, catalogue, policy, ScenarioNow(), language});
  return ReportText({snapshot, verdict.findings, catalogue, policy, ScenarioNow(), language, width, colour});
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
  EXPECT_THAT(Report(snapshot), Not(HasSubstr("Probes")));
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
  for (const char* line : {"\nProbes\n", "    answer          ended after the TLS handshake (TLS alert",
                           "    proxy           proxy.example.org:3128\n",
                           "    TLS             TLSv1.3, TLS_AES_256_GCM_SHA384\n",
                           "    trusted by      Firefox (uid:1000)\n", "    asks for        a client certificate\n"}) {
    EXPECT_THAT(english, HasSubstr(line));
  }
  EXPECT_EQ(english.find('\x1B'), std::string::npos);
  EXPECT_THAT(Report(snapshot, Language::kSwedish), HasSubstr("\nPrövade servrar\n"));
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

TEST(ReportTextTest, SaysWhichRequiredCasAStoreLacks) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  snapshot.trust_stores = {testing::BundleWith({"siths-e-id-person-hsa-id-3-ca-v1"})};
  const std::string text = Report(snapshot);
  EXPECT_THAT(text, HasSubstr("missing   SITHS e-id Root CA v2"));
  EXPECT_THAT(text, HasSubstr("there     SITHS e-id Person HSA-id 3 CA v1"));
}

TEST(ReportTextTest, DoesNotCallASilentWorkstationHealthy) {
  EXPECT_THAT(Report(Workstation(std::nullopt)), HasSubstr("no card was read"));
  EXPECT_THAT(Report(Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}))),
              HasSubstr("Nothing was found that stops a login."));
}

TEST(ReportTextTest, NoLineIsWiderThanAskedInAnyScenario) {
  for (const Scenario& scenario : Scenarios()) {
    for (const Language language : {Language::kEnglish, Language::kSwedish}) {
      for (const int width : {40, 80, 120}) {
        const std::string text = Report(scenario.snapshot, language, width, false, scenario.policy);
        for (const std::string& line : Lines(text)) {
          EXPECT_LE(DisplayWidth(line), width) << scenario.name << "\n" << line;
          EXPECT_TRUE(line.empty() || line.back() != ' ') << "'" << line << "'";
        }
      }
    }
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
