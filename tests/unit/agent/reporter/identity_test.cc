#include "agent/reporter/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/files.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kUuid = "6f1c3b52-0d4e-4c1a-9d55-2b7f0e6a1c01";

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    std::string pattern = ::testing::TempDir() + "identity.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const testing::Issued workstation = pki_.Workstation(kUuid);
    Write("ca.pem", pki_.ca().pem);
    Write("ws.pem", workstation.pem);
    Write("ws.key", workstation.key_pem);
  }
  ~IdentityTest() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileDurably(folder_ + "/" + name, text, 0600).ok());
  }
  absl::StatusOr<Identity> Read() {
    return ReadIdentity({folder_ + "/ca.pem", folder_ + "/ws.pem", folder_ + "/ws.key"},
                        absl::FromUnixSeconds(1'800'000'000));
  }
  testing::TlsPki pki_;
  std::string folder_;
};

TEST_F(IdentityTest, IsTheUuidOfTheCertificate) {
  const absl::StatusOr<Identity> identity = Read();
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->workstation_id, kUuid);
}

TEST_F(IdentityTest, RefusesACertificateOfAnOperator) {
  const testing::Issued person = pki_.Operator("servicedesk");
  Write("ws.pem", person.pem);
  Write("ws.key", person.key_pem);
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("names no workstation"));
}

TEST_F(IdentityTest, RefusesAUrnThatIsNoUuid) {
  // In upper case the collector would refuse it, so say so at once.
  for (const char* id : {"not-a-uuid", "6F1C3B52-0D4E-4C1A-9D55-2B7F0E6A1C01"}) {
    const testing::Issued workstation = pki_.Workstation(id);
    Write("ws.pem", workstation.pem);
    Write("ws.key", workstation.key_pem);
    EXPECT_THAT(std::string(Read().status().message()),
                AllOf(HasSubstr("ws.pem: "), HasSubstr("by a UUID in lower case")));
  }
}

}  // namespace
}  // namespace kortvakt
