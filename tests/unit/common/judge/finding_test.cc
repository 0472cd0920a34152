#include "common/judge/finding.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/judge/finding_proto.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

TEST(FindingTest, WordsRoundTripAndAreOneEach) {
  std::set<std::string> words;
  for (const FindingInfo& info : FindingTable()) {
    EXPECT_EQ(FindFinding(info.word), &info);
    EXPECT_EQ(&InfoOf(info.code), &info);
    EXPECT_TRUE(words.insert(info.word).second) << info.word;
  }
  EXPECT_EQ(FindFinding("CERT_EXPIRE"), nullptr);
  EXPECT_EQ(FindFinding(""), nullptr);
}

TEST(FindingTest, MeaningsAreSentencesInBothLanguages) {
  std::set<std::string> meanings;
  for (const FindingInfo& info : FindingTable()) {
    for (const std::string meaning : {info.meaning_en, info.meaning_sv}) {
      EXPECT_EQ(meaning.back(), '.') << meaning;
      EXPECT_TRUE(meanings.insert(meaning).second) << meaning;
    }
  }
}

TEST(FindingTest, NoCardIsForInformation) {
  EXPECT_EQ(InfoOf(FindingCode::kNoCard).severity, Severity::kInfo);
}

TEST(FindingTest, ProtoHasEveryFieldAndTheMeaningInTheLanguage) {
  Finding finding;
  finding.code = FindingCode::kRootMissing;
  finding.severity = Severity::kWarning;
  finding.fixed_by = FixedBy::kServiceOwner;
  finding.subject = "a";
  finding.evidence = "b";
  finding.remedy = "c";
  finding.card_id = "d";
  finding.certificate_sha256 = "e";
  finding.ca = "f";
  const v1::Finding proto = FindingToProto(finding, Language::kSwedish);
  EXPECT_EQ(proto.code(), "ROOT_MISSING");
  EXPECT_EQ(proto.severity(), "warning");
  EXPECT_EQ(proto.fixed_by(), "service_owner");
  EXPECT_EQ(proto.meaning(), InfoOf(finding.code).meaning_sv);
  EXPECT_EQ(proto.subject() + proto.evidence() + proto.remedy() + proto.card_id() +
                proto.certificate_sha256() + proto.ca(),
            "abcdef");
  EXPECT_EQ(FindingToProto(finding, Language::kEnglish).meaning(), InfoOf(finding.code).meaning_en);
}

// The part of docs/findings.md about each code, in its order: word and text.
std::vector<std::pair<std::string, std::string>> Documented() {
  const char* source = std::getenv("KORTVAKT_SOURCE");
  std::ifstream in(absl::StrCat(source == nullptr ? "." : source, "/docs/findings.md"));
  std::vector<std::pair<std::string, std::string>> parts;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("## ", 0) == 0) {
      parts.emplace_back(line.substr(3), "");
    } else if (!parts.empty()) {
      absl::StrAppend(&parts.back().second, line, "\n");
    }
  }
  return parts;
}

TEST(FindingTest, DocumentationIsInStepWithTheTable) {
  const auto parts = Documented();
  ASSERT_EQ(parts.size(), FindingTable().size());
  for (size_t i = 0; i < parts.size(); ++i) {
    const FindingInfo& info = FindingTable()[i];
    const std::string& text = parts[i].second;
    EXPECT_EQ(parts[i].first, info.word);
    EXPECT_NE(text.find(absl::StrCat("Severity: ", SeverityWord(info.severity),
                                     ". Fixed by: ", FixedByWord(info.fixed_by), ".\n")),
              std::string::npos)
        << info.word;
    EXPECT_NE(text.find(absl::StrCat("- English: ", info.meaning_en, "\n")), std::string::npos) << info.word;
    EXPECT_NE(text.find(absl::StrCat("- Swedish: ", info.meaning_sv, "\n")), std::string::npos) << info.word;
    EXPECT_NE(text.find("**Found when** "), std::string::npos) << info.word;
    EXPECT_NE(text.find("**What to do** "), std::string::npos) << info.word;
  }
}

TEST(WordsTest, CommonNameFollowsRfc4514) {
  EXPECT_EQ(CommonName("CN=SITHS e-id Root CA v2,O=Inera AB,C=SE"), "SITHS e-id Root CA v2");
  EXPECT_EQ(CommonName("C=SE,O=Inera AB,CN=A\\, B\\+C"), "A, B+C");
  EXPECT_EQ(CommonName("O=Not\\,CN=this,OU=x+CN=That"), "That");
  EXPECT_EQ(CommonName("O=Exempelbolaget AB"), "O=Exempelbolaget AB");
  EXPECT_EQ(CommonName("CN=\\"), "\\");
  EXPECT_EQ(CommonName(""), "");
}

TEST(WordsTest, DurationsAreSaidInTheTwoLargestUnits) {
  EXPECT_EQ(DurationText(absl::Hours(24 * 41), Language::kSwedish), "5 veckor 6 dagar");
  EXPECT_EQ(DurationText(-absl::Hours(24 * 41), Language::kEnglish), "5 weeks 6 days");
  EXPECT_EQ(DurationText(absl::Hours(24 * 1460), Language::kEnglish), "4 years");
  EXPECT_EQ(DurationText(absl::Hours(24 * 372), Language::kSwedish, 1), "1 år");
  EXPECT_EQ(DurationText(absl::Seconds(3601), Language::kEnglish), "1 hour");
  EXPECT_EQ(DurationText(absl::ZeroDuration(), Language::kSwedish), "0 sekunder");
}

TEST(WordsTest, ListsAreCutWithACount) {
  EXPECT_EQ(ListText({"a", "b", "c", "d"}, 2, Language::kEnglish), "a; b; and 2 more");
  EXPECT_EQ(ListText({"a", "b"}, 2, Language::kEnglish), "a; b");
}

}  // namespace
}  // namespace kortvakt
