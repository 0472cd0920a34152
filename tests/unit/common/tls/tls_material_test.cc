#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/time.h"
#include "common/tls/tls_check.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = *ParseTime("2026-11-22T09:00:00Z");

class TlsMaterialTest : public ::testing::Test {
 protected:
  TlsMaterialTest() {
    std::string pattern = ::testing::TempDir() + "/kortvakt-tls-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~TlsMaterialTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& contents) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << contents;
    return path;
  }
  TlsPaths Paths(const testing::Issued& own) {
    return {.ca = Write("ca.pem", pki_.ca().pem),
            .certificate = Write("own.pem", own.pem),
            .key = Write("own.key", own.key_pem)};
  }

  std::string folder_;
  testing::TlsPki pki_;
};

TEST_F(TlsMaterialTest, ReadsFilesThatBelongTogether) {
  const testing::Issued own = pki_.Operator("it-1");
  const auto material = ReadTlsMaterial(Paths(own), kNow);
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ(material->certificate, own.pem);
  EXPECT_EQ(material->key, own.key_pem);
  EXPECT_EQ(material->ca, pki_.ca().pem);
}

TEST_F(TlsMaterialTest, NamesTheFileThatIsMissing) {
  TlsPaths paths = Paths(pki_.Operator("it-1"));
  paths.key = folder_ + "/none.key";
  const auto material = ReadTlsMaterial(paths, kNow);
  EXPECT_EQ(material.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(material.status().message()), HasSubstr("none.key"));
}

TEST_F(TlsMaterialTest, RefusesTheKeyOfAnotherCertificate) {
  TlsPaths paths = Paths(pki_.Operator("it-1"));
  paths.key = Write("other.key", pki_.Operator("it-2").key_pem);
  const auto material = ReadTlsMaterial(paths, kNow);
  EXPECT_EQ(material.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(material.status().message()), HasSubstr("other.key: is not the private key"));
}

TEST_F(TlsMaterialTest, RefusesAFileWithoutCertificate) {
  TlsPaths paths = Paths(pki_.Operator("it-1"));
  paths.certificate = Write("junk.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(std::string(ReadTlsMaterial(paths, kNow).status().message()),
              HasSubstr("junk.pem: holds no certificate"));
}

TEST_F(TlsMaterialTest, RefusesAnEncryptedKeyWithoutAskingForAPassphrase) {
  TlsPaths paths = Paths(pki_.Operator("it-1"));
  const std::string encrypted = folder_ + "/encrypted.key";
  const std::string command =
      "openssl pkey -in " + paths.key + " -aes128 -passout pass:secret -out " + encrypted;
  ASSERT_EQ(std::system(command.c_str()), 0);
  paths.key = encrypted;
  EXPECT_THAT(std::string(ReadTlsMaterial(paths, kNow).status().message()),
              HasSubstr("without a passphrase"));
}

TEST_F(TlsMaterialTest, SaysWhenOurCertificateHasEnded) {
  testing::CertificateSpec spec;
  spec.subject = {{.type = "CN", .value = "it-1"}};
  spec.not_after = kNow - absl::Seconds(1);
  const testing::Issued ended = testing::Issue(spec, &pki_.ca());
  const auto material = ReadTlsMaterial(Paths(ended), kNow);
  EXPECT_EQ(material.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(material.status().message()), HasSubstr("ended 2026-11-22T08:59:59Z"));
  // Its last second still counts.
  EXPECT_TRUE(ReadTlsMaterial(Paths(ended), kNow - absl::Seconds(1)).ok());
}

}  // namespace
}  // namespace kortvakt
