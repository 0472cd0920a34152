#include "agent/pcsc/pcsc_status.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

namespace kortvakt {
namespace {

// The header that the system compiles programs with is the list of all codes.
TEST(PcscStatusTest, KnowsEveryCodeOfTheSystemsHeader) {
  std::ifstream header("/usr/include/PCSC/pcsclite.h");
  const std::regex definition(R"(^#define\s+(SCARD_[A-Z]_\w+)\s+\(\(LONG\)(0x[0-9A-Fa-f]+)\).*)");
  int codes = 0;
  for (std::string line; std::getline(header, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, definition)) continue;
    ++codes;
    // Has the number of SCARD_E_UNEXPECTED in this header.
    if (match[1] == "SCARD_E_UNSUPPORTED_FEATURE") continue;
    EXPECT_EQ(PcscCodeName(std::stoll(match[2], nullptr, 16)), match[1]);
  }
  EXPECT_GT(codes, 50);
}

TEST(PcscStatusTest, KeepsTheNameThroughTheStatus) {
  const absl::Status status = PcscStatus(0x8010001D, "SCardEstablishContext");
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(status.message(), "SCardEstablishContext: SCARD_E_NO_SERVICE");
  EXPECT_EQ(PcscCodeName(status), "SCARD_E_NO_SERVICE");
  EXPECT_EQ(PcscStatus(0, "SCardTransmit"), absl::OkStatus());
}

TEST(PcscStatusTest, TakesSignedAndUnknownCodes) {
  EXPECT_EQ(PcscCodeName(static_cast<int32_t>(0x80100069)), "SCARD_W_REMOVED_CARD");
  EXPECT_EQ(PcscCodeName(0x80100FFF), "0x80100FFF");
  EXPECT_TRUE(absl::IsInternal(PcscStatus(0x80100FFF, "SCardTransmit")));
}

}  // namespace
}  // namespace kortvakt
