#include "common/certs/der.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(DerHeaderTest, TellsTheSizeFromTheFirstBytes) {
  const Bytes start = {0x30, 0x82, 0x01, 0x02};
  const auto header = ReadDerHeader(start);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->tag, kDerSequence);
  EXPECT_EQ(header->header_size, 4u);
  EXPECT_EQ(header->contents_size, 0x102u);
  EXPECT_EQ(header->total_size(), 0x106u);
}

TEST(DerHeaderTest, AsksForMoreBytesWhenTheLengthIsCutOff) {
  const Bytes whole = {0x30, 0x84, 0x00, 0x00, 0x00, 0x01};
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ReadDerHeader(ByteView(whole).first(size)).status().code(), absl::StatusCode::kOutOfRange)
        << size;
  }
  EXPECT_TRUE(ReadDerHeader(whole).ok());
}

TEST(DerHeaderTest, RefusesWhatIsNoDefiniteLengthOfFourBytes) {
  for (const Bytes& start : {Bytes{0x30, 0x80, 0, 0}, Bytes{0x30, 0x85, 0, 0, 0, 0, 1}, Bytes{0x30, 0xFF},
                             Bytes{0x1F, 0x01}, Bytes{0xBF, 0x81, 0x01}, Bytes{0x00, 0x00}}) {
    EXPECT_EQ(ReadDerHeader(start).status().code(), absl::StatusCode::kInvalidArgument) << UpperHex(start);
  }
}

TEST(DerHeaderTest, TakesFourGibibytesForALengthAndNothingElse) {
  const auto header = ReadDerHeader(Bytes{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF});
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->contents_size, 0xFFFFFFFFu);
}

TEST(DerReaderTest, ReadsElementsInOrderAndEnds) {
  const Bytes bytes = {0x02, 0x01, 0x05, 0x04, 0x00, 0x0C, 0x81, 0x02, 'h', 'i'};
  DerReader reader(bytes);
  const auto integer = reader.Next(kDerInteger);
  ASSERT_TRUE(integer.ok());
  EXPECT_EQ(UpperHex(integer->contents), "05");
  const auto octets = reader.Next();
  ASSERT_TRUE(octets.ok());
  EXPECT_TRUE(octets->contents.empty());
  EXPECT_EQ(reader.PeekTag(), kDerUtf8String);
  const auto text = reader.Next();
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(AsString(text->contents), "hi");
  EXPECT_EQ(text->total_size(), 5u);
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.PeekTag(), 0);
  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DerReaderTest, RefusesAnElementThatIsLongerThanItsSurroundings) {
  const Bytes bytes = {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
  DerReader reader(bytes);
  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reader.rest().size(), bytes.size()) << "nothing is consumed by a failure";
}

TEST(DerReaderTest, LeavesAnElementOfAnotherTagInPlace) {
  const Bytes bytes = {0x02, 0x01, 0x05};
  DerReader reader(bytes);
  EXPECT_FALSE(reader.Next(kDerSequence).ok());
  EXPECT_TRUE(reader.Next(kDerInteger).ok());
}

}  // namespace
}  // namespace kortvakt
