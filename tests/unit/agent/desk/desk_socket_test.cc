#include "agent/desk/desk_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/descriptor.h"

namespace kortvakt {
namespace {

class DeskSocketTest : public ::testing::Test {
 protected:
  DeskSocketTest() {
    std::string pattern = ::testing::TempDir() + "desk.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/agent.sock";
  }
  ~DeskSocketTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<DeskServer> Serve(const std::string& host) {
    auto server = DeskServer::Start(path_, [host] {
      Snapshot snapshot;
      snapshot.workstation.host_name = host;
      return snapshot;
    });
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  // A listener that is no agent: accepts one connection, sends `bytes`, closes.
  std::thread Impostor(const std::string& bytes) {
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    return std::thread([listener, bytes] {
      const Descriptor own(listener);
      const Descriptor peer(accept(listener, nullptr, nullptr));
      (void)!write(peer.get(), bytes.data(), bytes.size());
    });
  }

  std::string folder_;
  std::string path_;
};

TEST_F(DeskSocketTest, GivesWhatTheAgentSees) {
  const auto server = Serve("host-1");
  const absl::StatusOr<Snapshot> snapshot = AskRunningAgent(path_);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->workstation.host_name, "host-1");
}

TEST_F(DeskSocketTest, SaysThatNoAgentRunsAndRemovesItsSocketAtTheEnd) {
  EXPECT_TRUE(absl::IsNotFound(AskRunningAgent(path_).status()));
  Serve("host-1").reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(absl::IsNotFound(AskRunningAgent(path_).status()));
}

TEST_F(DeskSocketTest, TakesOverASocketThatNobodyServes) {
  {
    const Descriptor dead(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(absl::IsNotFound(AskRunningAgent(path_).status()));
  const auto server = Serve("host-2");
  EXPECT_TRUE(AskRunningAgent(path_).ok());
}

TEST_F(DeskSocketTest, RefusesToReplaceALivingAgentOrAFile) {
  const auto server = Serve("host-1");
  EXPECT_TRUE(absl::IsAlreadyExists(DeskServer::Start(path_, [] { return Snapshot(); }).status()));
  const std::string file = folder_ + "/file";
  std::ofstream(file) << "precious";
  EXPECT_TRUE(absl::IsAlreadyExists(DeskServer::Start(file, [] { return Snapshot(); }).status()));
  EXPECT_TRUE(std::filesystem::is_regular_file(file));
}

TEST_F(DeskSocketTest, SurvivesAClientThatGoesAtOnce) {
  const auto server = Serve("host-1");
  for (int i = 0; i < 20; ++i) {
    const Descriptor client(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(AskRunningAgent(path_).ok());
}

TEST_F(DeskSocketTest, DistrustsAnAnswerThatIsCutTooLargeOrNonsense) {
  for (const std::string& bytes : {std::string(), std::string("\0\0", 2), std::string("\0\xFF\xFF\xFF\xFF", 5),
                                   std::string("\0\0\0\0\x03xyz", 8), std::string("\0\0\0\0\0", 5)}) {
    std::thread impostor = Impostor(bytes);
    EXPECT_FALSE(AskRunningAgent(path_).ok()) << bytes.size();
    impostor.join();
    std::filesystem::remove(path_);
  }
}

TEST_F(DeskSocketTest, TellsARefusal) {
  std::thread impostor = Impostor("\x01");
  EXPECT_TRUE(absl::IsPermissionDenied(AskRunningAgent(path_).status()));
  impostor.join();
}

}  // namespace
}  // namespace kortvakt
