// The agent's side over real gRPC, where the connection comes to nothing.
#include "agent/reporter/collector_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/files.h"
#include "tests/support/pki/test_pki.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedServer;

class CollectorClientTest : public ::testing::Test {
 protected:
  CollectorClientTest() {
    std::string pattern = ::testing::TempDir() + "client.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const testing::Issued workstation = pki_.Workstation("11111111-2222-4333-8444-555555555555");
    paths_ = {Write("ca.pem", pki_.ca().pem), Write("ws.pem", workstation.pem),
              Write("ws.key", workstation.key_pem)};
  }
  ~CollectorClientTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(WriteFileDurably(folder_ + "/" + name, text, 0600).ok());
    return folder_ + "/" + name;
  }
  // Of a server at `port` of this computer.
  void Connect(int port) {
    client_ = MakeCollectorClient({"127.0.0.1", static_cast<uint16_t>(port)}, paths_);
  }

  testing::TlsPki pki_;
  std::string folder_;
  TlsPaths paths_;
  std::unique_ptr<CollectorTransport> client_;
};

TEST_F(CollectorClientTest, SaysWhatIsWrongInItsOwnWordsAlone) {
  const auto server = ScriptedServer::Raw([](int fd) {
    testing::SendRaw(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
    testing::DrainRaw(fd);
  });
  Connect(server->port());
  ::testing::internal::CaptureStderr();
  const absl::Status status = client_->Send({}).status();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not speak TLS"));
}

// What looks for the reason takes up to 5 s of a silent server: too long for who stops.
TEST_F(CollectorClientTest, StopsWhileItLooksForTheReason) {
  int connections = 0;
  const auto server = ScriptedServer::Raw([&](int fd) {
    if (++connections == 1) return;  // closed: there is a reason to look for
    client_->Cancel();
    testing::DrainRaw(fd);
  });
  Connect(server->port());
  EXPECT_TRUE(absl::IsCancelled(client_->Send({}).status()));
}

}  // namespace
}  // namespace kortvakt
