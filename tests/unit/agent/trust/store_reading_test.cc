#include "agent/trust/store_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/bytes.h"

namespace kortvakt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StoreReading Sample() {
  StoreReading reading;
  reading.kind = TrustStoreKind::kP11Kit;
  reading.location = "~/.pki/nssdb";
  reading.browsers = {"Chromium", "Microsoft Edge"};
  reading.modules = {{"/usr/lib/opensc-pkcs11.so", "p11-kit-proxy.so"}, false};
  reading.inputs = {"/etc/ssl/certs/ca-certificates.crt"};
  reading.digest = std::string(64, 'a');
  reading.contents.state = TrustStoreState::kUnreadable;
  reading.contents.detail = "why";
  reading.contents.unreadable_reason = UnreadableReason::kPending;
  for (const CaTrust trust : {CaTrust::kTrusted, CaTrust::kDistrusted, CaTrust::kPresent}) {
    const Bytes der = {0x30, 0x01, static_cast<uint8_t>(trust)};
    reading.contents.entries.push_back({der, Sha256Hex(der), trust});
  }
  return reading;
}

TEST(StoreReadingTest, ComesBackAsItWas) {
  StoreReading unchanged;
  unchanged.unchanged = true;
  const auto readings = DecodeReadings(EncodeReadings({Sample(), unchanged}));
  ASSERT_TRUE(readings.ok()) << readings.status();
  ASSERT_THAT(*readings, SizeIs(2));
  const StoreReading& reading = readings->front();
  EXPECT_EQ(reading.kind, TrustStoreKind::kP11Kit);
  EXPECT_EQ(reading.location, "~/.pki/nssdb");
  EXPECT_THAT(reading.browsers, ElementsAre("Chromium", "Microsoft Edge"));
  EXPECT_EQ(reading.modules, Sample().modules);
  EXPECT_THAT(reading.inputs, ElementsAre("/etc/ssl/certs/ca-certificates.crt"));
  EXPECT_EQ(reading.digest, std::string(64, 'a'));
  EXPECT_FALSE(reading.unchanged);
  EXPECT_EQ(reading.contents.state, TrustStoreState::kUnreadable);
  EXPECT_EQ(reading.contents.detail, "why");
  EXPECT_EQ(reading.contents.unreadable_reason, UnreadableReason::kPending);
  ASSERT_THAT(reading.contents.entries, SizeIs(3));
  EXPECT_EQ(reading.contents.entries[1].der, (Bytes{0x30, 0x01, 0x01}));
  EXPECT_EQ(reading.contents.entries[1].sha256, Sha256Hex(reading.contents.entries[1].der));
  EXPECT_EQ(reading.contents.entries[1].trust, CaTrust::kDistrusted);
  EXPECT_TRUE(readings->back().unchanged);
  EXPECT_THAT(*DecodeReadings(EncodeReadings({})), IsEmpty());
}

TEST(StoreReadingTest, RefusesEveryAnswerThatIsCutOrGoesOn) {
  const std::string whole = EncodeReadings({Sample()});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(DecodeReadings(whole.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeReadings(whole + "x").ok());
  EXPECT_FALSE(DecodeReadings("segmentation fault").ok());
}

TEST(StoreReadingTest, BelievesNoLengthAndNoNumber) {
  const std::string whole = EncodeReadings({Sample()});
  int refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = '\xFF';
    const auto readings = DecodeReadings(changed);
    refused += readings.ok() ? 0 : 1;
    if (!readings.ok()) continue;
    for (const auto& entry : readings->front().contents.entries)
      EXPECT_EQ(entry.sha256, Sha256Hex(entry.der));
  }
  EXPECT_GT(refused, 20);
  EXPECT_FALSE(DecodeReadings(EncodeReadings(std::vector<StoreReading>(kMaxReadings + 1))).ok());
}

TEST(StoreReadingTest, CleansTextsAndTakesEachCertificateOnce) {
  StoreReading reading = Sample();
  reading.location = "~/\x1B[31m\n\xFF";
  reading.contents.entries.push_back(reading.contents.entries.front());
  reading.contents.entries.back().trust = CaTrust::kDistrusted;
  const auto readings = DecodeReadings(EncodeReadings({reading}));
  ASSERT_TRUE(readings.ok());
  EXPECT_EQ(readings->front().location, "~/ [31m \xEF\xBF\xBD");
  EXPECT_THAT(readings->front().contents.entries, SizeIs(3));
}

// A store with so many certificates of `size` bytes, each another.
StoreReading Full(size_t certificates, CaTrust trust, size_t size = 100) {
  StoreReading reading;
  reading.contents.state = TrustStoreState::kRead;
  for (size_t i = 0; i < certificates; ++i) {
    Bytes der(size, static_cast<uint8_t>(trust));
    der[1] = static_cast<uint8_t>(i >> 8);
    der[2] = static_cast<uint8_t>(i);
    reading.contents.entries.push_back({der, Sha256Hex(der), trust});
  }
  return reading;
}

TEST(StoreReadingTest, LimitsWhatOneUserCanHaveLookedAt) {
  std::vector<StoreReading> readings(6, Full(300, CaTrust::kPresent));
  readings.insert(readings.begin(), Full(kMaxCertificatesOfStore, CaTrust::kTrusted));
  LimitUsersStores(readings);
  EXPECT_THAT(readings[0].contents.entries, SizeIs(kMaxCertificatesOfStore));
  EXPECT_EQ(readings[0].contents.detail, "");
  EXPECT_THAT(readings[1].contents.entries, SizeIs(kMaxCertificatesOfStore));
  EXPECT_EQ(readings[1].contents.detail, "44 certificates too many, not looked at");
  EXPECT_THAT(readings[4].contents.entries, IsEmpty());
  EXPECT_EQ(readings[4].contents.detail, "300 certificates too many, not looked at");
  const std::vector<StoreReading> once = readings;
  LimitUsersStores(readings);
  for (size_t i = 0; i < once.size(); ++i) EXPECT_EQ(readings[i].contents.detail, once[i].contents.detail);
}

TEST(StoreReadingTest, LeavesOutFirstWhatIsNeitherTrustedNorDistrusted) {
  std::vector<StoreReading> readings = {Full(300, CaTrust::kPresent)};
  std::vector<TrustStoreContents::Entry>& entries = readings[0].contents.entries;
  entries[290].trust = CaTrust::kTrusted;
  entries[299].trust = CaTrust::kDistrusted;
  const std::string trusted = entries[290].sha256;
  const std::string distrusted = entries[299].sha256;
  LimitUsersStores(readings);
  ASSERT_THAT(entries, SizeIs(kMaxCertificatesOfStore));
  EXPECT_EQ(entries[254].sha256, trusted);
  EXPECT_EQ(entries[255].sha256, distrusted);
}

TEST(StoreReadingTest, FitsAUsersAnswerWhateverTheCertificatesAre) {
  std::vector<StoreReading> readings(4, Full(200, CaTrust::kTrusted, 60'000));
  LimitUsersStores(readings);
  EXPECT_LT(EncodeReadings(readings).size(), kMaxUserAnswerBytes);
  EXPECT_THAT(readings[0].contents.entries, SizeIs(52));
}

}  // namespace
}  // namespace kortvakt
