#include <gtest/gtest.h>

#include "common/certs/certificate_facts.h"

namespace kortvakt {
namespace {

TEST(HsaIdTest, TakesTheStrictForm) {
  EXPECT_TRUE(IsHsaId("SE2321000016-T35T", false));
  EXPECT_TRUE(IsHsaId("SE165565594230-1003", false));
  EXPECT_TRUE(IsHsaId("SE2321000016-123456789012345678", false));
}

TEST(HsaIdTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "-", "SE2321000016", "SE2321000016-", "SE232100001-1", "SE23210000161-1", "SE2321000016-å",
        "SE2321000016-1234567890123456789", "se2321000016-1", "NO2321000016-1", "SE2321000016-1-"}) {
    EXPECT_FALSE(IsHsaId(text, false)) << text;
  }
}

TEST(HsaIdTest, TakesTestPrefixesOnlyWhenLenient) {
  for (const char* text : {"TSTNMT2321000156-1001", "T-SERVICES-SE165565594230-1003", "HSATEST2-CWH"}) {
    EXPECT_FALSE(IsHsaId(text, false)) << text;
    EXPECT_TRUE(IsHsaId(text, true)) << text;
  }
  // Identifiers of other kinds with a hyphen (ETSI EN 319 412-1), and numbers.
  EXPECT_FALSE(IsHsaId("PNOSE-189912289809", true));
  EXPECT_FALSE(IsHsaId("18991228-9809", true));
}

TEST(IdentityNumberTest, TellsPersonnummerFromSamordningsnummer) {
  for (const char* text : {"189912289809", "189912309805", "189912299816", "189912319812", "18991228-9809",
                           "9912289809", "991228-9809", "991228+9809", "PNOSE-189912289809"}) {
    EXPECT_EQ(SwedishIdentityNumberKind(text), IdentityKind::kPersonnummer) << text;
  }
  // Day + 60, check digit over the changed number.
  EXPECT_EQ(SwedishIdentityNumberKind("189912889800"), IdentityKind::kOther) << "the check digit is wrong";
  int found = 0;
  for (int digit = 0; digit < 10; ++digit) {
    const std::string text = "18991288980" + std::to_string(digit);
    if (SwedishIdentityNumberKind(text) == IdentityKind::kSamordningsnummer) ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST(IdentityNumberTest, RefusesWhatIsNone) {
  for (const char* text : {"", "189912289808", "189902299809", "189913289809", "18991228980", "1899122898090",
                           "179912289809", "2321000016", "SE2321000016", "abcdefghijkl", "991228-98O9"}) {
    EXPECT_EQ(SwedishIdentityNumberKind(text), IdentityKind::kOther) << text;
  }
}

TEST(MaskTest, ReplacesIdentityNumbersWhereverTheyStand) {
  EXPECT_EQ(MaskIdentityNumbers("189912289809"), "***");
  EXPECT_EQ(MaskIdentityNumbers("id189912289809x"), "id***x");
  EXPECT_EQ(MaskIdentityNumbers("http://crl.test/18991228-9809.crl"), "http://crl.test/***.crl");
  EXPECT_EQ(MaskIdentityNumbers("a 9912289809 b 991228-9809"), "a *** b ***");
  EXPECT_EQ(MaskIdentityNumbers("Region Å 189912289809"), "Region Å ***");
}

TEST(MaskTest, ReplacesNumbersWithAWrongCheckDigitAndReserveNumbers) {
  EXPECT_EQ(MaskIdentityNumbers("189912289808"), "***");
  EXPECT_EQ(MaskIdentityNumbers("992024123456"), "***") << "Region Stockholm";
  EXPECT_EQ(MaskIdentityNumbers("19991231A01K"), "***") << "Västra Götaland, Värmland";
  EXPECT_EQ(MaskIdentityNumbers("AB991231012C"), "***") << "national";
}

TEST(MaskTest, LeavesOtherNumbersAlone) {
  for (const char* text : {"9752260000000000017", "SE2321000016-T35T", "SE165565594230", "2321000016",
                           "2026-11-22", "1.2.752.74.8.512", "SITHS e-id Person HSA-id 3 CA v1", ""}) {
    EXPECT_EQ(MaskIdentityNumbers(text), text);
  }
}

}  // namespace
}  // namespace kortvakt
