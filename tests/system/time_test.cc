// The verdict of `kortvakt-agent check --now`: the same in any time zone, and other at
// the very second at which a certificate becomes due, or ends.
#include "common/base/time.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "kortvakt/v1/finding.pb.h"
#include "tests/support/pcsc/private_pcscd.h"
#include "tests/support/system/installation.h"

namespace kortvakt::testing {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
// The card "due" ends so long after the moment that it is made for (demo_cards.cc).
constexpr absl::Duration kDueCardLeft = absl::Hours(42 * 24 + 6);

class TimeTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto pcscd = PrivatePcscd::Start({"Reader"});
    ASSERT_TRUE(pcscd.ok()) << pcscd.status();
    pcscd_.emplace(*std::move(pcscd));
  }

  // A card of five years that ends at `end`, of a PKI of its own, is in the reader.
  void InsertCardThatEnds(absl::Time end) {
    const Outcome made =
        installation_.Run({Installation::Program("kortvakt-test-pki"), installation_.Path("pki"), "--now",
                           FormatUtc(end - kDueCardLeft)});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::filesystem::copy(installation_.Path("pki/cas"), installation_.Path("trust"),
                          std::filesystem::copy_options::overwrite_existing);
    ASSERT_TRUE(pcscd_->InsertCard(0, installation_.Card("due")).ok());
    ASSERT_TRUE(Eventually([&] { return CardIn(Check(end, "UTC")).certificates_size() == 4; }));
    const v1::Card card = CardIn(Check(end, "UTC"));
    for (const v1::Certificate& certificate : card.certificates()) {
      ASSERT_EQ(certificate.not_after().seconds(), absl::ToUnixSeconds(end));
    }
  }

  static v1::Card CardIn(const v1::CheckResult& result) {
    for (const v1::Reader& reader : result.snapshot().readers()) {
      if (reader.card().state() == v1::CARD_STATE_READ) return reader.card();
    }
    return {};
  }

  v1::CheckResult Check(absl::Time now, const std::string& zone) {
    const Outcome outcome =
        installation_.Run({"/usr/bin/env", "TZ=" + zone, Installation::Program("kortvakt-agent"), "check",
                           "--json", "--now", FormatUtc(now), "--config", installation_.WriteAgentConfig()});
    v1::CheckResult result;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &result).ok())
        << outcome.out << outcome.err;
    return result;
  }

  // What is found of certificates at `now`, which must be the same in every zone: findings
  // word for word, and the moment that was judged.
  std::set<std::string> FoundInEveryZone(absl::Time now) {
    const v1::CheckResult first = Check(now, "Pacific/Apia");
    EXPECT_EQ(first.judged_at().seconds(), absl::ToUnixSeconds(now));
    const v1::CheckResult second = Check(now, "Europe/Stockholm");
    EXPECT_EQ(second.judged_at().seconds(), absl::ToUnixSeconds(now));
    EXPECT_EQ(first.findings_size(), second.findings_size());
    std::set<std::string> codes;
    for (int i = 0; i < first.findings_size(); ++i) {
      EXPECT_EQ(first.findings(i).SerializeAsString(), second.findings(i).SerializeAsString());
      // What the CAs' own end adds in the last year of all is another rule's.
      if (first.findings(i).code().rfind("CERT_", 0) == 0) codes.insert(first.findings(i).code());
    }
    return codes;
  }

  Installation installation_;
  std::optional<PrivatePcscd> pcscd_;
};

TEST_P(TimeTest, ChangesAtTheSecondInEveryZone) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  const absl::Time end = *ParseTime(GetParam());
  const absl::Time due = end - kDay * 56;
  ASSERT_NO_FATAL_FAILURE(InsertCardThatEnds(end));
  EXPECT_THAT(FoundInEveryZone(due - absl::Seconds(1)), IsEmpty());
  EXPECT_THAT(FoundInEveryZone(due), ElementsAre("CERT_EXPIRES_SOON"));
  EXPECT_THAT(FoundInEveryZone(end), ElementsAre("CERT_EXPIRES_SOON"));
  // After the last second of 9999 there is none to ask about.
  if (end + absl::Seconds(1) < *ParseTime("9999-12-31T23:59:59Z")) {
    EXPECT_THAT(FoundInEveryZone(end + absl::Seconds(1)), ElementsAre("CERT_EXPIRED"));
  }
}

INSTANTIATE_TEST_SUITE_P(Calendar, TimeTest,
                         ::testing::Values("2028-04-25T12:00:00Z",  // due on a leap day
                                           "2027-05-23T01:00:00Z",  // as Stockholm's clocks go forward
                                           "2038-03-16T03:14:08Z",  // 2^31 seconds after 1970
                                           "2050-01-01T00:00:00Z",  // year in four digits (RFC 5280, 4.1.2.5)
                                           "9999-12-31T23:59:59Z"),  // the last
                         [](const auto& date) { return std::string(date.param, 4); });

}  // namespace
}  // namespace kortvakt::testing
