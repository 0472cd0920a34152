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
  reading.names_p11_kit = true;
  reading.inputs = {"/etc/ssl/certs/ca-certificates.crt"};
  reading.digest = std::string(64, 'a');
  reading.contents.state = TrustStoreState::kUnreadable;
  reading.contents.detail = "why";
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
  EXPECT_TRUE(reading.names_p11_kit);
  EXPECT_THAT(reading.inputs, ElementsAre("/etc/ssl/certs/ca-certificates.crt"));
  EXPECT_EQ(reading.digest, std::string(64, 'a'));
  EXPECT_FALSE(reading.unchanged);
  EXPECT_EQ(reading.contents.state, TrustStoreState::kUnreadable);
  EXPECT_EQ(reading.contents.detail, "why");
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

}  // namespace
}  // namespace kortvakt
