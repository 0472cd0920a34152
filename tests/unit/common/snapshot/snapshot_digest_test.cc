// Which changes of a snapshot are news.
#include <gtest/gtest.h>

#include "common/base/time.h"
#include "common/snapshot/snapshot_proto.h"
#include "tests/unit/common/snapshot/snapshot_samples.h"

namespace kortvakt {
namespace {

using testing::Everything;

TEST(SnapshotDigestTest, ChangesWithWhatMattersOnly) {
  const std::string digest = SnapshotDigest(Everything());
  Snapshot later = Everything();
  later.observed_at += absl::Hours(1);
  later.clock.offset_to_collector = absl::Seconds(5);
  later.readers[0].card->read_at = *ParseTime("2026-11-23");
  EXPECT_EQ(SnapshotDigest(later), digest);
  Snapshot other = Everything();
  other.readers[0].card->certificates[0].not_after -= absl::Seconds(1);
  EXPECT_NE(SnapshotDigest(other), digest);
}

TEST(SnapshotDigestTest, TheSameAnswerOnAnotherDayIsNoNews) {
  const std::string digest = SnapshotDigest(Everything());
  Snapshot later = Everything();
  RevocationCheck& check = later.revocations[0];
  check.checked_at += absl::Hours(24);
  *check.this_update += absl::Hours(24);
  *check.next_update += absl::Hours(24);
  later.ca_downloads[0].checked_at += absl::Hours(24);
  EXPECT_EQ(SnapshotDigest(later), digest);
  check.status = RevocationStatus::kGood;
  EXPECT_NE(SnapshotDigest(later), digest);
  later = Everything();
  *later.revocations[0].revoked_at += absl::Seconds(1);
  EXPECT_NE(SnapshotDigest(later), digest);
  later = Everything();
  later.ca_downloads[0].outcome = CaDownloadOutcome::kMatches;
  EXPECT_NE(SnapshotDigest(later), digest);
}

// So that what a collector keeps, and says with its date, is never much older.
TEST(SnapshotDigestTest, AnAnswerThatStaysTheSameIsSentOnceAWeek) {
  const auto digest_at = [](absl::Time checked_at) {
    Snapshot snapshot = Everything();
    snapshot.revocations[0].checked_at = checked_at;
    return SnapshotDigest(snapshot);
  };
  const auto download_at = [](absl::Time checked_at) {
    Snapshot snapshot = Everything();
    snapshot.ca_downloads[0].checked_at = checked_at;
    return SnapshotDigest(snapshot);
  };
  for (const char* start : {"2026-11-19", "1969-12-25", "1970-01-01", "1962-03-01"}) {  // Thursdays
    const absl::Time week = *ParseTime(start);
    const absl::Time last = week + kRevocationRenewal - absl::Nanoseconds(1);
    EXPECT_EQ(digest_at(week), digest_at(last)) << start;
    EXPECT_NE(digest_at(week), digest_at(week + kRevocationRenewal)) << start;
    EXPECT_NE(digest_at(week), digest_at(week - absl::Seconds(1))) << start;
    EXPECT_EQ(download_at(week), download_at(last)) << start;
    EXPECT_NE(download_at(week), download_at(week + kRevocationRenewal)) << start;
  }
}

TEST(SnapshotDigestTest, AProbeThatEndsAsBeforeIsNoNewsWhicheverAddressAnswered) {
  Snapshot snapshot;
  ProbeFacts& probe = snapshot.probes.emplace_back();
  probe.url = "https://login.example/";
  probe.outcome = ProbeOutcome::kAnswered;
  probe.addresses = {{"192.0.2.1", "refused"}, {"192.0.2.2", ""}};
  const std::string before = SnapshotDigest(snapshot);
  snapshot.probes[0].addresses = {{"192.0.2.9", ""}, {"192.0.2.8", "refused"}, {"192.0.2.7", "refused"}};
  EXPECT_EQ(SnapshotDigest(snapshot), before);
  snapshot.probes[0].addresses = {{"192.0.2.9", ""}, {"192.0.2.8", "no answer in time"}};
  EXPECT_NE(SnapshotDigest(snapshot), before);
  snapshot.probes[0].addresses = {{"192.0.2.1", "refused"}, {"192.0.2.2", ""}};
  snapshot.probes[0].outcome = ProbeOutcome::kRefused;
  EXPECT_NE(SnapshotDigest(snapshot), before);
}

}  // namespace
}  // namespace kortvakt
