// `kortvakt workstation NAME` as the person on the telephone reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "collector/cli/render.h"
#include "collector/cli/text.h"
#include "tests/unit/collector/cli/canned_answers.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Set;

constexpr char kChain[] = "SITHS e-id Person HSA-id 3 CA v1 > SITHS e-id Root CA v2: complete in";

Display PlainDisplay() {
  Display display;
  display.now = testing::kNow;
  return display;
}

Display SwedishDisplay() {
  Display display = PlainDisplay();
  display.language = Language::kSwedish;
  return display;
}

v1::Card& CardOf(v1::GetWorkstationResponse& response) {
  return *response.mutable_snapshot()->mutable_readers(0)->mutable_card();
}

// Two login certificates that share a way, and whether the first is revoked.
v1::GetWorkstationResponse WithStandings() {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::Card& card = CardOf(response);
  card.mutable_certificates(0)->set_sha256(std::string(64, 'b'));
  *card.add_certificates() = card.certificates(0);
  card.mutable_certificates(1)->set_sha256(std::string(64, 'c'));
  for (const v1::Certificate& certificate : card.certificates()) {
    v1::CertificateStanding& standing = *response.add_standings();
    standing.set_certificate_sha256(certificate.sha256());
    standing.add_login_ways(absl::StrCat(kChain, " Firefox (uid:1000)"));
  }
  response.mutable_standings(0)->set_revocation(v1::REVOCATION_STATUS_REVOKED);
  response.mutable_standings(0)->set_revocation_text("revoked since 2026-11-20T08:00:00Z");
  return response;
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(RenderWorkstationTest, BeginsWithWhatToDoFirst) {
  const std::string text = RenderText(testing::Workstation(), PlainDisplay());
  EXPECT_EQ(text,
            "MOTTAGNING-03\n"
            "Do first: Order a new card (the card office).\n"
            "\n"
            "site            Ängelholm\n"
            "state           reporting, last report 2026-11-22 08:48 UTC (12 minutes ago)\n"
            "system          Debian GNU/Linux 12\n"
            "agent           0.1.0\n"
            "id              2f6b1c1e-9a53-4a52-8d6e-0c4f2d6f9b11\n"
            "\n"
            "Findings, most likely cause first\n"
            "  CRITICAL  CERT_EXPIRED\n"
            "    The login certificate has ended.\n"
            "    about           card aaaaaaaa in Example Reader 00 00\n"
            "    seen            ended 2026-11-01T12:00:00Z\n"
            "    what to do      Order a new card.\n"
            "    who does it     the card office\n"
            "\n"
            "Readers and cards\n"
            "  Example Reader 00 00\n"
            "    card            aaaaaaaa\n"
            "    holder          SE2321000016-T35T\n"
            "    certificates\n"
            "      - login, LoA 3 (by policy), ended 2026-11-01 12:00 UTC (2 weeks 6 days ago)\n"
            "        issued by Demo Person HSA-id 3 CA v1, for Region Exempel\n"
            "\n"
            "Trust stores\n"
            "  system bundle /etc/ssl/certs/ca-certificates.crt\n"
            "    144 certificates; none of interest here\n"
            "\n"
            "Judged for 2026-11-22 09:00 UTC.\n");
}

TEST(RenderWorkstationTest, SpeaksSwedish) {
  const std::string text = RenderText(testing::Workstation(), SwedishDisplay());
  for (const char* words :
       {"Gör först: ", "rapporterar, senaste rapport", "för 12 minuter sedan", "KRITISKT", "kortkontoret",
        "Läsare och kort", "inloggning, LoA 3 (enligt policy)",
        "gick ut 2026-11-01 12:00 UTC (för 2 veckor 6", "Betrodda certifikat", "Bedömt för"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
}

TEST(RenderWorkstationTest, KeepsWithin80Columns) {
  v1::GetWorkstationResponse response = testing::Workstation();
  std::string words;
  for (int i = 0; i < 60; ++i) words += "åtgärd ";
  response.mutable_findings(0)->set_remedy(words);
  Display display = PlainDisplay();
  display.width = 80;
  for (const auto& line : absl::StrSplit(RenderText(response, display), '\n')) {
    EXPECT_LE(DisplayWidth(std::string(line)), 80u) << line;
  }
}

TEST(RenderWorkstationTest, SaysThatNothingIsWrong) {
  v1::GetWorkstationResponse response = testing::Workstation();
  response.clear_findings();
  EXPECT_THAT(RenderText(response, PlainDisplay()), HasSubstr("Nothing is wrong here.\n"));
}

TEST(RenderWorkstationTest, SaysThatNothingStopsALoginWhereAllIsForInformation) {
  v1::GetWorkstationResponse response = testing::Workstation();
  response.mutable_findings(0)->set_severity("info");
  response.clear_diagnosis();
  EXPECT_THAT(RenderText(response, PlainDisplay()), HasSubstr("\nNothing was found that stops a login.\n"));
}

TEST(RenderWorkstationTest, SaysWhatToDoFirstWhereACollectorOfBeforeHasNoDiagnosis) {
  v1::GetWorkstationResponse response = testing::Workstation();
  response.clear_diagnosis();
  EXPECT_THAT(RenderText(response, PlainDisplay()), HasSubstr("\nDo first: Order a new card.\n"));
}

TEST(RenderWorkstationTest, ShowsHowCertificatesStandAndAWayThatTheyShareOnce) {
  const std::string text = RenderText(WithStandings(), PlainDisplay());
  EXPECT_THAT(text, HasSubstr("      - bbbbbbbb login, LoA 3 (by policy), ended 2026-11-01 12:00 UTC"));
  EXPECT_THAT(text, HasSubstr("        issued by Demo Person HSA-id 3 CA v1, for Region Exempel\n"
                              "        revoked since 2026-11-20T08:00:00Z\n"
                              "      - cccccccc login"));
  EXPECT_EQ(Count(text, kChain), 1u);
  EXPECT_THAT(text, HasSubstr("    chain           SITHS e-id Person"));
  Display colour = PlainDisplay();
  colour.colour = true;
  EXPECT_THAT(RenderText(WithStandings(), colour),
              HasSubstr(Styled("revoked since 2026-11-20T08:00:00Z", Style::kBad, colour)));
}

TEST(RenderWorkstationTest, ShowsCertificatesWithoutStandingsOfACollectorOfBefore) {
  v1::GetWorkstationResponse response = WithStandings();
  response.clear_standings();
  response.mutable_snapshot()->mutable_readers(0)->set_state(static_cast<v1::ReaderState>(99));
  const std::string text = RenderText(response, PlainDisplay());
  EXPECT_THAT(text, Not(HasSubstr(kChain)));
  EXPECT_THAT(text, HasSubstr("issued by Demo Person HSA-id 3 CA v1"));
}

TEST(RenderWorkstationTest, SaysThatACertificateIsNotValidYet) {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::Certificate& certificate = *CardOf(response).mutable_certificates(0);
  Set(certificate.mutable_not_before(), "2026-12-01T00:00:00Z");
  Set(certificate.mutable_not_after(), "2031-12-01T00:00:00Z");
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              HasSubstr("not valid before 2026-12-01 00:00 UTC, ends 2031-12-01 00:00 UTC\n"));
  EXPECT_THAT(RenderText(response, SwedishDisplay()),
              HasSubstr("gäller först från 2026-12-01 00:00 UTC, till 2031-12-01\n"));
  Set(certificate.mutable_not_before(), "2026-11-22T09:00:00Z");
  EXPECT_THAT(RenderText(response, PlainDisplay()), Not(HasSubstr("not valid before")));
}

TEST(RenderWorkstationTest, SaysThatReadersCannotBeToldWithoutTheCardService) {
  v1::GetWorkstationResponse response = testing::Workstation();
  response.mutable_snapshot()->clear_readers();
  EXPECT_THAT(RenderText(response, PlainDisplay()), HasSubstr("\n  no reader\n"));
  response.mutable_snapshot()->mutable_pcsc()->set_state(v1::PCSC_STATE_DOWN);
  response.mutable_snapshot()->mutable_pcsc()->set_detail("SCARD_E_NO_SERVICE");
  EXPECT_THAT(
      RenderText(response, PlainDisplay()),
      AllOf(HasSubstr("card service    does not answer (SCARD_E_NO_SERVICE)\n"),
            HasSubstr("cannot be told: the card service does not answer\n"), Not(HasSubstr("no reader"))));
}

TEST(RenderWorkstationTest, SaysHowFarTheReadingOfACardCame) {
  v1::GetWorkstationResponse response = testing::Workstation();
  CardOf(response).set_state(v1::CARD_STATE_IN_USE);
  CardOf(response).set_family(v1::CARD_FAMILY_IDPRIME);
  CardOf(response).set_unreadable_certificates(2);
  Set(CardOf(response).mutable_read_at(), "2026-11-22T07:00:00Z");
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              AllOf(HasSubstr("card            aaaaaaaa (IDPrime)\n"),
                    HasSubstr("in use by another program, last read 2026-11-22 07:00 UTC\n"),
                    HasSubstr("not readable    2 of its certificates\n")));
}

TEST(RenderWorkstationTest, TellsRootsThatAreThereButNotTrusted) {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::TrustStore& store = *response.mutable_snapshot()->mutable_trust_stores(0);
  store.set_kind(v1::TRUST_STORE_KIND_NSS);
  store.set_owner("uid:1000");
  const auto add = [&](const char* subject, const char* issuer, v1::CaTrust trust) {
    v1::TrustedCa& ca = *store.add_cas();
    ca.mutable_certificate()->set_subject(absl::StrCat("CN=", subject));
    ca.mutable_certificate()->set_issuer(absl::StrCat("CN=", issuer));
    ca.set_trust(trust);
  };
  add("Root 1", "Root 1", v1::CA_TRUST_PRESENT);
  add("Root 2", "Root 2", v1::CA_TRUST_TRUSTED);
  add("Root 3", "Root 3", v1::CA_TRUST_DISTRUSTED);
  add("Issuing 1", "Root 1", v1::CA_TRUST_PRESENT);
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              HasSubstr("  browser database /etc/ssl/certs/ca-certificates.crt (uid:1000)\n"
                        "    144 certificates; of interest here:\n"
                        "    - Root 1 (there, but not trusted)\n"
                        "    - Root 2\n"
                        "    - Root 3 (distrusted)\n"
                        "    - Issuing 1\n"));
  // "Spärrad" is said of revoked certificates.
  EXPECT_THAT(RenderText(response, SwedishDisplay()), HasSubstr("    - Root 3 (markerad som ej betrodd)\n"));
}

TEST(RenderWorkstationTest, SaysWhyAStoreTellsNothing) {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::TrustStore& store = *response.mutable_snapshot()->mutable_trust_stores(0);
  const auto text = [&] { return RenderText(response, PlainDisplay()); };
  store.set_certificate_count(0);
  EXPECT_THAT(text(), HasSubstr("ca-certificates.crt\n    0 certificates\n"));
  store.set_state(v1::TRUST_STORE_STATE_ABSENT);
  EXPECT_THAT(text(), HasSubstr("ca-certificates.crt\n    does not exist\n"));
  store.set_state(v1::TRUST_STORE_STATE_UNREADABLE);
  EXPECT_THAT(text(), HasSubstr("ca-certificates.crt\n    could not be read\n"));
  store.set_detail("Permission denied");
  EXPECT_THAT(text(), HasSubstr("    could not be read: Permission denied\n"));
  store.set_kind(static_cast<v1::TrustStoreKind>(99));
  EXPECT_THAT(text(), HasSubstr("Trust stores\n  /etc/ssl/certs/ca-certificates.crt\n"));
}

TEST(RenderWorkstationTest, ShowsBrowsersWithTheirModules) {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::Browser& browser = *response.mutable_snapshot()->add_browsers();
  browser.set_name("Firefox");
  browser.set_owner("uid:1000");
  browser.add_trust_stores(0);
  browser.add_modules()->set_file("/usr/lib/opensc-pkcs11.so");
  browser.add_modules()->set_file("/opt/gone.so");
  browser.mutable_modules(1)->set_absent(true);
  v1::Browser& other = *response.mutable_snapshot()->add_browsers();
  other.set_name("Chromium");
  other.set_owner("uid:1001");
  other.add_trust_stores(99);
  other.set_modules_state(v1::MODULES_STATE_READ);
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              HasSubstr("Browsers\n"
                        "  Firefox (uid:1000)\n"
                        "    database        /etc/ssl/certs/ca-certificates.crt\n"
                        "    modules         /usr/lib/opensc-pkcs11.so; /opt/gone.so (no such file)\n"
                        "  Chromium (uid:1001)\n"
                        "    modules         none\n"));
  response.mutable_snapshot()->mutable_browsers(1)->set_modules_state(v1::MODULES_STATE_UNREADABLE);
  EXPECT_THAT(RenderText(response, SwedishDisplay()), HasSubstr("moduler         gick inte att avgöra\n"));
}

TEST(RenderWorkstationTest, ShowsWhatProbedServersAnswered) {
  v1::GetWorkstationResponse response = testing::Workstation();
  v1::Probe& probe = *response.mutable_snapshot()->add_probes();
  probe.set_url("https://login.example.org/");
  probe.set_outcome(v1::PROBE_OUTCOME_ANSWERED);
  probe.set_http_status(200);
  probe.set_version("TLSv1.3");
  probe.set_client_certificate(v1::CLIENT_CERTIFICATE_REQUEST_IN_HANDSHAKE);
  probe.add_ca_names("CN=SITHS e-id Person HSA-id 3 CA v1,C=SE");
  v1::ProbeTrust& trust = *probe.add_trust();
  trust.set_store("Firefox (uid:1000)");
  trust.set_verdict(v1::PROBE_VERDICT_ROOT_UNKNOWN);
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              HasSubstr("Probed servers\n"
                        "  https://login.example.org/\n"
                        "    answer          HTTP 200\n"
                        "    TLS             TLSv1.3\n"
                        "    not trusted by  Firefox (uid:1000)\n"
                        "    asks for        a client certificate by SITHS e-id Person HSA-id 3 CA v1\n"));
  response.mutable_snapshot()->mutable_probes(0)->set_outcome(static_cast<v1::ProbeOutcome>(99));
  EXPECT_THAT(RenderText(response, PlainDisplay()),
              HasSubstr("https://login.example.org/\n    what was seen is not understood by this version"));
}

}  // namespace
}  // namespace kortvakt
