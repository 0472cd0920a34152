#include "collector/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kLeast[] = "[tls]\nca = \"a\"\ncert = \"b\"\nkey = \"c\"\n[storage]\npath = \"d\"\n";

class CollectorConfigTest : public ::testing::Test {
 protected:
  CollectorConfigTest() {
    char pattern[] = "/tmp/kortvakt-config-XXXXXX";
    const int descriptor = mkstemp(pattern);
    close(descriptor);
    path_ = pattern;
  }
  ~CollectorConfigTest() override { unlink(path_.c_str()); }
  absl::StatusOr<CollectorConfig> Read(const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    return ReadCollectorConfig(path_);
  }
  std::string Complaint(const std::string& text) {
    const absl::Status status = Read(text).status();
    EXPECT_FALSE(status.ok()) << text;
    return std::string(status.message());
  }
  std::string path_;
};

TEST_F(CollectorConfigTest, HasTheDocumentedDefaults) {
  const CollectorConfig config = Read(kLeast).value();
  EXPECT_EQ(config.grpc_address, "0.0.0.0:7443");
  EXPECT_EQ(config.http_address, "127.0.0.1:9464");
  EXPECT_EQ(config.tls.key, "c");
  EXPECT_EQ(config.storage_path, "d");
  EXPECT_EQ(config.keep_presence, absl::Hours(24) * 30);
  EXPECT_EQ(config.keep_history, absl::Hours(24) * 400);
  EXPECT_EQ(config.keep_unseen, absl::Hours(24) * 400);
  EXPECT_EQ(config.log_level, "info");
  EXPECT_TRUE(config.access.empty());
}

TEST_F(CollectorConfigTest, ReadsSitesAndAccess) {
  const CollectorConfig config = Read(std::string(kLeast) +
                                      "[[site]]\nname = \"Norr\"\nhosts = [\"n-*\", \"m?\"]\n"
                                      "[[access]]\nrole = \"operator\"\nsha256 = \"AA:" +
                                      std::string(62, 'b') +
                                      "\"\n"
                                      "[[access]]\nrole = \"reader\"\ncommon_name = \"x\"\n")
                                     .value();
  ASSERT_EQ(config.sites.size(), 1u);
  EXPECT_THAT(config.sites[0].hosts, ElementsAre("n-*", "m?"));
  ASSERT_EQ(config.access.size(), 2u);
  EXPECT_EQ(config.access[0].role, Role::kOperator);
  EXPECT_EQ(config.access[0].sha256, "aa" + std::string(62, 'b'));
  EXPECT_EQ(config.access[1].common_name, "x");
}

TEST_F(CollectorConfigTest, NamesWhatIsWrongAndWhere) {
  EXPECT_THAT(Complaint(""), HasSubstr("missing"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[listen]\ngrpc = \"7443\"\n"), HasSubstr(":8: "));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[listen]\nhttp = \"a:99999\"\n"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[[site]]\nname = \"x\"\nhosts = []\n"), HasSubstr("'hosts'"));
  EXPECT_THAT(Complaint(std::string(kLeast) +
                        "[[site]]\nname = \"x\"\nhosts = [\"a\"]\n[[site]]\nname = \"x\"\nhosts "
                        "= [\"b\"]\n"),
              HasSubstr("twice"));
  EXPECT_THAT(
      Complaint(std::string(kLeast) + "[[site]]\nname = \"other\"\nhosts = [\"a\"]\n"),
      HasSubstr(":8: 'name' is 'other', which stands for workstations of too many sites; write another"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[[site]]\nname = \"unknown\"\nhosts = [\"a\"]\n"),
              HasSubstr(":8: 'name' is 'unknown', which stands for workstations of no site; write another"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[[access]]\nrole = \"reader\"\n"),
              HasSubstr("exactly one of"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[[access]]\nuri = \"u\"\n"), HasSubstr("'role' is missing"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[[access]]\nrole = \"reader\"\nsha256 = \"ab\"\n"),
              HasSubstr("64 hex digits"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "unseen = \"100d\"\n"),
              HasSubstr("longer than [policy] retired_after"));
  EXPECT_THAT(Complaint(std::string(kLeast) + "[storage2]\n"), HasSubstr("storage2"));
}

}  // namespace
}  // namespace kortvakt
