#include "agent/reporter/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/files.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = ::testing::TempDir() + "spool.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(folder_); }

  Spool Open(size_t limit = 100) {
    absl::StatusOr<Spool> spool = Spool::Open(folder_, limit);
    EXPECT_TRUE(spool.ok()) << spool.status();
    return *std::move(spool);
  }
  static v1::Report Named(const std::string& id) {
    v1::Report report;
    report.set_id(id);
    report.mutable_snapshot()->mutable_workstation()->set_host_name("host-" + id);
    return report;
  }
  static std::vector<std::string> Ids(Spool&& spool) { return Ids(spool); }
  static std::vector<std::string> Ids(Spool& spool) {
    std::vector<std::string> ids;
    for (const v1::Report& report : spool.Oldest(1000, 1u << 30)) ids.push_back(report.id());
    return ids;
  }
  std::string folder_;
};

TEST_F(SpoolTest, KeepsReportsInOrderAcrossARestart) {
  {
    Spool spool = Open();
    for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(Named(id)).ok());
    spool.Remove("b");
  }
  Spool spool = Open();
  EXPECT_THAT(Ids(spool), ElementsAre("a", "c"));
  ASSERT_TRUE(spool.Add(Named("d")).ok());
  EXPECT_THAT(Ids(spool), ElementsAre("a", "c", "d"));
  EXPECT_EQ(spool.Oldest(1, 1000)[0].snapshot().workstation().host_name(), "host-a");
}

TEST_F(SpoolTest, NeverUsesANumberAgainWhileItsReportMayStand) {
  Spool spool = Open();
  ASSERT_TRUE(spool.Add(Named("a")).ok());
  ASSERT_TRUE(spool.Add(Named("b")).ok());
  spool.Remove("a");
  Spool again = Open();
  ASSERT_TRUE(again.Add(Named("c")).ok());
  EXPECT_THAT(Ids(again), ElementsAre("b", "c"));
}

TEST_F(SpoolTest, SaysTheSameEachTimeThatNothingCanBeKept) {
  Spool spool = Open();
  std::filesystem::remove_all(folder_);
  const absl::Status first = spool.Add(Named("a"));
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(spool.Add(Named("b")), first);
  std::filesystem::create_directories(folder_);
  ASSERT_TRUE(spool.Add(Named("c")).ok());
  EXPECT_THAT(Ids(spool), ElementsAre("c"));
}

TEST_F(SpoolTest, DropsTheOldestBeyondItsLimit) {
  Spool spool = Open(2);
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(Named(id)).ok());
  EXPECT_THAT(Ids(spool), ElementsAre("b", "c"));
  EXPECT_EQ(spool.dropped(), 1u);
  Spool smaller = Open(1);
  EXPECT_THAT(Ids(smaller), ElementsAre("c"));
}

TEST_F(SpoolTest, PutsDamagedFilesAsideAndKeepsTheRest) {
  {
    Spool spool = Open();
    for (const char* id : {"a", "b", "c", "d"}) ASSERT_TRUE(spool.Add(Named(id)).ok());
  }
  const std::string cut = folder_ + "/0000000000000002.report";
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 1);
  const std::string flipped = folder_ + "/0000000000000003.report";
  std::string text = *ReadFile(flipped);
  text.back() = static_cast<char>(text.back() ^ 1);
  std::ofstream(flipped, std::ios::binary) << text;
  std::ofstream(folder_ + "/0000000000000009.report") << "";
  std::ofstream(folder_ + "/0000000000000010.report.aB3xyz") << "half";

  Spool spool = Open();
  EXPECT_THAT(Ids(spool), ElementsAre("a", "d"));
  EXPECT_TRUE(std::filesystem::exists(cut + ".damaged"));
  EXPECT_TRUE(std::filesystem::exists(flipped + ".damaged"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/0000000000000010.report.aB3xyz"));
}

TEST_F(SpoolTest, PutsAsideWhatBecomesDamagedWhileItRuns) {
  Spool spool = Open();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(Named(id)).ok());
  std::filesystem::resize_file(folder_ + "/0000000000000001.report", 5);
  std::filesystem::remove(folder_ + "/0000000000000002.report");
  EXPECT_THAT(Ids(spool), ElementsAre("c"));
  EXPECT_EQ(spool.size(), 1u);
  // What was put aside stays there.
  EXPECT_THAT(Ids(Open()), ElementsAre("c"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/0000000000000001.report.damaged"));
}

TEST_F(SpoolTest, GivesNoMoreThanAskedForButAtLeastOne) {
  Spool spool = Open();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(Named(id)).ok());
  EXPECT_EQ(spool.Oldest(2, 1u << 20).size(), 2u);
  EXPECT_EQ(spool.Oldest(3, 1).size(), 1u);
}

TEST_F(SpoolTest, SaysThatItsFolderCannotBeMade) {
  std::ofstream(folder_ + "/file") << "x";
  const absl::StatusOr<Spool> spool = Spool::Open(folder_ + "/file/spool", 10);
  EXPECT_FALSE(spool.ok());
  EXPECT_THAT(std::string(spool.status().message()), ::testing::HasSubstr(folder_));
}

TEST_F(SpoolTest, RefusesAReportThatNoCollectorWouldTake) {
  Spool spool = Open();
  v1::Report report = Named("a");
  report.mutable_snapshot()->mutable_workstation()->set_site(std::string(2u << 20, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(spool.Add(report)));
  EXPECT_THAT(Ids(spool), IsEmpty());
}

}  // namespace
}  // namespace kortvakt
