#include "agent/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

class AgentConfigTest : public ::testing::Test {
 protected:
  AgentConfigTest() {
    std::string pattern = ::testing::TempDir() + "config.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~AgentConfigTest() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<AgentConfig> Read(const std::string& text) const {
    const std::string path = folder_ + "/agent.toml";
    std::ofstream(path) << text;
    return ReadAgentConfig(path);
  }
  std::string Complaint(const std::string& text) const { return std::string(Read(text).status().message()); }

  std::string folder_;
};

std::string Folders(int count) {
  std::string text = "[trust]\nfolders = [";
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, "\"/ca/", i, "\", ");
  return text + "]\n";
}

TEST_F(AgentConfigTest, IsTheDefaultsWhereNothingIsSet) {
  const absl::StatusOr<AgentConfig> config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->trust.system_bundle, DefaultAgentConfig().trust.system_bundle);
  EXPECT_EQ(config->socket_path, DefaultAgentConfig().socket_path);
  EXPECT_FALSE(config->collector.address.has_value());
}

TEST_F(AgentConfigTest, TakesTheSampleThatIsShipped) {
  const char* source = std::getenv("KORTVAKT_SOURCE");
  ASSERT_NE(source, nullptr);
  const absl::StatusOr<AgentConfig> config =
      ReadAgentConfig(absl::StrCat(source, "/deploy/config/agent.toml"));
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST_F(AgentConfigTest, TakesNoMoreFoldersThanLeaveRoomForOtherStores) {
  EXPECT_EQ(Read(Folders(32))->trust.folders.size(), 32u);
  EXPECT_THAT(Complaint(Folders(33)), HasSubstr("agent.toml:2: 'folders' has 33 entries; at most 32"));
}

TEST_F(AgentConfigTest, LooksAtEveryKindOfTrustStoreUnlessToldNotTo) {
  const absl::StatusOr<AgentConfig> all = Read("");
  EXPECT_TRUE(all->trust.p11_kit && all->trust.browser_policies && all->trust.browser_databases);
  const absl::StatusOr<AgentConfig> none = Read(
      "[trust]\nsystem_bundle = \"\"\np11_kit = false\nbrowser_policies = false\nbrowser_databases = "
      "false\n");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->trust.system_bundle, "");
  EXPECT_FALSE(none->trust.p11_kit || none->trust.browser_policies || none->trust.browser_databases);
  EXPECT_THAT(Complaint("[trust]\np11_kit = \"yes\"\n"), HasSubstr("agent.toml:2: 'p11_kit'"));
  EXPECT_THAT(Complaint("[trust]\nbrowser_database = true\n"), HasSubstr("browser_databases"));
}

TEST_F(AgentConfigTest, ProbesNothingUnlessTold) {
  EXPECT_TRUE(Read("")->probe_targets.empty());
  EXPECT_FALSE(Read("")->proxy.has_value());
  const absl::StatusOr<AgentConfig> config = Read(
      "[probe]\nhosts = [\"https://login.example.org:8443/a\"]\nproxy = \"http://proxy.example.org:3128\"\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->probe_targets.size(), 1u);
  EXPECT_EQ(FormatProbeTarget(config->probe_targets[0]), "https://login.example.org:8443/a");
  EXPECT_EQ(FormatServerAddress(*config->proxy->proxy), "proxy.example.org:3128");
  EXPECT_FALSE(Read("[probe]\nproxy = \"none\"\n")->proxy->proxy.has_value());
  EXPECT_THAT(Complaint("[probe]\nhosts = [\"http://x\"]\n"), HasSubstr("agent.toml:2: 'hosts': 'http://x'"));
  EXPECT_THAT(Complaint("[probe]\nproxy = \"socks5://x\"\n"),
              HasSubstr("agent.toml:2: 'proxy': only HTTP proxies can be used"));
  std::string many = "[probe]\nhosts = [";
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "\"https://a", i, ".example\", ");
  EXPECT_THAT(Complaint(many + "]\n"), HasSubstr("'hosts' has 17 entries; at most 16"));
}

TEST_F(AgentConfigTest, ASiteIsOneLineOfAtMost64Bytes) {
  EXPECT_EQ(Read("[workstation]\nsite = \"Norra Åsen\"\n")->site, "Norra Åsen");
  for (const std::string& wrong :
       {std::string(65, 's'), std::string("a\\nb"), std::string("a\\u001B[2J"), std::string("a\\u0085")}) {
    EXPECT_THAT(Complaint(absl::StrCat("[workstation]\nsite = \"", wrong, "\"\n")),
                HasSubstr("agent.toml:2: 'site' must be printable UTF-8 of at most 64 bytes"));
  }
}

TEST_F(AgentConfigTest, WantsAbsolutePathsAndAnAddressToConnectTo) {
  EXPECT_THAT(Complaint("[spool]\nfolder = \"spool\"\n"),
              HasSubstr("agent.toml:2: 'folder' must be an absolute path"));
  EXPECT_THAT(Complaint("[spool]\nfolder = \"/a\\u001B[2J\"\n"),
              HasSubstr("agent.toml:2: 'folder' must be an absolute path, not '/a [2J'"));
  EXPECT_THAT(Complaint("[trust]\nfolders = [\"x\"]\n"),
              HasSubstr("agent.toml:2: 'folders' must be absolute paths"));
  EXPECT_THAT(Complaint("[collector]\naddress = \"host:0\"\nca = \"/a\"\ncert = \"/b\"\nkey = \"/c\"\n"),
              HasSubstr("agent.toml:2: 'address': 'host:0' is not HOST:PORT"));
  EXPECT_THAT(Complaint(absl::StrCat("[socket]\npath = \"/", std::string(107, 's'), "\"\n")),
              HasSubstr("agent.toml:2: 'path' is longer than 107 bytes"));
}

}  // namespace
}  // namespace kortvakt
