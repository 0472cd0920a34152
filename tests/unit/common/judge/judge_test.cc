#include "common/judge/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "common/judge/rule.h"
#include "common/judge/words.h"
#include "tests/support/scenarios/diagnosis_page.h"
#include "tests/support/scenarios/login_causes.h"
#include "tests/support/scenarios/scenario_coverage.h"
#include "tests/support/scenarios/scenarios.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

using ::kortvakt::testing::At;
using ::kortvakt::testing::CardWith;
using ::kortvakt::testing::Days;
using ::kortvakt::testing::LoginCertificate;
using ::kortvakt::testing::NationalIdCertificate;
using ::kortvakt::testing::Scenario;
using ::kortvakt::testing::ScenarioNow;
using ::kortvakt::testing::Scenarios;
using ::kortvakt::testing::SignatureCertificate;
using ::kortvakt::testing::Workstation;

Verdict JudgeAt(const Snapshot& snapshot, absl::Time now, const Policy& policy = Policy(),
                Language language = Language::kEnglish) {
  return Judge({snapshot, testing::ScenarioCatalogue(), policy, now, language});
}

std::string Summary(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    absl::StrAppend(&text, InfoOf(finding.code).word, " ", SeverityWord(finding.severity), "\n");
  }
  return text;
}

TEST(JudgeTest, FindsWhatTheScenarioTableSaysInItsOrder) {
  for (const Scenario& scenario : Scenarios()) {
    std::string expected;
    for (const auto& [code, severity] : scenario.expected) {
      absl::StrAppend(&expected, InfoOf(code).word, " ", SeverityWord(severity), "\n");
    }
    EXPECT_EQ(Summary(JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy).findings), expected)
        << scenario.name;
  }
}

TEST(JudgeTest, DiagnosisPageIsInStepWithTheScenarioTable) {
  const char* source = std::getenv("KORTVAKT_SOURCE");
  std::ifstream in(absl::StrCat(source == nullptr ? "." : source, "/docs/diagnosis.md"));
  std::ostringstream page;
  page << in.rdbuf();
  EXPECT_EQ(page.str(), testing::DiagnosisPage())
      << "make it anew: tests/bin/print_diagnosis in the build folder > docs/diagnosis.md";
  EXPECT_GE(Scenarios().size(), 40u);
}

TEST(JudgeTest, ScenarioTableShowsEveryRuleFiringAndEveryRuleSilent) {
  std::set<FindingCode> fired;
  for (const Scenario& scenario : Scenarios()) {
    for (const auto& expected : scenario.expected) fired.insert(expected.code);
  }
  for (const Rule* rule : AllRules()) EXPECT_TRUE(fired.count(rule->code())) << InfoOf(rule->code()).word;
  EXPECT_TRUE(Scenarios().front().expected.empty());
}

const Scenario* FindScenario(std::string_view name) {
  for (const Scenario& scenario : Scenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

// Whether the table expects `code` in the scenario, and at more than information.
bool Expects(const Scenario& scenario, FindingCode code, bool above_info) {
  return std::any_of(scenario.expected.begin(), scenario.expected.end(),
                     [&](const testing::Expected& expected) {
                       return expected.code == code && (!above_info || expected.severity != Severity::kInfo);
                     });
}

TEST(JudgeTest, EveryRuleIsShownToFireToBeClearNotToApplyAndNotToTell) {
  const auto coverage = testing::AllCoverage();
  ASSERT_EQ(coverage.size(), AllRules().size());
  for (size_t i = 0; i < coverage.size(); ++i) {
    const testing::ScenarioCoverage& row = coverage[i];
    const char* word = InfoOf(row.code).word;
    EXPECT_EQ(row.code, AllRules()[i]->code()) << word;
    EXPECT_NE(std::string_view(row.clear).front(), '-') << word << " can always be clear";
    const bool can_be_lowered = InfoOf(row.code).severity != Severity::kInfo;
    for (const auto& [name, unsure] : {std::pair(row.clear, false), std::pair(row.not_applicable, false),
                                       std::pair(row.cannot_tell, true)}) {
      if (*name == '-') continue;
      const Scenario* scenario = FindScenario(name);
      ASSERT_NE(scenario, nullptr) << word << ": " << name;
      EXPECT_FALSE(Expects(*scenario, row.code, unsure && can_be_lowered)) << word << ": " << name;
    }
  }
}

// The first finding of some scenario: what is to be done first about the cause.
TEST(JudgeTest, EveryCauseThatAnAgentCanSeeComesFirstInAScenario) {
  std::set<FindingCode> first;
  for (const Scenario& scenario : Scenarios()) {
    if (!scenario.expected.empty()) first.insert(scenario.expected.front().code);
  }
  std::set<FindingCode> told;
  for (const testing::LoginCause& cause : testing::LoginCauses()) {
    EXPECT_TRUE(!cause.findings.empty() || *cause.note != '\0') << cause.cause;
    for (const FindingCode code : cause.findings) {
      EXPECT_TRUE(first.count(code)) << cause.cause << ": " << InfoOf(code).word;
      told.insert(code);
    }
  }
  // What is no cause, but says what cannot be told or what can be cleaned up.
  told.insert(
      {FindingCode::kTrustStoreUnreadable, FindingCode::kCaRetiredPresent, FindingCode::kAiaUnreachable});
  for (const Rule* rule : AllRules()) {
    EXPECT_TRUE(told.count(rule->code())) << InfoOf(rule->code()).word << " tells of no cause";
  }
}

TEST(JudgeTest, DiagnosisSaysInOneSentenceWhatToDoFirstAndWhoDoesIt) {
  for (const Scenario& scenario : Scenarios()) {
    for (const Language language : {Language::kEnglish, Language::kSwedish}) {
      const auto findings = JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy, language).findings;
      const std::string diagnosis = Diagnosis(findings, language);
      if (findings.empty() || findings.front().severity == Severity::kInfo) {
        EXPECT_EQ(diagnosis, "") << scenario.name;
        continue;
      }
      EXPECT_TRUE(
          absl::EndsWith(diagnosis, absl::StrCat(" (", FixedByText(findings[0].fixed_by, language), ").")))
          << scenario.name << ": " << diagnosis;
      EXPECT_LE(diagnosis.size(), 400u) << diagnosis;
      const std::string sentence = diagnosis.substr(0, diagnosis.rfind(" ("));
      EXPECT_EQ(findings[0].remedy.rfind(sentence, 0), 0u) << diagnosis;
      EXPECT_GE(sentence.size(), 12u) << diagnosis;
    }
  }
  const auto ended =
      JudgeAt(Workstation(CardWith({LoginCertificate(ScenarioNow() - Days(3))})), ScenarioNow());
  EXPECT_EQ(
      Diagnosis(ended.findings, Language::kEnglish),
      "Order a new card from the card office; until it comes, use a short-term or reserve card (the card "
      "office).");
}

TEST(JudgeTest, WhatDoesNotFollowCardsIsTheSameWithoutThem) {
  for (const Scenario& scenario : Scenarios()) {
    Snapshot without = scenario.snapshot;
    for (ReaderFacts& reader : without.readers) reader.card.reset();
    const auto kept = [&](const Snapshot& snapshot) {
      std::set<std::string_view> words;
      for (const Finding& finding : JudgeAt(snapshot, ScenarioNow(), scenario.policy).findings) {
        if (!FollowsCards(finding.code)) words.insert(InfoOf(finding.code).word);
      }
      return words;
    };
    EXPECT_EQ(kept(scenario.snapshot), kept(without)) << scenario.name;
  }
  EXPECT_FALSE(FollowsCards(FindingCode::kPcscServiceDown));
}

TEST(JudgeTest, RulesAreInTheOrderOfTheirCodesAndCoverAllButTheCollectorsOwn) {
  int next = 0;
  for (const Rule* rule : AllRules()) EXPECT_EQ(static_cast<int>(rule->code()), next++);
  EXPECT_EQ(next, static_cast<int>(FindingCode::kWorkstationSilent));
}

TEST(JudgeTest, EveryFindingHasTextsThatDifferBetweenTheLanguages) {
  for (const Scenario& scenario : Scenarios()) {
    const auto english = JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy).findings;
    const auto swedish =
        JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy, Language::kSwedish).findings;
    ASSERT_EQ(english.size(), swedish.size()) << scenario.name;
    for (size_t i = 0; i < english.size(); ++i) {
      EXPECT_EQ(english[i].code, swedish[i].code);
      EXPECT_EQ(english[i].severity, swedish[i].severity);
      EXPECT_FALSE(english[i].subject.empty()) << scenario.name;
      EXPECT_FALSE(english[i].evidence.empty()) << scenario.name;
      EXPECT_NE(english[i].remedy, swedish[i].remedy) << scenario.name;
      EXPECT_EQ(english[i].remedy.find('$'), std::string::npos) << english[i].remedy;
      EXPECT_EQ(swedish[i].remedy.find('$'), std::string::npos) << swedish[i].remedy;
      EXPECT_EQ(english[i].evidence.find('$'), std::string::npos) << english[i].evidence;
      EXPECT_EQ(swedish[i].evidence.find('$'), std::string::npos) << swedish[i].evidence;
    }
  }
}

TEST(JudgeTest, NamesNoPerson) {
  for (const Scenario& scenario : Scenarios()) {
    Snapshot snapshot = scenario.snapshot;
    for (ReaderFacts& reader : snapshot.readers) {
      if (reader.card) reader.card->card_number = "9752269999999999999";
    }
    for (const Finding& finding : JudgeAt(snapshot, ScenarioNow(), scenario.policy).findings) {
      const std::string all = absl::StrCat(finding.subject, finding.evidence, finding.remedy);
      EXPECT_EQ(all.find("1A2B"), std::string::npos) << all;
      EXPECT_EQ(all.find("97522699"), std::string::npos) << all;
    }
  }
}

TEST(JudgeTest, ClassifiesAnewByTheCasesCatalogue) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() - Days(1))}));
  snapshot.readers[0].card->certificates[0].purpose = Purpose::kSignature;
  snapshot.readers[0].card->certificates[0].loa = Loa::k2;
  EXPECT_EQ(Summary(JudgeAt(snapshot, ScenarioNow()).findings), "CERT_EXPIRED critical\n");
}

TEST(JudgeTest, RemedyDependsOnTheTimeLeftAndNamesTheCardOffice) {
  Policy policy;
  policy.contacts["Region Exempel"] = "Kortkontoret, tfn 010-000 00 00";
  const auto remedy = [&](double days, Language language) {
    const Verdict verdict = JudgeAt(Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(days))})),
                                    ScenarioNow(), policy, language);
    return verdict.findings.empty() ? "" : verdict.findings.front().remedy;
  };
  EXPECT_NE(remedy(30, Language::kEnglish).find("Order a new card now: delivery takes about 3 weeks."),
            std::string::npos);
  EXPECT_NE(remedy(20, Language::kEnglish).find("short-term or reserve card for the time between"),
            std::string::npos);
  EXPECT_NE(remedy(-1, Language::kEnglish).find("cannot log in to renew itself"), std::string::npos);
  EXPECT_NE(remedy(30, Language::kSwedish).find("ungefär 3 veckor"), std::string::npos);
  for (const double days : {30.0, 20.0, -1.0}) {
    EXPECT_NE(remedy(days, Language::kEnglish).find("010-000 00 00"), std::string::npos) << days;
  }
}

// What one finding on a workstation says to do, and by whom.
std::string OnlyRemedy(const Snapshot& snapshot, Language language) {
  const std::vector<Finding> findings = JudgeAt(snapshot, ScenarioNow(), Policy(), language).findings;
  EXPECT_EQ(findings.size(), 1u);
  if (findings.empty()) return "";
  return absl::StrCat(findings[0].evidence, " | ", findings[0].remedy, " | ",
                      FixedByWord(findings[0].fixed_by));
}

TEST(JudgeTest, TellsUnfinishedCardsApartByWhatToDo) {
  const auto empty = [](KeyPresence keys) {
    CardFacts card = testing::CardIn(CardState::kEmpty, "");
    card.private_keys = keys;
    return Workstation(card);
  };
  const auto with = [](CertificateFacts certificate, KeyPresence key) {
    certificate.key_presence = key;
    return Workstation(CardWith({certificate}));
  };
  const absl::Time later = ScenarioNow() + Days(700);
  const absl::Time before = ScenarioNow() - Days(3);
  for (const Language language : {Language::kEnglish, Language::kSwedish}) {
    const std::vector<std::string> told = {
        OnlyRemedy(empty(KeyPresence::kAbsent), language),
        OnlyRemedy(empty(KeyPresence::kPresent), language),
        OnlyRemedy(with(testing::TransportCertificate(later), KeyPresence::kPresent), language),
        OnlyRemedy(with(testing::TransportCertificate(before), KeyPresence::kPresent), language),
        OnlyRemedy(with(LoginCertificate(later), KeyPresence::kAbsent), language),
        OnlyRemedy(with(SignatureCertificate(later), KeyPresence::kPresent), language)};
    EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), told.size());
  }
  const Language english = Language::kEnglish;
  EXPECT_NE(OnlyRemedy(empty(KeyPresence::kAbsent), english).find("neither a certificate nor a private key"),
            std::string::npos);
  EXPECT_NE(OnlyRemedy(empty(KeyPresence::kPresent), english).find("Activating it again does not help"),
            std::string::npos);
  EXPECT_NE(
      OnlyRemedy(with(testing::TransportCertificate(later), KeyPresence::kPresent), english).find("| user"),
      std::string::npos);
  EXPECT_NE(OnlyRemedy(with(testing::TransportCertificate(before), KeyPresence::kPresent), english)
                .find("another reserve card"),
            std::string::npos);
}

TEST(JudgeTest, AdvisesTheCertificateOfThePolicysOrganisation) {
  Policy policy;
  policy.organisation_prefix = "SE2120000001";
  const Snapshot snapshot = Workstation(CardWith(
      {LoginCertificate(ScenarioNow() + Days(700)),
       testing::LoginCertificateOf("Exempelstads kommun", "SE2120000001-9Z", ScenarioNow() + Days(700))}));
  const Verdict verdict = JudgeAt(snapshot, ScenarioNow(), policy);
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_NE(verdict.findings[0].remedy.find("organisation 'Exempelstads kommun'"), std::string::npos);
  EXPECT_EQ(verdict.findings[0].remedy.find("Region Exempel"), std::string::npos);
}

// What SEVERAL_LOGIN_CERTS says to choose.
std::string Chosen(const Snapshot& snapshot) {
  for (const Finding& finding : JudgeAt(snapshot, ScenarioNow()).findings) {
    if (finding.code == FindingCode::kSeveralLoginCerts) return finding.certificate_sha256;
  }
  return "nothing is said";
}

TEST(JudgeTest, AdvisesNoCertificateThatNoLoginTakes) {
  const CertificateFacts good = LoginCertificate(ScenarioNow() + Days(600));
  const CertificateFacts longer = LoginCertificate(ScenarioNow() + Days(700));
  const CertificateFacts test = testing::LoginCertificateBy(
      "CN=TEST SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE", ScenarioNow() + Days(700));
  EXPECT_EQ(Chosen(Workstation(CardWith({good, longer}))), longer.sha256);
  EXPECT_EQ(Chosen(Workstation(CardWith({test, good}))), good.sha256);
  CertificateFacts keyless = longer;
  keyless.key_presence = KeyPresence::kAbsent;
  EXPECT_EQ(Chosen(Workstation(CardWith({keyless, good}))), good.sha256);
  Snapshot snapshot = Workstation(CardWith({longer, good}));
  RevocationCheck revoked;
  revoked.certificate_sha256 = longer.sha256;
  revoked.status = RevocationStatus::kRevoked;
  snapshot.revocations = {revoked};
  EXPECT_EQ(Chosen(snapshot), good.sha256);
  revoked.certificate_sha256 = good.sha256;
  snapshot.revocations.push_back(revoked);
  EXPECT_EQ(Chosen(snapshot), "");
}

TEST(JudgeTest, MissingCaNamesKeyPlaceAndStores) {
  Snapshot snapshot = Workstation(CardWith({LoginCertificate(ScenarioNow() + Days(700))}));
  snapshot.trust_stores = {testing::BundleWith({})};
  testing::FindPaths(snapshot);
  const Verdict verdict = JudgeAt(snapshot, ScenarioNow());
  ASSERT_EQ(verdict.findings.size(), 5u);
  EXPECT_EQ(verdict.findings[0].ca, "siths-e-id-person-hsa-id-3-ca-v1");
  const Finding& root = verdict.findings[1];
  EXPECT_EQ(root.ca, "siths-e-id-root-ca-v2");
  EXPECT_EQ(root.subject, "SITHS e-id Root CA v2");
  EXPECT_NE(root.evidence.find("2B4E906118D4B812135AD3AAD20A68DDC486796C"), std::string::npos);
  EXPECT_NE(root.evidence.find("/etc/ssl/certs/ca-certificates.crt"), std::string::npos);
  EXPECT_NE(root.remedy.find("8767260ac829d833c30af23857cbf8a2304bfda445303dfce5043afa73e584c1"),
            std::string::npos);
}

TEST(JudgeTest, ChangesExactlyAt56DaysToTheSecondInAnyCalendar) {
  for (const char* end : {"2028-02-29T12:00:00Z", "2038-01-19T03:14:08Z", "2050-01-01T00:00:00Z",
                          "9999-12-31T23:59:59Z", "2027-03-28T01:30:00Z"}) {
    Snapshot snapshot = Workstation(CardWith({LoginCertificate(At(end))}));
    // The CAs end in between; that is another rule's.
    for (TrustedCa& ca : snapshot.trust_stores[0].cas) ca.certificate.not_after = absl::InfiniteFuture();
    const absl::Time due = At(end) - Days(56);
    EXPECT_EQ(Summary(JudgeAt(snapshot, due - absl::Seconds(1)).findings), "") << end;
    EXPECT_EQ(JudgeAt(snapshot, due - absl::Seconds(1)).next_change, due) << end;
    EXPECT_EQ(Summary(JudgeAt(snapshot, due).findings), "CERT_EXPIRES_SOON warning\n") << end;
    EXPECT_EQ(Summary(JudgeAt(snapshot, At(end)).findings), "CERT_EXPIRES_SOON warning\n") << end;
    EXPECT_EQ(JudgeAt(snapshot, At(end)).next_change, At(end) + absl::Seconds(1)) << end;
    EXPECT_EQ(Summary(JudgeAt(snapshot, At(end) + absl::Seconds(1)).findings), "CERT_EXPIRED critical\n")
        << end;
  }
}

// Certificates of random purpose, organisation and dates on one card.
Snapshot RandomCase(std::mt19937& random) {
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  std::vector<CertificateFacts> certificates;
  for (int i = below(5); i >= 0; --i) {
    const absl::Time end = ScenarioNow() + absl::Hours(below(24 * 200) - 24 * 60) + absl::Seconds(below(3));
    CertificateFacts certificate = below(3) == 0   ? NationalIdCertificate(end)
                                   : below(4) == 0 ? SignatureCertificate(end)
                                                   : LoginCertificate(end);
    if (below(3) == 0) certificate.organisation = "Exempelstads kommun";
    if (below(6) == 0) certificate.issuer = "CN=Other,O=Exempelbolaget AB";
    if (below(6) == 0) certificate = testing::TransportCertificate(end);
    certificate.key_presence = static_cast<KeyPresence>(below(3));
    certificate.not_before = end - absl::Hours(1 + below(24 * 400));
    certificates.push_back(certificate);
  }
  Snapshot snapshot = Workstation(CardWith(certificates));
  if (below(3) == 0) snapshot.clock.offset_to_collector = absl::Minutes(below(100'000) - 50'000);
  return snapshot;
}

TEST(JudgeTest, VerdictIsTheSameUntilNextChange) {
  std::mt19937 random(20261122);
  int changes = 0;
  for (int round = 0; round < 150; ++round) {
    const Snapshot snapshot = RandomCase(random);
    absl::Time now = ScenarioNow();
    for (int step = 0; step < 6; ++step) {
      const Verdict verdict = JudgeAt(snapshot, now);
      ASSERT_GT(verdict.next_change, now);
      const absl::Time end = std::min(verdict.next_change, now + Days(500));
      const absl::Duration span = end - now - absl::Seconds(1);
      for (const double part : {0.001, 0.2, 0.37, 0.5, 0.83, 0.999, 1.0}) {
        const absl::Time between = now + part * span;
        if (between < now || between >= end) continue;
        ASSERT_EQ(JudgeAt(snapshot, between).findings, verdict.findings)
            << FormatUtc(now) << " and " << FormatUtc(between) << ", next change "
            << FormatUtc(verdict.next_change);
      }
      if (verdict.next_change == absl::InfiniteFuture()) break;
      changes += JudgeAt(snapshot, verdict.next_change).findings != verdict.findings ? 1 : 0;
      now = verdict.next_change;
    }
  }
  EXPECT_GT(changes, 300);
}

TEST(JudgeTest, SaysTheSameInAnyTimeZone) {
  const char* before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  for (const Scenario& scenario : Scenarios()) {
    setenv("TZ", "Asia/Tokyo", 1);
    const Verdict east = JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy);
    setenv("TZ", "America/Los_Angeles", 1);
    const Verdict west = JudgeAt(scenario.snapshot, ScenarioNow(), scenario.policy);
    EXPECT_EQ(east.findings, west.findings) << scenario.name;
    for (const Finding& finding : east.findings) {
      EXPECT_EQ(absl::StrCat(finding.evidence, finding.remedy).find("+09:00"), std::string::npos)
          << scenario.name;
    }
  }
  before == nullptr ? unsetenv("TZ") : setenv("TZ", zone.c_str(), 1);
}

TEST(JudgeTest, HoldsForAnySnapshot) {
  Snapshot snapshot = Workstation(CardWith({}));
  snapshot.readers.assign(3, snapshot.readers[0]);
  const absl::Time extremes[] = {absl::InfinitePast(), At("0001-01-01T00:00:00Z"), absl::UnixEpoch(),
                                 ScenarioNow(),        At("9999-12-31T23:59:59Z"), absl::InfiniteFuture()};
  std::mt19937 random(7);
  for (ReaderFacts& reader : snapshot.readers) {
    reader.name = std::string(5000, '\xff') + "\x1b[31m";
    reader.card->id = "\n\xc3";
    for (int i = 0; i < 300; ++i) {
      CertificateFacts certificate = LoginCertificate(ScenarioNow());
      certificate.not_before = extremes[random() % 6];
      certificate.not_after = extremes[random() % 6];
      certificate.organisation = absl::StrCat("Organisation ", i, " $0 $1 \\");
      certificate.hsa_id.clear();
      certificate.sha256 = i % 3 == 0 ? "" : std::string(static_cast<size_t>(i), 'z');
      if (i % 5 == 0) certificate.issuer = "";
      if (i % 7 == 0) certificate.issuer = "CN=\\";
      certificate.is_ca = i % 11 == 0;
      reader.card->certificates.push_back(certificate);
    }
  }
  snapshot.clock.offset_to_collector = absl::InfiniteDuration();
  snapshot.trust_stores.push_back({});
  Policy policy;
  policy.renewal_lifetime_divisor = 0;
  policy.renewal_within = absl::InfiniteDuration();
  for (const absl::Time now : extremes) {
    const Verdict verdict = JudgeAt(snapshot, now, policy);
    EXPECT_LE(verdict.findings.size(), 256u);
    EXPECT_FALSE(verdict.findings.empty());
    for (const Finding& finding : verdict.findings) {
      EXPECT_EQ(finding.subject.find('\x1b'), std::string::npos);
      EXPECT_LT(finding.evidence.size(), 4096u);
    }
  }
}

TEST(JudgeTest, WorstSeverityIsThatOfTheMostSevere) {
  EXPECT_EQ(WorstSeverity({}), std::nullopt);
  Finding info = NewFinding(FindingCode::kNoCard);
  Finding warning = NewFinding(FindingCode::kLoaTooLow);
  EXPECT_EQ(WorstSeverity({info}), Severity::kInfo);
  EXPECT_EQ(WorstSeverity({info, warning}), Severity::kWarning);
}

}  // namespace
}  // namespace kortvakt
