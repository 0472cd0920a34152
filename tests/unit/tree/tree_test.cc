// Rules of the tree that ARCHITECTURE.md states, checked on the include lines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kortvakt {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;    // path in the tree
  std::string header;  // as written
};

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    const char* source = std::getenv("KORTVAKT_SOURCE");
    if (source == nullptr) return;
    for (const char* top : {"agent", "collector", "common"}) {
      for (const auto& entry : fs::recursive_directory_iterator(fs::path(source) / top)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cc") continue;
        const std::string file = fs::relative(entry.path(), source).string();
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);) {
          const size_t start = line.find_first_of("<\"");
          if (line.rfind("#include", 0) != 0 || start == std::string::npos) continue;
          includes_.push_back(
              {file, line.substr(start + 1, line.find_first_of(">\"", start + 1) - start - 1)});
        }
      }
    }
  }

  static bool Under(const std::string& path, const std::string& folder) { return path.rfind(folder, 0) == 0; }

  std::vector<Include> includes_;
};

TEST_F(TreeTest, AgentAndCollectorNeverIncludeEachOtherAndCommonIncludesNeither) {
  ASSERT_GT(includes_.size(), 200u);
  for (const Include& include : includes_) {
    const std::string top = include.file.substr(0, include.file.find('/'));
    for (const std::string other : {"agent/", "collector/", "tests/"}) {
      if (Under(other, top)) continue;
      EXPECT_FALSE(Under(include.header, other)) << include.file << " includes " << include.header;
    }
  }
}

TEST_F(TreeTest, IncludesPointDown) {
  // Folders from the bottom up; a file includes its own folder and those before it.
  const std::vector<std::vector<std::string>> layers = {
      {"common/base/", "common/tls/", "common/certs/", "common/snapshot/", "common/judge/"},
      {"agent/host/", "agent/pcsc/", "agent/cards/", "agent/readers/", "agent/trust/", "agent/probe/",
       "agent/revocation/", "agent/reporter/", "agent/desk/", "agent/"},
  };
  for (const auto& folders : layers) {
    for (const Include& include : includes_) {
      size_t from = folders.size();
      size_t to = folders.size();
      for (size_t i = folders.size(); i-- > 0;) {
        // The longest name that fits: "agent/" is the last and shortest.
        if (Under(include.file, folders[i])) from = i;
        if (Under(include.header, folders[i])) to = i;
      }
      // agent/config.h is at the top, for main; nothing below needs it.
      if (from == folders.size() || to == folders.size()) continue;
      EXPECT_LE(to, from) << include.file << " includes " << include.header;
    }
  }
}

TEST_F(TreeTest, CLibrariesStayInTheFolderThatWrapsThem) {
  const std::map<std::string, std::set<std::string>> homes = {
      {"winscard.h", {"agent/pcsc/"}},
      {"PCSC/", {"agent/pcsc/"}},
      {"openssl/",
       {"common/certs/", "common/tls/", "common/base/", "agent/reporter/", "agent/probe/",
        "agent/revocation/"}},
      {"sqlite3.h", {"collector/store/", "agent/trust/"}},
      {"p11-kit/", {"agent/trust/"}},
      {"zlib.h", {"agent/cards/"}},
      {"toml++/", {"common/base/"}},
      {"curl/", {"agent/revocation/"}},
      {"httplib.h", {"collector/http/"}},
      {"prometheus/", {"collector/metrics/"}},
      {"CLI/", {"common/base/", "agent/main.cc", "collector/main.cc", "collector/cli/"}},
  };
  for (const Include& include : includes_) {
    for (const auto& [header, folders] : homes) {
      if (!Under(include.header, header)) continue;
      bool home = false;
      for (const std::string& folder : folders) home |= Under(include.file, folder);
      EXPECT_TRUE(home) << include.file << " includes " << include.header;
    }
  }
}

TEST_F(TreeTest, GrpcIsSeenByTransportsOnly) {
  for (const Include& include : includes_) {
    if (!Under(include.header, "grpc") && include.header.find(".grpc.pb.h") == std::string::npos) continue;
    EXPECT_FALSE(include.file.ends_with(".h") && Under(include.file, "common/")) << include.file;
    bool transport = false;
    for (const char* place : {"agent/reporter/collector_client.cc", "collector/ingest/", "collector/query/",
                              "collector/cli/client.cc"}) {
      transport |= Under(include.file, place);
    }
    EXPECT_TRUE(transport) << include.file << " includes " << include.header;
  }
}

TEST_F(TreeTest, HeadersOfCardsAndReadersNameNoOperatingSystemType) {
  for (const Include& include : includes_) {
    if (!include.file.ends_with(".h") || Under(include.file, "common/base/descriptor.h")) continue;
    for (const char* system : {"unistd.h", "sys/", "poll.h", "windows.h"}) {
      EXPECT_FALSE(Under(include.header, system)) << include.file << " includes " << include.header;
    }
  }
}

}  // namespace
}  // namespace kortvakt
