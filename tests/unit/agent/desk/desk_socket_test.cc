#include "agent/desk/desk_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/descriptor.h"
#include "common/base/event.h"
#include "common/snapshot/snapshot_proto.h"

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

  static DeskAnswer Answer() {
    Judgement judgement{*ParsePolicy("required_loa = 2\n", "test"),
                        std::make_shared<const CaCatalogue>(CaCatalogue::BuiltIn()), true};
    return {{}, std::make_shared<const Judgement>(std::move(judgement))};
  }

  std::unique_ptr<DeskServer> Serve(const std::string& host) {
    auto server = DeskServer::Start(path_, [host] {
      DeskAnswer answer = Answer();
      answer.snapshot.workstation.host_name = host;
      return answer;
    });
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  sockaddr_un Address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  // A listener that is no agent.
  Descriptor Listen(int queue) const {
    Descriptor listener(socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = Address();
    EXPECT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener.get(), queue), 0);
    return listener;
  }

  // Connections until there is no room for another.
  std::vector<Descriptor> FillQueue() const {
    std::vector<Descriptor> queue;
    const sockaddr_un address = Address();
    while (queue.size() < 100) {
      Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
      const auto* const where = reinterpret_cast<const sockaddr*>(&address);
      if (connect(client.get(), where, sizeof address) != 0) return queue;
      queue.push_back(std::move(client));
    }
    ADD_FAILURE() << "the queue has no end";
    return queue;
  }

  // Accepts one connection, sends `bytes`, closes.
  std::thread Impostor(const std::string& bytes) {
    return std::thread([listener = Listen(1), bytes] {
      const Descriptor peer(accept(listener.get(), nullptr, nullptr));
      (void)!write(peer.get(), bytes.data(), bytes.size());
    });
  }

  std::string folder_;
  std::string path_;
};

TEST_F(DeskSocketTest, GivesWhatTheAgentSees) {
  const auto server = Serve("host-1");
  const absl::StatusOr<DeskAnswer> answer = AskRunningAgent(path_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->snapshot.workstation.host_name, "host-1");
}

TEST_F(DeskSocketTest, GivesWhatTheAgentJudgesWith) {
  const auto server = Serve("host-1");
  const absl::StatusOr<DeskAnswer> answer = AskRunningAgent(path_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->judgement->policy.required_loa, Loa::k2);
  EXPECT_EQ(answer->judgement->catalogue->version(), CaCatalogue::BuiltIn().version());
  EXPECT_TRUE(answer->judgement->of_collector);
}

TEST_F(DeskSocketTest, HandsOverCaCertificatesWithinBounds) {
  size_t count = 64;
  const auto server = DeskServer::Start(path_, [&count] {
    DeskAnswer answer = Answer();
    for (size_t i = 0; i < count; ++i) answer.cas.push_back({0x30, 0x00, static_cast<uint8_t>(i)});
    return answer;
  });
  ASSERT_TRUE(server.ok()) << server.status();
  const absl::StatusOr<DeskAnswer> answer = AskRunningAgent(path_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->cas.size(), 64u);
  EXPECT_EQ(answer->cas[63], Bytes({0x30, 0x00, 63}));
  ++count;
  EXPECT_TRUE(absl::IsInvalidArgument(AskRunningAgent(path_).status()));
}

TEST_F(DeskSocketTest, SaysWhatToDoWithAnAgentOfAnotherVersion) {
  const std::string snapshot = SnapshotToProto(Answer().snapshot).SerializeAsString();
  ASSERT_LT(snapshot.size(), 256u);
  std::thread impostor = Impostor(std::string("\0\0\0\0", 4) + static_cast<char>(snapshot.size()) + snapshot);
  EXPECT_THAT(std::string(AskRunningAgent(path_).status().message()), ::testing::HasSubstr("restart it"));
  impostor.join();
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
    const sockaddr_un address = Address();
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(absl::IsNotFound(AskRunningAgent(path_).status()));
  const auto server = Serve("host-2");
  EXPECT_TRUE(AskRunningAgent(path_).ok());
}

TEST_F(DeskSocketTest, RefusesToReplaceALivingAgentOrAFile) {
  const auto server = Serve("host-1");
  EXPECT_TRUE(absl::IsAlreadyExists(DeskServer::Start(path_, [] { return Answer(); }).status()));
  const std::string file = folder_ + "/file";
  std::ofstream(file) << "precious";
  EXPECT_TRUE(absl::IsAlreadyExists(DeskServer::Start(file, [] { return Answer(); }).status()));
  EXPECT_TRUE(std::filesystem::is_regular_file(file));
}

TEST_F(DeskSocketTest, SurvivesAClientThatGoesAtOnce) {
  const auto server = Serve("host-1");
  for (int i = 0; i < 20; ++i) {
    const Descriptor client(socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = Address();
    ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(AskRunningAgent(path_).ok());
}

TEST_F(DeskSocketTest, DistrustsAnAnswerThatIsCutTooLargeOrNonsense) {
  for (const std::string& bytes :
       {std::string(), std::string("\0\0", 2), std::string("\0\xFF\xFF\xFF\xFF", 5),
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

TEST_F(DeskSocketTest, EndsAtOnceWhenToldToStopWhileItWaitsForTheAnswer) {
  const Descriptor listener = Listen(1);
  const Event stop;
  std::thread asked([&] {
    const Descriptor peer(accept(listener.get(), nullptr, nullptr));
    stop.Set();
    char gone = 0;
    EXPECT_EQ(read(peer.get(), &gone, 1), 0);  // the answer is never sent
  });
  EXPECT_TRUE(absl::IsCancelled(AskRunningAgent(path_, stop.descriptor()).status()));
  asked.join();
}

TEST_F(DeskSocketTest, EndsAtOnceWhenToldToStopWhileTheQueueIsFull) {
  const Descriptor listener = Listen(0);
  const std::vector<Descriptor> queue = FillQueue();
  const Event stop;
  stop.Set();
  EXPECT_TRUE(absl::IsCancelled(AskRunningAgent(path_, stop.descriptor()).status()));
}

TEST_F(DeskSocketTest, WaitsForRoomInTheQueue) {
  const Descriptor listener = Listen(0);
  const std::vector<Descriptor> queue = FillQueue();
  std::thread busy([&] {
    for (size_t i = 0; i < queue.size(); ++i) close(accept(listener.get(), nullptr, nullptr));
    const Descriptor peer(accept(listener.get(), nullptr, nullptr));
    (void)!write(peer.get(), "\x01", 1);
  });
  EXPECT_TRUE(absl::IsPermissionDenied(AskRunningAgent(path_).status()));
  busy.join();
}

TEST_F(DeskSocketTest, RefusesToReplaceALivingAgentThatHasNoTime) {
  const Descriptor listener = Listen(0);
  const std::vector<Descriptor> queue = FillQueue();
  EXPECT_TRUE(absl::IsAlreadyExists(DeskServer::Start(path_, [] { return Answer(); }).status()));
}

}  // namespace
}  // namespace kortvakt
