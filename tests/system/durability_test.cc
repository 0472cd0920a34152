// What is acknowledged is never lost: not by kill -9, not by a power cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "agent/reporter/collector_client.h"
#include "agent/reporter/reporter.h"
#include "common/base/time.h"
#include "common/snapshot/snapshot_proto.h"
#include "kortvakt/v1/query.pb.h"
#include "tests/support/crash/power_cut.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

class DurabilityTest : public ::testing::Test {
 protected:
  // Sends a snapshot that names `host`; whether the collector acknowledged it.
  bool Report(const std::string& host) {
    const std::string tls = installation_.Path("pki/tls/");
    const auto client =
        MakeCollectorClient({"localhost", static_cast<uint16_t>(installation_.grpc_port())},
                            {tls + "ca.pem", tls + "workstation.pem", tls + "workstation.key"});
    Snapshot snapshot;
    snapshot.observed_at = SystemClock().Now();
    snapshot.workstation.id = kWorkstationId;
    snapshot.workstation.host_name = host;
    snapshot.versions.os = "linux";
    v1::SendReportsRequest request;
    v1::Report& report = *request.add_reports();
    report.set_id(NewUuid());
    report.mutable_sent_at()->set_seconds(absl::ToUnixSeconds(snapshot.observed_at));
    *report.mutable_snapshot() = SnapshotToProto(snapshot);
    const absl::StatusOr<v1::SendReportsResponse> response = client->Send(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() && response->results_size() == 1 &&
           response->results(0).result() == v1::ReportResult::RESULT_ACCEPTED;
  }

  std::string StoredHost() {
    v1::GetWorkstationResponse response;
    EXPECT_TRUE(installation_.Query({"workstation", kWorkstationId}, response));
    return response.snapshot().workstation().host_name();
  }

  Installation::Environment LosingWhatIsNotSynced() {
    return {{"LD_PRELOAD", UnsyncedLibrary()},
            {"KORTVAKT_CRASH_FOLDER", installation_.Path("db")},
            {"KORTVAKT_CRASH_JOURNAL", installation_.Path("journal")}};
  }

  Installation installation_;
};

TEST_F(DurabilityTest, AnAcknowledgedReportSurvivesKill) {
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(installation_.StartCollector().ok());
    const std::string host = absl::StrCat("host-", round);
    ASSERT_TRUE(Report(host));
    installation_.KillCollector();
    ASSERT_TRUE(installation_.StartCollector().ok());
    EXPECT_EQ(StoredHost(), host);
    EXPECT_EQ(installation_.StopCollector(), 0);
  }
}

TEST_F(DurabilityTest, AnAcknowledgedReportSurvivesAPowerCut) {
  int undone = 0;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(installation_.StartCollector(LosingWhatIsNotSynced()).ok());
    const std::string host = absl::StrCat("host-", round);
    ASSERT_TRUE(Report(host));
    installation_.KillCollector();
    ASSERT_TRUE(std::filesystem::exists(installation_.Path("journal"))) << "the layer was not there";
    const absl::Status cut = CutPower(installation_.Path("journal"), &undone);
    ASSERT_TRUE(cut.ok()) << cut;
    ASSERT_TRUE(installation_.StartCollector().ok());
    EXPECT_EQ(StoredHost(), host);
    EXPECT_EQ(installation_.StopCollector(), 0);
  }
}

TEST_F(DurabilityTest, ThePowerCutBites) {
  // The same layer under a program that syncs nothing: all is gone.
  std::filesystem::create_directory(installation_.Path("db"));
  installation_.Write("db/kept", "before");
  Installation::Environment environment = LosingWhatIsNotSynced();
  std::vector<std::string> command = {"/usr/bin/env"};
  for (const auto& [name, value] : environment) command.push_back(absl::StrCat(name, "=", value));
  command.insert(command.end(),
                 {"/bin/sh", "-c",
                  "cd '" + installation_.Path("db") + "' && echo x >new && echo after >kept && rm -f other"});
  ASSERT_EQ(installation_.Run(command).exit_code, 0);
  ASSERT_TRUE(std::filesystem::exists(installation_.Path("db/new")));
  int undone = 0;
  ASSERT_TRUE(CutPower(installation_.Path("journal"), &undone).ok());
  EXPECT_GE(undone, 3);
  EXPECT_FALSE(std::filesystem::exists(installation_.Path("db/new")));
  std::ifstream kept(installation_.Path("db/kept"));
  EXPECT_EQ(std::string((std::istreambuf_iterator<char>(kept)), {}), "before");
}

TEST_F(DurabilityTest, ThePowerCutBitesADatabaseThatDoesNotSync) {
  // SQLite itself, as the store uses it, with and without waiting for the disk.
  for (const auto& [synchronous, kept] : {std::pair("FULL", "1\n"), std::pair("OFF", "")}) {
    std::filesystem::remove_all(installation_.Path("db"));
    std::filesystem::create_directory(installation_.Path("db"));
    const std::string file = installation_.Path("db") + "/fleet.db";
    ASSERT_EQ(installation_.Run({"sqlite3", file, "PRAGMA journal_mode=WAL; CREATE TABLE t (x);"}).exit_code, 0);
    Installation::Environment environment = LosingWhatIsNotSynced();
    std::vector<std::string> command = {"env"};
    for (const auto& [name, value] : environment) command.push_back(absl::StrCat(name, "=", value));
    // Killed by itself: a database that is closed in order syncs.
    command.insert(command.end(),
                   {"sh", "-c",
                    absl::StrCat("(echo 'PRAGMA synchronous=", synchronous,
                                 "; INSERT INTO t VALUES (1);'; echo '.shell kill -9 $PPID') | sqlite3 '", file, "'")});
    installation_.Run(command);
    ASSERT_TRUE(CutPower(installation_.Path("journal"), nullptr).ok());
    EXPECT_EQ(installation_.Run({"sqlite3", file, "SELECT x FROM t;"}).out, kept) << synchronous;
  }
}

TEST_F(DurabilityTest, TheAgentsSpoolSurvivesAPowerCut) {
  const std::string folder = installation_.Path("db");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // The library is preloaded by exec, so the child is this program again.
    const Installation::Environment environment = LosingWhatIsNotSynced();
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    setenv("KORTVAKT_SPOOL_CHILD", folder.c_str(), 1);
    execl("/proc/self/exe", "system_test", "--gtest_filter=SpoolChild.*", nullptr);
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child keeps a report and kills itself";
  ASSERT_TRUE(CutPower(installation_.Path("journal")).ok());
  absl::StatusOr<Spool> spool = Spool::Open(folder, 10);
  ASSERT_TRUE(spool.ok()) << spool.status();
  ASSERT_EQ(spool->size(), 1u);
  EXPECT_EQ(spool->Oldest(1, 1000)[0].id(), "kept");
}

TEST(SpoolChild, KeepsAReportAndIsKilled) {
  const char* folder = std::getenv("KORTVAKT_SPOOL_CHILD");
  if (folder == nullptr) GTEST_SKIP() << "run by TheAgentsSpoolSurvivesAPowerCut";
  absl::StatusOr<Spool> spool = Spool::Open(folder, 10);
  ASSERT_TRUE(spool.ok()) << spool.status();
  v1::Report report;
  report.set_id("kept");
  ASSERT_TRUE(spool->Add(report).ok());
  raise(SIGKILL);
}

}  // namespace
}  // namespace kortvakt::testing
