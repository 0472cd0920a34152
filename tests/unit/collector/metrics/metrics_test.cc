#include "collector/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "collector/metrics/table.h"
#include "tests/unit/collector/fleet/fake_source.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A store that only says how it is.
class IdleStore final : public FleetStore {
 public:
  void Put(ReportRecord, std::function<void(absl::StatusOr<PutOutcome>)>) override {}
  void MarkSeen(SeenMark) override {}
  void AddHistory(std::vector<HistoryEntry>) override {}
  absl::Status Flush() override { return state; }
  size_t pending() const override { return waiting; }
  size_t pending_bytes() const override { return 0; }
  absl::Status health() const override { return state; }
  absl::Status ReadWorkstations(const std::function<bool(StoredWorkstation)>&) override { return state; }
  absl::Status ReadCards(const std::function<bool(StoredCard)>&) override { return state; }
  absl::StatusOr<StoredWorkstation> ReadWorkstation(const std::string&) override {
    return absl::NotFoundError("");
  }
  absl::StatusOr<StoredCard> ReadCard(const std::string&) override { return absl::NotFoundError(""); }
  absl::StatusOr<std::vector<HistoryEntry>> ReadHistory(size_t) override {
    return std::vector<HistoryEntry>();
  }
  absl::Status WriteAlerts(const std::vector<StoredAlert>&) override { return state; }
  absl::StatusOr<std::vector<StoredAlert>> ReadOpenAlerts() override { return std::vector<StoredAlert>(); }
  absl::StatusOr<std::vector<StoredAlert>> ReadResolvedAlerts(size_t) override {
    return std::vector<StoredAlert>();
  }
  absl::Status Forget(const std::vector<std::string>&, const std::vector<std::string>&, absl::Time) override {
    return absl::OkStatus();
  }
  absl::Status Prune(absl::Time, absl::Time) override { return state; }
  absl::Status Backup(const std::string&) override { return state; }

  absl::Status state = absl::OkStatus();
  size_t waiting = 0;
};

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

size_t SeriesOf(const std::string& text, const std::string& site) {
  const std::vector<std::string> lines = Lines(text);
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [&site](const std::string& line) {
    return line.find("{site=\"" + site + "\"") != std::string::npos;
  }));
}

Snapshot Station(const std::string& host, const std::string& site) {
  return AtSite(
      testing::Workstation(CardOf("card " + host, "SE2321000016-1A2B",
                                  {testing::LoginCertificate(testing::ScenarioNow() + testing::Days(20))})),
      host, site);
}

TEST(MetricsTest, AKnownSiteHasEveryClosedLabelCombination) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  t.Report("w1", Station("h1", "Norr"));
  const std::string text = metrics.Text(t.now);
  const size_t required = t.fleet.Counts(t.now).required_cas.size();
  // Design: (97 + R + F) series a site.
  EXPECT_EQ(SeriesOf(text, "Norr"), 97 + required + FindingTable().size());
  EXPECT_THAT(text, HasSubstr("kortvakt_renewals_due{site=\"Norr\",loa=\"3\",stage=\"4w\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_renewals_due{site=\"Norr\",loa=\"2\",stage=\"4w\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_renewals_forecast{month=\"11\"} 0\n"));
}

TEST(MetricsTest, SeriesFollowSitesNotWorkstations) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  t.Report("w1", Station("h1", "Norr"));
  const size_t before = Lines(metrics.Text(t.now)).size();
  for (int i = 0; i < 50; ++i) t.Report(absl::StrCat("v", i), Station(absl::StrCat("x", i), "Norr"));
  EXPECT_EQ(Lines(metrics.Text(t.now)).size(), before);
  t.Report("w1", Station("h1", "Syd"));
  for (int i = 0; i < 50; ++i) t.Report(absl::StrCat("v", i), Station(absl::StrCat("x", i), "Syd"));
  EXPECT_EQ(SeriesOf(metrics.Text(t.now), "Norr"), 0u);
}

TEST(MetricsTest, ShowsAChangeAtOnce) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  EXPECT_THAT(metrics.Text(t.now), Not(HasSubstr("kortvakt_workstations")));
  t.Report("w1", Station("h1", "Norr"));
  EXPECT_THAT(metrics.Text(t.now), HasSubstr("kortvakt_workstations{site=\"Norr\",state=\"reporting\"} 1\n"));
  store.state = absl::UnavailableError("disk");
  store.waiting = 7;
  metrics.CountReport(ReportOutcome::kUnavailable);
  const std::string text = metrics.Text(t.now);
  EXPECT_THAT(text, HasSubstr("kortvakt_storage_up 0\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_storage_queue_reports 7\n"));
  EXPECT_THAT(text, HasSubstr("kortvakt_reports_total{result=\"unavailable\"} 1\n"));
}

TEST(MetricsTest, EveryMetricOfTheTableIsThereWithItsHelpAndLabelsAndNoOther) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  t.Report("w1", Station("h1", "Norr"));
  const std::string text = metrics.Text(t.now);
  std::set<std::string> names;
  for (const MetricInfo* info : MetricTable()) {
    names.insert(info->name);
    EXPECT_THAT(text, HasSubstr(absl::StrCat("# HELP ", info->name, " ", info->help, "\n")));
    std::string labels = info->labels;
    const size_t series = text.find(absl::StrCat("\n", info->name, labels.empty() ? "" : "{"));
    ASSERT_NE(series, std::string::npos) << info->name;
    const std::string line = text.substr(series + 1, text.find('\n', series + 1) - series - 1);
    std::string seen;
    for (size_t at = line.find("=\""); at != std::string::npos; at = line.find("=\"", at + 1)) {
      const size_t start = line.find_last_of("{,", at) + 1;
      seen += (seen.empty() ? "" : ",") + line.substr(start, at - start);
    }
    if (info->type != prometheus::MetricType::Histogram) {
      EXPECT_EQ(seen, labels) << line;
    }
  }
  for (const std::string& line : Lines(text)) {
    if (line.rfind("# TYPE ", 0) != 0) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE(names.contains(name)) << name << " is not in the table";
  }
}

TEST(MetricsTest, PromtoolAcceptsTheTextWhateverASiteIsCalled) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  t.Report("w1", Station("h1", "Quote \" backslash \\ brace } Ö"));
  const std::string path = absl::StrCat("/tmp/kortvakt-metrics-", getpid());
  std::ofstream(path) << metrics.Text(t.now);
  EXPECT_EQ(system(("promtool check metrics < " + path).c_str()), 0);
  unlink(path.c_str());
}

TEST(MetricsTest, HoldsNoPersonalData) {
  TestFleet t;
  IdleStore store;
  Metrics metrics(t.fleet, store);
  t.Report("w1", Station("h1", "Norr"));
  const std::string text = metrics.Text(t.now);
  EXPECT_THAT(text, Not(HasSubstr("SE2321000016")));
  EXPECT_THAT(text, Not(HasSubstr("card h1")));
}

}  // namespace
}  // namespace kortvakt
