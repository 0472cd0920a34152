#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "agent/trust/certificate_file.h"
#include "agent/trust/p11_kit_reader.h"
#include "tests/unit/agent/trust/nss_fixture.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using testing::Issued;
using testing::NamedCa;
using testing::Output;
using ::testing::SizeIs;
using testing::TemporaryFolder;

// Fingerprints of the certificates that p11-kit's own tool extracts.
std::set<std::string> Extracted(const std::string& filter) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/out.pem";
  Output("trust extract --format=pem-bundle --filter=" + filter + " " + file);
  CertificateCollector collector;
  const auto text = ReadFile(file);
  if (text.ok() && !text->empty()) collector.AddFile(*text, file);
  std::set<std::string> result;
  for (const auto& entry : collector.Finish().entries) result.insert(entry.sha256);
  return result;
}

TEST(P11KitTest, AgreesWithItsOwnToolOnThisSystem) {
  const StoreReading reading = ReadP11Kit(kP11KitTrustModule, "");
  ASSERT_EQ(reading.contents.state, TrustStoreState::kRead) << reading.contents.detail;
  std::set<std::string> all;
  std::set<std::string> trusted;
  std::set<std::string> distrusted;
  for (const auto& entry : reading.contents.entries) {
    all.insert(entry.sha256);
    // ca-anchors are trusted and not distrusted; the tool's blocklist has the others.
    if (entry.trust == CaTrust::kTrusted) trusted.insert(entry.sha256);
    if (entry.trust == CaTrust::kDistrusted) distrusted.insert(entry.sha256);
  }
  EXPECT_GT(all.size(), 50u);
  EXPECT_EQ(all, Extracted("certificates"));
  EXPECT_EQ(trusted, Extracted("ca-anchors"));
  EXPECT_EQ(distrusted, Extracted("blocklist"));
  ASSERT_FALSE(reading.inputs.empty());
  EXPECT_EQ(reading.inputs.front().front(), '/');
}

TEST(P11KitTest, TellsAnchorsDistrustedAndOthers) {
  const TemporaryFolder folder;
  for (const char* name : {"/anchors", "/blocklist"}) std::filesystem::create_directory(folder.path() + name);
  const Issued anchor = NamedCa("anchor");
  const Issued blocked = NamedCa("blocked");
  const Issued rejected = NamedCa("rejected");
  const Issued other = NamedCa("other");
  folder.Write("anchors/a.pem", anchor.pem);
  folder.Write("blocklist/b.pem", blocked.pem);
  folder.Write("other.pem", other.pem);
  folder.Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const StoreReading reading = ReadP11Kit(kP11KitTrustModule, folder.path());
  ASSERT_EQ(reading.contents.state, TrustStoreState::kRead) << reading.contents.detail;
  std::map<std::string, CaTrust> trust;
  for (const auto& entry : reading.contents.entries) trust[entry.sha256] = entry.trust;
  EXPECT_EQ(trust, (std::map<std::string, CaTrust>{{anchor.sha256, CaTrust::kTrusted},
                                                   {blocked.sha256, CaTrust::kDistrusted},
                                                   {other.sha256, CaTrust::kPresent}}));
  ASSERT_THAT(reading.inputs, SizeIs(1));
  EXPECT_EQ(reading.inputs[0], folder.path());
}

TEST(P11KitTest, AModuleThatIsNotThereIsAbsent) {
  const StoreReading reading = ReadP11Kit("/nonexistent/p11-kit-trust.so", "");
  EXPECT_EQ(reading.contents.state, TrustStoreState::kAbsent);
  EXPECT_THAT(reading.contents.detail, HasSubstr("/nonexistent/p11-kit-trust.so"));
}

}  // namespace
}  // namespace kortvakt
