#include "agent/trust/browser_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/escaping.h"
#include "agent/trust/json_text.h"
#include "agent/trust/policy_json.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Issued;
using testing::NamedCa;
using ::testing::SizeIs;
using testing::TemporaryFolder;

std::string Base64(const Issued& certificate) { return absl::Base64Escape(AsString(certificate.der)); }

// The policies of a computer below a folder of the test's.
struct Computer {
  TemporaryFolder folder;
  std::vector<std::unique_ptr<BrowserPolicy>> policies = KnownBrowserPolicies(folder.path());
  void Write(const std::string& below, const std::string& text) const {
    fs::create_directories(fs::path(folder.path() + below).parent_path());
    folder.Write(below, text);
  }
  BrowserPolicy& Of(const std::string& browser) const {
    for (const auto& policy : policies) {
      if (policy->browser() == browser) return *policy;
    }
    ADD_FAILURE() << "no policy of " << browser;
    return *policies.front();
  }
  const TrustStoreContents& Look(const std::string& browser) const { return Of(browser).Look(); }
};

TEST(ChromiumPolicyTest, AddsDistrustsAndHints) {
  const Computer computer;
  const Issued a = NamedCa("a");
  const Issued b = NamedCa("b");
  const Issued c = NamedCa("c");
  const Issued d = NamedCa("d");
  EXPECT_EQ(computer.Look("Chromium").state, TrustStoreState::kAbsent);
  computer.Write("/etc/chromium/policies/managed/ca.json",
                 absl::StrCat("// For logins\n{\"CACertificates\": [\"", Base64(a), "\", \"", Base64(b),
                              "\",], /* not */ \"CADistrustedCertificates\": [\"", Base64(b),
                              "\"], \"CAHintCertificates\": [\"", Base64(c),
                              "\"], \"CACertificatesWithConstraints\": [{\"certificate\": \"", Base64(d),
                              "\", \"constraints\": {\"permitted_dns_names\": [\"example.org\"]}}],}"));
  const TrustStoreContents& contents = computer.Look("Chromium");
  EXPECT_EQ(contents.state, TrustStoreState::kRead);
  EXPECT_EQ(contents.detail, "");
  std::map<std::string, CaTrust> trust;
  for (const auto& entry : contents.entries) trust[entry.sha256] = entry.trust;
  EXPECT_EQ(trust, (std::map<std::string, CaTrust>{{a.sha256, CaTrust::kTrusted},
                                                   {b.sha256, CaTrust::kDistrusted},
                                                   {c.sha256, CaTrust::kPresent},
                                                   {d.sha256, CaTrust::kPresent}}));
  EXPECT_EQ(computer.Look("Google Chrome").state, TrustStoreState::kAbsent) << "each browser has its own";
}

TEST(ChromiumPolicyTest, OfAKeyInTwoFilesTheLastFilesCounts) {
  const Computer computer;
  const Issued a = NamedCa("a");
  const Issued b = NamedCa("b");
  computer.Write("/etc/opt/edge/policies/managed/10.json", "{\"CACertificates\": [\"" + Base64(a) + "\"]}");
  computer.Write("/etc/opt/edge/policies/managed/20.json", "{\"CACertificates\": [\"" + Base64(b) + "\"]}");
  const TrustStoreContents& contents = computer.Look("Microsoft Edge");
  ASSERT_THAT(contents.entries, SizeIs(1));
  EXPECT_EQ(contents.entries[0].sha256, b.sha256);
  const void* before = contents.entries.data();
  EXPECT_EQ(computer.Look("Microsoft Edge").entries.data(), before) << "unchanged: not parsed again";
  fs::remove(computer.folder.path() + "/etc/opt/edge/policies/managed/20.json");
  EXPECT_EQ(computer.Look("Microsoft Edge").entries.at(0).sha256, a.sha256);
}

TEST(ChromiumPolicyTest, SaysWhatCannotBeUsedAndTakesTheRest) {
  const Computer computer;
  const std::string folder = "/etc/chromium/policies/managed/";
  const Issued a = NamedCa("a");
  computer.Write(folder + "1.json",
                 "{\"CACertificates\": [\"" + Base64(a) + "\", \"!!\", \"AAAA\", 7, null]}");
  computer.Write(folder + "2.json", "{ not json");
  computer.Write(folder + "3.json", std::string(20000, '['));
  computer.Write(folder + "4.json", "[1]");
  computer.Write(folder + "5.json", "{\"CAHintCertificates\": \"no list\"}");
  computer.Write(folder + "6.json", "{\"\xFF\xFE\": 1}");
  ASSERT_EQ(mkfifo((computer.folder.path() + folder + "7.json").c_str(), 0600), 0);
  const TrustStoreContents& contents = computer.Look("Chromium");
  EXPECT_EQ(contents.state, TrustStoreState::kUnreadable) << "what is left out may name more";
  ASSERT_THAT(contents.entries, SizeIs(1));
  EXPECT_THAT(contents.detail, HasSubstr("left out: 2.json: not a JSON object"));
  EXPECT_THAT(contents.detail, HasSubstr("more of this kind"));
}

TEST(ChromiumPolicyTest, AFileThatIsLeftOutIsToldWhereItIsTheOnlyOne) {
  const Computer computer;
  computer.Write("/etc/chromium/policies/managed/ca.json", "{\"CACertificates\": [}");
  EXPECT_EQ(computer.Look("Chromium").state, TrustStoreState::kUnreadable);
  EXPECT_EQ(computer.Look("Chromium").detail, "left out: ca.json: not a JSON object");
  computer.Write("/etc/chromium/policies/managed/ca.json", "{\"CACertificates\": [\"!!\"]}");
  EXPECT_EQ(computer.Look("Chromium").state, TrustStoreState::kRead) << "the file is taken, an entry is not";
}

// As Chromium 156 does; an editor of another system writes it.
TEST(ChromiumPolicyTest, TakesAByteOrderMark) {
  const Computer computer;
  const Issued a = NamedCa("a");
  computer.Write("/etc/chromium/policies/managed/ca.json",
                 "\xEF\xBB\xBF{\"CACertificates\": [\"" + Base64(a) + "\"]}");
  const TrustStoreContents& contents = computer.Look("Chromium");
  EXPECT_EQ(contents.state, TrustStoreState::kRead);
  EXPECT_EQ(contents.detail, "");
  EXPECT_THAT(contents.entries, SizeIs(1));
}

// Each of these took protobuf's parser minutes, which is why the whole test would hang.
TEST(ChromiumPolicyTest, IsNotHeldUpByNesting) {
  const Computer computer;
  const auto detail = [&](const std::string& text) {
    computer.Write("/etc/chromium/policies/managed/h.json", text);
    return computer.Look("Chromium").detail;
  };
  const auto nest = [](const std::string& before, const std::string& open, const std::string& close) {
    std::string text = "{" + before + "\"a\":";
    for (int i = 0; i < 32 << 10; ++i) text += open;
    text += "1";
    for (int i = 0; i < 32 << 10; ++i) text += close;
    return text + "}";
  };
  EXPECT_EQ(detail(nest("", "[", "]")), "left out: h.json: nested too deeply");
  EXPECT_EQ(detail(nest("", "{\"a\":", "}")), "left out: h.json: nested too deeply");
  EXPECT_EQ(detail(nest("", "[ /* [ */", "],")), "left out: h.json: nested too deeply");
  // A string for protobuf's parser, in which ours would have seen the beginning of one.
  EXPECT_EQ(detail(nest("'\"':1,", "[", "]")), "left out: h.json: not a JSON object");
  EXPECT_EQ(detail("]]]]{\"a\":" + std::string(32 << 10, '[')), "left out: h.json: nested too deeply");
}

TEST(ChromiumPolicyTest, TakesAMebibyteOfPoliciesTogether) {
  const Computer computer;
  const std::string folder = "/etc/chromium/policies/managed/";
  const Issued a = NamedCa("a");
  computer.Write(folder + "1.json", "{\"CACertificates\": [\"" + Base64(a) + "\"]}");
  computer.Write(folder + "2.json", "{}" + std::string(kMaxPolicyBytes - 2, ' '));
  const TrustStoreContents& contents = computer.Look("Chromium");
  EXPECT_EQ(contents.state, TrustStoreState::kUnreadable);
  EXPECT_EQ(contents.detail, "left out: 2.json: its files have more than 1048576 bytes together");
  EXPECT_THAT(contents.entries, SizeIs(1));
}

TEST(FirefoxPolicyTest, InstallsFilesByNameAndPath) {
  const Computer computer;
  const Issued a = NamedCa("a");
  const Issued b = NamedCa("b");
  EXPECT_EQ(computer.Look("Firefox").state, TrustStoreState::kAbsent);
  computer.Write("/usr/lib64/mozilla/certificates/a.pem", a.pem);
  const std::string path = computer.folder.Write("b.der", AsString(b.der));
  const auto policies = [&](const std::string& more) {
    return absl::StrCat("{\"policies\": {\"Certificates\": {\"ImportEnterpriseRoots\": true, \"Install\": ",
                        "[\"a.pem\", \"", path, "\", \"../../x\", \"none.pem\"]}", more, "}}");
  };
  computer.Write("/etc/firefox/policies/policies.json", policies(""));
  const TrustStoreContents& contents = computer.Look("Firefox");
  ASSERT_THAT(contents.entries, SizeIs(2));
  EXPECT_EQ(contents.entries[0].sha256, a.sha256);
  EXPECT_EQ(contents.entries[1].trust, CaTrust::kTrusted);
  EXPECT_THAT(contents.detail, HasSubstr("../../x: not a file name; 1 more"));
  EXPECT_EQ(computer.Of("Firefox").modules(), NamedModules())
      << "ImportEnterpriseRoots does nothing on Linux";

  computer.folder.Write("b.der", AsString(a.der));
  EXPECT_THAT(computer.Look("Firefox").entries, SizeIs(1)) << "a certificate's file changed";
  computer.Write("/etc/firefox/policies/policies.json",
                 policies(", \"SecurityDevices\": {\"Add\": {\"System\": \"/usr/lib/p11-kit-trust.so\", "
                          "\"Card\": \"libiidp11.so\"}, \"Delete\": [\"Old\"]}"));
  computer.Look("Firefox");
  EXPECT_EQ(computer.Of("Firefox").modules(),
            (NamedModules{{"libiidp11.so", "/usr/lib/p11-kit-trust.so"}, true}));
  computer.Write("/etc/firefox/policies/policies.json",
                 "{\"policies\": {\"SecurityDevices\": {\"x\": \"/y/p11-kit-trust.so\"}}}");
  EXPECT_THAT(computer.Look("Firefox").entries, IsEmpty());
  EXPECT_EQ(computer.Of("Firefox").modules(), (NamedModules{{"/y/p11-kit-trust.so"}, true}))
      << "the form of old";
  computer.Write("/etc/firefox/policies/policies.json", "{");
  computer.Look("Firefox");
  EXPECT_EQ(computer.Of("Firefox").modules(), (NamedModules{{}, false}));
}

TEST(FirefoxPolicyTest, TheFirstFileThatExistsCountsAlsoWhenItIsBad) {
  const Computer computer;
  computer.Write("/usr/lib/firefox-esr/distribution/policies.json", "{}");
  EXPECT_EQ(computer.Look("Firefox").state, TrustStoreState::kRead);
  computer.Write("/etc/firefox/policies/policies.json", "{");
  EXPECT_EQ(computer.Look("Firefox").state, TrustStoreState::kUnreadable);
  EXPECT_THAT(computer.Look("Firefox").detail,
              HasSubstr("/etc/firefox/policies/policies.json: not a JSON object"));
}

// JSON.parse (ECMA-262, 25.5.1) takes none of them, and Firefox then has no policy at all.
TEST(FirefoxPolicyTest, IsLeftOutWhereItHasWhatFirefoxDoesNotTake) {
  const Computer computer;
  const std::string file = "/etc/firefox/policies/policies.json";
  for (const std::string bad :
       {"\xEF\xBB\xBF{\"policies\": {}}", "{\"policies\": {}} // x", "{\"policies\": {},}"}) {
    computer.Write(file, bad);
    for (int look = 0; look < 2; ++look) {
      const TrustStoreContents& contents = computer.Look("Firefox");
      EXPECT_EQ(contents.state, TrustStoreState::kUnreadable) << bad;
      EXPECT_THAT(contents.detail, HasSubstr("policies.json: Firefox takes no comment")) << bad;
      EXPECT_FALSE(computer.Of("Firefox").modules().all_read);
    }
  }
  computer.Write(file, "{\"policies\": {}}");
  EXPECT_EQ(computer.Look("Firefox").state, TrustStoreState::kRead);
  EXPECT_EQ(computer.Of("Firefox").modules(), NamedModules());
}

TEST(PlainJsonTest, BoundsTheDepthOutsideStringsAndComments) {
  const auto nest = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(PlainJson(nest(kMaxJsonDepth)).ok());
  EXPECT_TRUE(PlainJson(nest(kMaxJsonDepth) + nest(kMaxJsonDepth)).ok());
  EXPECT_FALSE(PlainJson(nest(kMaxJsonDepth + 1)).ok());
  EXPECT_TRUE(PlainJson("\"" + nest(100) + "\" // " + nest(100) + "\n/*" + nest(100) + "*/").ok());
  EXPECT_FALSE(PlainJson("{'a': 1}").ok());
  EXPECT_TRUE(PlainJson("{\"it's\": 1} // it's").ok());
}

TEST(PlainJsonTest, TakesAwayCommentsAndLastCommasOutsideStrings) {
  EXPECT_EQ(*PlainJson("{\"a\": \"// /* , }\", // x\n \"b\": [1, 2, /* y */ ] , }"),
            "{\"a\": \"// /* , }\", \n \"b\": [1, 2   ]   }");
  EXPECT_EQ(*PlainJson("{\"a\\\"//\": 1}"), "{\"a\\\"//\": 1}");
  EXPECT_EQ(*PlainJson("/* no end"), "");
  EXPECT_EQ(*PlainJson("\"no end\\"), "\"no end\\");
  EXPECT_EQ(*PlainJson("\xEF\xBB\xBF{}"), "{}");
  EXPECT_EQ(*PlainJson(""), "");
}

}  // namespace
}  // namespace kortvakt
