#include "common/base/bytes.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(HexTest, RoundTripsEveryByte) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<uint8_t>(i));
  EXPECT_EQ(*FromHex(UpperHex(all)), all);
  EXPECT_EQ(*FromHex(LowerHex(all)), all);
  EXPECT_EQ(UpperHex(Bytes{0x3B, 0x7D, 0x0F}), "3B7D0F");
}

TEST(HexTest, SkipsSpacesAndColonsBetweenBytesOnly) {
  EXPECT_EQ(*FromHex("3B 7d:96"), (Bytes{0x3B, 0x7D, 0x96}));
  EXPECT_FALSE(FromHex("3 B").ok());
  EXPECT_FALSE(FromHex("3BX").ok());
  EXPECT_FALSE(FromHex("3B7").ok());
  EXPECT_TRUE(FromHex("")->empty());
}

TEST(Sha256Test, IsThatOfFips180) {
  // FIPS 180-4's example, as published by NIST.
  EXPECT_EQ(Sha256Hex(AsBytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(CleanTextTest, KeepsValidUtf8) { EXPECT_EQ(CleanText("Läsare Å 1 €𝄞"), "Läsare Å 1 €𝄞"); }

TEST(CleanTextTest, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(CleanText("a\xFF z"), "a" + bad + " z");
  EXPECT_EQ(CleanText("\xC0\xAF"), bad + bad);                      // overlong "/"
  EXPECT_EQ(CleanText("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(CleanText("\xE4"), bad);                                // cut off
  EXPECT_EQ(CleanText("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // past U+10FFFF
}

TEST(CleanTextTest, LetsNoControlCharacterThrough) {
  EXPECT_EQ(CleanText("a\x1B[31mb\r\n\x7F"), "a [31mb   ");
  EXPECT_EQ(CleanText("a\xC2\x9B"
                      "b"),
            "a b");  // CSI in two bytes
}

// "gpj.exe" is no picture though it may be made to look like one.
TEST(CleanTextTest, LetsNoCharacterThroughThatTurnsTextOrEndsALine) {
  EXPECT_EQ(CleanText("a\u202Eb\u2028c"), "ab c");
  for (const char* character : {"\u061C", "\u200E", "\u200F", "\u202A", "\u202E", "\u2066", "\u2069"}) {
    EXPECT_EQ(CleanText(character), "") << UpperHex(AsBytes(character));
  }
  for (const char* character : {"\u2028", "\u2029"}) EXPECT_EQ(CleanText(character), " ");
  // Their neighbours stay: joiners are letters' business, in names too.
  for (const char* character :
       {"\u061B", "\u200D", "\u2010", "\u2027", "\u202F", "\u2065", "\u206A", "\u0160"}) {
    EXPECT_EQ(CleanText(character), character);
  }
}

TEST(CleanTextTest, CutsAtACharactersEdge) {
  EXPECT_EQ(CleanText("ååå", 5), "åå");
  EXPECT_EQ(CleanText("ååå", 6), "ååå");
}

}  // namespace
}  // namespace kortvakt
