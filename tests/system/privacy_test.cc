// What must not leave the workstation, or be in a log or a metric.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/files.h"
#include "kortvakt/v1/query.pb.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

// Runs of these as they would stand in a text or in binary data.
bool Holds(const std::string& haystack, const std::string& needle) {
  return absl::AsciiStrToLower(haystack).find(absl::AsciiStrToLower(needle)) != std::string::npos;
}

class PrivacyTest : public ::testing::Test {
 protected:
  // One attribute of the subject, as openssl shows it.
  std::string SubjectAttribute(const std::string& file, const std::string& attribute) {
    const Outcome shown = installation_.Run({"/usr/bin/openssl", "x509", "-inform", "DER", "-in", file,
                                             "-noout", "-subject", "-nameopt", "sep_multiline,utf8,sname"});
    const size_t at = shown.out.find(" " + attribute + "=");
    if (at == std::string::npos) return "";
    const size_t start = at + attribute.size() + 2;
    return shown.out.substr(start, shown.out.find('\n', start) - start);
  }

  // Reads what openssl says of every card's certificates.
  void CollectPersonalData() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(installation_.Path("pki/cards"))) {
      if (entry.path().extension() != ".der") continue;
      const std::string file = entry.path();
      for (const char* attribute : {"GN", "SN", "CN"}) {
        const std::string value = SubjectAttribute(file, attribute);
        if (!value.empty()) names_.insert(value);
      }
      const std::string number = SubjectAttribute(file, "serialNumber");
      (number.rfind("SE", 0) == 0 ? hsa_ids_ : personal_numbers_).insert(number);
      const std::string der = *ReadFile(file);
      const size_t card_number = der.find("9752");
      if (card_number != std::string::npos) card_numbers_.insert(der.substr(card_number, 19));
      AddForms(der);
    }
    ASSERT_GE(names_.size(), 4u);
    ASSERT_GE(hsa_ids_.size(), 2u);
    ASSERT_GE(personal_numbers_.size(), 2u);
    ASSERT_GE(card_numbers_.size(), 2u);
  }

  // A run of the certificate's middle as it would stand in bytes, in hex, or in base64 at any of the three
  // places where one can begin.
  void AddForms(const std::string& der) {
    const std::string middle = der.substr(der.size() / 2, 24);
    ders_.insert(middle);
    ders_.insert(absl::BytesToHexString(middle));
    for (size_t start = 0; start < 3; ++start) ders_.insert(absl::Base64Escape(middle.substr(start, 21)));
  }

  void ExpectNone(const std::string& where, const std::string& text, const std::set<std::string>& forbidden) {
    EXPECT_FALSE(text.empty()) << where;
    for (const std::string& value : forbidden)
      EXPECT_FALSE(Holds(text, value)) << where << " holds personal data";
  }

  Installation installation_;
  std::set<std::string> names_;
  std::set<std::string> hsa_ids_;
  std::set<std::string> personal_numbers_;
  std::set<std::string> card_numbers_;
  std::set<std::string> ders_;
};

TEST_F(PrivacyTest, NothingPersonalLeavesThatShouldNotAndNothingIsLogged) {
  CollectPersonalData();
  installation_.collector_extra = "[log]\nlevel = \"debug\"\n";
  installation_.agent_extra = "[log]\nlevel = \"debug\"\n";
  auto pcscd = PrivatePcscd::Start({"Reader A", "Reader B", "Reader C"});
  ASSERT_TRUE(pcscd.ok()) << pcscd.status();
  ASSERT_TRUE(installation_.StartCollector().ok());
  ASSERT_TRUE(installation_.StartAgent().ok());
  size_t slot = 0;
  for (const char* card : {"fine", "due", "expired", "loa2", "empty", "two-logins"}) {
    ASSERT_TRUE(pcscd->InsertCard(slot++, installation_.Card(card)).ok());
  }
  v1::ListCardsResponse list;
  ASSERT_TRUE(Eventually([&] { return installation_.Query({"cards"}, list) && list.cards_size() >= 5; }));
  const std::string metrics =
      installation_
          .Run({"/usr/bin/curl", "-s",
                absl::StrCat("http://127.0.0.1:", installation_.http_port(), "/metrics")})
          .out;
  const std::string page =
      installation_
          .Run({"/usr/bin/curl", "-s", absl::StrCat("http://127.0.0.1:", installation_.http_port(), "/")})
          .out;
  const std::string check = installation_
                                .Run({Installation::Program("kortvakt-agent"), "check", "--config",
                                      installation_.WriteAgentConfig()})
                                .out;
  const std::string json = installation_
                               .Run({Installation::Program("kortvakt-agent"), "check", "--json", "--config",
                                     installation_.WriteAgentConfig()})
                               .out;
  installation_.Kortvakt({"cards", "--holder", *hsa_ids_.begin()});
  installation_.Kortvakt({"workstation", kWorkstationId});

  // With the collector gone the agent keeps its reports in the spool, as they would be sent.
  EXPECT_EQ(installation_.StopCollector(), 0);
  ASSERT_TRUE(pcscd->RemoveCard(4).ok());
  ASSERT_TRUE(Eventually([&] { return !std::filesystem::is_empty(installation_.Path("spool")); }));
  std::string reports;
  for (const char* folder : {"spool", "db"}) {
    for (const auto& entry : std::filesystem::directory_iterator(installation_.Path(folder))) {
      reports += ReadFile(entry.path(), 1u << 30).value_or("");
    }
  }
  EXPECT_EQ(installation_.StopAgent(), 0);

  std::set<std::string> never = names_;
  never.insert(personal_numbers_.begin(), personal_numbers_.end());
  never.insert(ders_.begin(), ders_.end());
  ExpectNone("a report or the database", reports, never);
  ExpectNone("check --json", json, never);
  EXPECT_TRUE(Holds(reports, *hsa_ids_.begin())) << "the search would not find an HSA-id either";

  std::set<std::string> restricted = never;
  restricted.insert(hsa_ids_.begin(), hsa_ids_.end());
  restricted.insert(card_numbers_.begin(), card_numbers_.end());
  ExpectNone("the collector's log", installation_.Log("collector"), restricted);
  ExpectNone("the agent's log", installation_.Log("agent"), restricted);
  ExpectNone("/metrics", metrics, restricted);
  ExpectNone("the support page", page, restricted);
  ExpectNone("check", check, restricted);
}

TEST_F(PrivacyTest, HsaIdAndCardNumberCanBeSwitchedOff) {
  CollectPersonalData();
  installation_.agent_extra = "[privacy]\nhsa_id = false\ncard_number = false\n";
  auto pcscd = PrivatePcscd::Start({"Reader A"});
  ASSERT_TRUE(pcscd.ok()) << pcscd.status();
  ASSERT_TRUE(installation_.StartAgent().ok());
  ASSERT_TRUE(pcscd->InsertCard(0, installation_.Card("fine")).ok());
  std::string json;
  ASSERT_TRUE(Eventually([&] {
    json = installation_
               .Run({Installation::Program("kortvakt-agent"), "check", "--json", "--config",
                     installation_.WriteAgentConfig()})
               .out;
    return Holds(json, "PURPOSE_AUTHENTICATION");
  }));
  ExpectNone("check --json", json, hsa_ids_);
  ExpectNone("check --json", json, card_numbers_);
}

}  // namespace
}  // namespace kortvakt::testing
