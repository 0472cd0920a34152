// docs/check-json.md against the protocol, and against what is printed.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "absl/strings/str_split.h"
#include "common/base/files.h"
#include "common/judge/check_result.h"
#include "common/judge/judge.h"
#include "tests/support/proto/check_json_page.h"
#include "tests/support/proto/descriptors.h"
#include "tests/support/scenarios/scenarios.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt {
namespace {

namespace pb = google::protobuf;

std::string Page() {
  const char* source = std::getenv("KORTVAKT_SOURCE");
  return ReadFile(absl::StrCat(source == nullptr ? "." : source, "/docs/check-json.md")).value_or("");
}

// What the page says of an object's keys: key and type. (Enums have values, not keys.)
using Keys = std::map<std::string, std::string>;
std::map<std::string, Keys> Documented() {
  std::map<std::string, Keys> objects;
  std::string object;
  for (const absl::string_view line : absl::StrSplit(Page(), '\n')) {
    if (line.substr(0, 3) == "## ") object = std::string(line.substr(3));
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    if (cells.size() == 3 && cells[0].substr(0, 3) == "| `") {
      objects[object][cells[0].substr(3, cells[0].size() - 4)] = cells[1];
    }
  }
  return objects;
}

// Compares the keys of `object`, said to be a `type`, with the page; counts the types seen.
void Compare(const std::map<std::string, Keys>& page, const std::string& type, const pb::Struct& object,
             std::set<std::string>& seen) {
  ASSERT_TRUE(page.count(type)) << type;
  seen.insert(type);
  const Keys& keys = page.at(type);
  for (const auto& [key, value] : object.fields()) {
    ASSERT_TRUE(keys.count(key)) << type << "." << key << " is not documented";
    std::string inner = keys.at(key);
    const bool list = inner.rfind("list of ", 0) == 0;
    if (list) inner = inner.substr(8);
    EXPECT_EQ(value.has_list_value(), list) << type << "." << key;
    if (value.has_struct_value()) Compare(page, inner, value.struct_value(), seen);
    for (const pb::Value& one : value.list_value().values()) {
      if (one.has_struct_value()) Compare(page, inner, one.struct_value(), seen);
    }
  }
  for (const auto& [key, kind] : keys) {
    // Objects, moments and lengths of time are left out where there is none.
    const bool optional =
        page.count(kind) > 0 || kind == "moment" || kind == "length of time" || key == "synchronised";
    EXPECT_TRUE(optional || object.fields().count(key)) << type << "." << key << " is not printed";
  }
}

TEST(CheckJsonTest, PageIsInStepWithTheProtocol) {
  const char* path = std::getenv("KORTVAKT_DESCRIPTORS");
  ASSERT_NE(path, nullptr);
  const auto protos = testing::ReadDescriptors(path);
  ASSERT_TRUE(protos.ok()) << protos.status();
  EXPECT_EQ(Page(), testing::CheckJsonPage(*protos->pool->FindMessageTypeByName("kortvakt.v1.CheckResult")))
      << "make it anew: ninja check_json_page in the build folder";
}

TEST(CheckJsonTest, KeysThatArePrintedAreThoseOfThePage) {
  const std::map<std::string, Keys> page = Documented();
  std::set<std::string> seen;
  for (const testing::Scenario& scenario : testing::Scenarios()) {
    const Verdict verdict = Judge({.snapshot = scenario.snapshot,
                                   .catalogue = testing::ScenarioCatalogue(),
                                   .policy = scenario.policy,
                                   .now = testing::ScenarioNow()});
    const std::string json =
        CheckResultJson(scenario.snapshot, verdict.findings, testing::ScenarioNow(), Language::kEnglish)
            .value();
    pb::Struct object;
    ASSERT_TRUE(pb::util::JsonStringToMessage(json, &object).ok());
    Compare(page, "CheckResult", object, seen);
  }
  for (const char* type : {"CheckResult", "Snapshot", "Finding", "Reader", "Card", "Certificate",
                           "TrustStore", "TrustedCa", "Browser", "SecurityModule", "Probe", "ProbeTrust"}) {
    EXPECT_TRUE(seen.count(type)) << type << " is in no scenario";
  }
}

// What other programs have been told they may rely on.
TEST(CheckJsonTest, KeysThatWerePromisedAreThere) {
  const std::map<std::string, Keys> page = Documented();
  const std::map<std::string, std::vector<const char*>> promised = {
      {"CheckResult", {"snapshot", "findings", "judgedAt", "diagnosis"}},
      {"Finding", {"code", "severity", "subject", "evidence", "remedy", "fixedBy", "meaning"}},
      {"Reader", {"name", "card"}},
      {"Card", {"atr", "id", "family", "state", "certificates"}},
      {"Certificate",
       {"sha256", "serialNumber", "issuer", "subject", "issuerSha256", "notBefore", "notAfter", "policyOids",
        "loa", "loaBasis", "purpose"}},
      {"TrustStore", {"kind", "location", "owner", "state"}}};
  for (const auto& [type, keys] : promised) {
    for (const char* key : keys) EXPECT_TRUE(page.at(type).count(key)) << type << "." << key;
  }
}

}  // namespace
}  // namespace kortvakt
