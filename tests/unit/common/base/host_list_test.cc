#include "common/base/host_list.h"

#include <gtest/gtest.h>

namespace kortvakt {
namespace {

TEST(HostListTest, TakesNamesDomainsAndAddresses) {
  for (const char* entry :
       {"crl1.siths.se", ".siths.se", "crl.example.org:8080", ".example.org:8080", "127.0.0.1",
        "127.0.0.1:12345", "[2001:db8::1]", "[::1]:80", "localhost", "xn--rksmrgs-5wao1o.se"}) {
    EXPECT_TRUE(CheckHostEntry(entry).ok()) << entry << ": " << CheckHostEntry(entry);
  }
}

TEST(HostListTest, SaysWhatIsWrong) {
  for (const char* entry : {"",
                            ".",
                            "http://crl1.siths.se",
                            "CRL1.siths.se",
                            "*.siths.se",
                            "crl1.siths.se/x",
                            "a..b",
                            "-a.se",
                            "a.se:",
                            "a.se:0",
                            "a.se:65536",
                            "a.se:8O",
                            "a.se:+80",
                            ".1",
                            ".0.0.1",
                            "[::1",
                            "[::1]x",
                            "[a.b]",
                            "a b",
                            "\xc3\xa5.se"}) {
    EXPECT_FALSE(CheckHostEntry(entry).ok()) << entry;
  }
  EXPECT_EQ(CheckHostEntry("a.se:0").message(),
            "'a.se:0' is no host: its port is not a number from 1 to 65535");
}

TEST(HostListTest, AllowsExactlyWhatItNames) {
  const std::vector<std::string> entries = {"crl1.siths.se", ".example.org", "odd.test:8080", "[::1]:81"};
  EXPECT_TRUE(AllowsHost(entries, "crl1.siths.se", 80));
  EXPECT_TRUE(AllowsHost(entries, "CRL1.Siths.SE", 443));
  EXPECT_FALSE(AllowsHost(entries, "crl1.siths.se", 8080));
  EXPECT_FALSE(AllowsHost(entries, "a.crl1.siths.se", 80));
  EXPECT_FALSE(AllowsHost(entries, "crl1.siths.se.evil.test", 80));
  EXPECT_FALSE(AllowsHost(entries, "xcrl1.siths.se", 80));
  EXPECT_TRUE(AllowsHost(entries, "a.example.org", 80));
  EXPECT_TRUE(AllowsHost(entries, "a.b.example.org", 443));
  EXPECT_FALSE(AllowsHost(entries, "example.org", 80));
  EXPECT_FALSE(AllowsHost(entries, "badexample.org", 80));
  EXPECT_TRUE(AllowsHost(entries, "odd.test", 8080));
  EXPECT_FALSE(AllowsHost(entries, "odd.test", 80));
  EXPECT_TRUE(AllowsHost(entries, "::1", 81));
  EXPECT_FALSE(AllowsHost(entries, "::1", 80));
  EXPECT_FALSE(AllowsHost(entries, "127.0.0.1", 80));
  EXPECT_FALSE(AllowsHost({}, "crl1.siths.se", 80));
}

}  // namespace
}  // namespace kortvakt
