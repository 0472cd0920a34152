#include "agent/pcsc/apdu.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

std::string T0(const CommandApdu& command) { return UpperHex(command.Encode(true)); }
std::string T1(const CommandApdu& command) { return UpperHex(command.Encode(false)); }

TEST(ApduTest, EncodesSelect) {
  const Bytes aid = *FromHex("A000000063504B43532D3135");
  EXPECT_EQ(T1(CommandApdu::SelectApplication(aid)), "00A4040C0CA000000063504B43532D3135");
  EXPECT_EQ(T1(CommandApdu::SelectApplication(aid, true)), "00A404000CA000000063504B43532D313500");
  EXPECT_EQ(T0(CommandApdu::SelectApplication(aid, true)), "00A404000CA000000063504B43532D3135");
  EXPECT_EQ(T1(CommandApdu::SelectFile(0x0201)), "00A4000C020201");
  EXPECT_EQ(T1(CommandApdu::SelectPathFromMf(*FromHex("50155031"))), "00A4080C0450155031");
  EXPECT_EQ(T1(CommandApdu::SelectPathFromDf(*FromHex("5031"))), "00A4090C025031");
}

TEST(ApduTest, EncodesReading) {
  EXPECT_EQ(T0(CommandApdu::ReadBinary(0, 256)), "00B0000000");
  EXPECT_EQ(T1(CommandApdu::ReadBinary(0x7FFF, 16)), "00B07FFF10");
  EXPECT_EQ(T1(CommandApdu::ReadBinary(0, 65536)), "00B00000000000");
  EXPECT_EQ(T1(CommandApdu::ReadBinary(0, 1000)), "00B000000003E8");
  EXPECT_EQ(T1(CommandApdu::ReadBinary(0x8000, 16)), "00B1000004540280" "0012");
  EXPECT_EQ(T0(CommandApdu::ReadBinary(0x8000, 16)), "00B100000454028000");
  EXPECT_EQ(T1(CommandApdu::ReadBinary(0x8000, 1000)), "00B10000000004540280" "0003EC");
  EXPECT_EQ(T1(CommandApdu::ReadRecord(3)), "00B2030400");
  EXPECT_EQ(T1(CommandApdu::GetData(0x9F7F, 45)), "00CA9F7F2D");
  EXPECT_EQ(T1(CommandApdu::GetResponse(256)), "00C0000000");
  EXPECT_EQ(T0(CommandApdu::ReadBinary(0, 256).WithLength(7)), "00B0000007");
}

TEST(ApduTest, AsksForAtMostWhatAnAnswerCanHold) {
  EXPECT_EQ(CommandApdu::ReadBinary(0x8000, 256).length(), 256u);
  EXPECT_EQ(CommandApdu::ReadBinary(0x8000, 65536).length(), 65536u);
  EXPECT_EQ(CommandApdu::ReadBinary(0, 1'000'000).length(), 65536u);
  EXPECT_EQ(CommandApdu::ReadBinary(0, 0).length(), 1u);
}

std::string Unwrapped(const std::string& hex) {
  const absl::StatusOr<Bytes> data = UnwrapDiscretionaryData(*FromHex(hex));
  return data.ok() ? UpperHex(*data) : std::string(data.status().message());
}

TEST(ApduTest, UnwrapsDiscretionaryDataWithLengthsOfEachForm) {
  EXPECT_EQ(Unwrapped(""), "");
  EXPECT_EQ(Unwrapped("5300"), "");
  EXPECT_EQ(Unwrapped("5303010203"), "010203");
  EXPECT_EQ(Unwrapped("538103010203"), "010203");
  EXPECT_EQ(Unwrapped("53820003010203"), "010203");
  EXPECT_EQ(Unwrapped("5383000003010203"), "010203");
}

TEST(ApduTest, UnwrapsWhatLeCutAndLeavesOutWhatFollowsTheDataObject) {
  EXPECT_EQ(Unwrapped("5303010203FFFF"), "010203");
  EXPECT_EQ(Unwrapped("5382010001020304"), "01020304");
}

TEST(ApduTest, UnwrapsNothingThatIsNoDataObject53) {
  for (const char* hex : {"53", "54020102", "3003010203"}) {
    EXPECT_EQ(Unwrapped(hex), "READ BINARY B1: no data object 53") << hex;
  }
  // The indefinite form, four bytes of length, and a length that is cut.
  for (const char* hex : {"538001020000", "5384000000010A", "538201"}) {
    EXPECT_EQ(Unwrapped(hex), "READ BINARY B1: a bad length") << hex;
  }
}

}  // namespace
}  // namespace kortvakt
