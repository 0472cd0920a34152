#include <gtest/gtest.h>

#include <memory>

#include "agent/pcsc/pcsc_context.h"
#include "tests/unit/agent/pcsc/fake_winscard.h"

namespace kortvakt {
namespace {

using testing::FakeWinscard;

constexpr uint32_t kReset = 0x80100068;    // SCARD_W_RESET_CARD
constexpr uint32_t kRemoved = 0x80100069;  // SCARD_W_REMOVED_CARD

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + now; }
  absl::Duration Monotonic() const override { return now; }
  absl::Duration now;
};

Bytes Data(size_t size, uint16_t sw) {
  Bytes bytes(size, 0xDD);
  bytes.push_back(static_cast<uint8_t>(sw >> 8));
  bytes.push_back(static_cast<uint8_t>(sw));
  return bytes;
}

class CardSessionTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<CardSession>> Connect() {
    context_ = *PcscContext::Establish();
    return context_->Connect("reader", budget_, clock_, control_);
  }
  // Sends `command` in a transaction of its own.
  absl::StatusOr<ResponseApdu> Send(const CommandApdu& command) {
    auto session = Connect();
    if (!session.ok()) return session.status();
    auto channel = (*session)->Begin();
    if (!channel.ok()) return channel.status();
    return (*channel)->Transmit(command);
  }

  FakeWinscard& fake_ = FakeWinscard::Reset();
  FakeClock clock_;
  CardBudget budget_;
  CardControl control_;
  std::unique_ptr<PcscContext> context_;
};

TEST_F(CardSessionTest, IsSharedAndLeavesTheCardAsItIs) {
  fake_.card = [](const Bytes&) { return Data(0, 0x9000); };
  ASSERT_TRUE(Send(CommandApdu::SelectFile(0x2F00)).ok());
  EXPECT_EQ(fake_.calls,
            (std::vector<std::string>{"connect shared", "begin", "end leave", "disconnect leave"}));
}

TEST_F(CardSessionTest, FollowsGetResponseToTheEnd) {
  fake_.card = [](const Bytes& command) {
    if (command[1] == 0xA4) return Data(0, 0x6120);
    return command[4] == 0x20 ? Data(0x20, 0x6105) : Data(5, 0x9000);
  };
  const auto response = Send(CommandApdu::SelectFile(0x2F00, /*want_fci=*/true));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->data.size(), 0x25u);
  EXPECT_TRUE(response->ok());
  EXPECT_EQ(UpperHex(fake_.commands[1]), "00C0000020");
}

TEST_F(CardSessionTest, FetchesNoAnswerThatNobodyAskedFor) {
  fake_.card = [](const Bytes&) { return Data(0, 0x6120); };
  const auto response = Send(CommandApdu::SelectFile(0x2F00));
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(response->ok());
  EXPECT_EQ(fake_.commands.size(), 1u);
}

TEST_F(CardSessionTest, BoundsGetResponseWithoutEnd) {
  fake_.card = [](const Bytes& command) { return Data(command[1] == 0xC0 ? 1 : 0, 0x6100); };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 256)).status()));
  EXPECT_LE(fake_.commands.size(), 16u);
}

TEST_F(CardSessionTest, GivesUpGetResponseThatBringsNothing) {
  fake_.card = [](const Bytes&) { return Data(0, 0x6110); };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 256)).status()));
  EXPECT_EQ(fake_.commands.size(), 2u);
}

TEST_F(CardSessionTest, RepeatsWithTheRightLengthOnce) {
  fake_.card = [](const Bytes& command) { return command[4] == 0x10 ? Data(0x10, 0x9000) : Data(0, 0x6C10); };
  const auto response = Send(CommandApdu::ReadBinary(0, 256));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->data.size(), 0x10u);
  fake_.card = [](const Bytes& command) { return Data(0, static_cast<uint16_t>(0x6C00 | (command[4] ^ 1))); };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 256)).status()));
  EXPECT_EQ(fake_.commands.size(), 4u);
}

TEST_F(CardSessionTest, FollowsTheMostThatTheCardGivesAndThenWhatIsLeft) {
  fake_.card = [](const Bytes& command) {
    if (command[4] == 0x24) return Data(0x24, 0x9000);
    return Data(0, command[4] == 0xF0 ? 0x6C24 : 0x6CF0);
  };
  const auto response = Send(CommandApdu::ReadBinary(0, 256));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->data.size(), 0x24u);
  EXPECT_EQ(fake_.commands.size(), 3u);
  // Smaller each time, without end.
  fake_.card = [](const Bytes& command) {
    return Data(0, static_cast<uint16_t>(0x6C00 | ((command[4] - 1) & 0xFF)));
  };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 256)).status()));
  EXPECT_EQ(fake_.commands.size(), 6u);
}

TEST_F(CardSessionTest, RefusesMoreThanWasAskedFor) {
  fake_.card = [](const Bytes&) { return Data(17, 0x9000); };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 16)).status()));
  fake_.card = [](const Bytes&) { return Data(70000, 0x9000); };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0, 16)).status()));
}

TEST_F(CardSessionTest, TakesAnAnswerWithoutStatusWordAsACardThatWent) {
  for (const size_t size : {0, 1}) {
    fake_.card = [size](const Bytes&) { return Bytes(size, 0x90); };
    EXPECT_TRUE(absl::IsUnavailable(Send(CommandApdu::ReadBinary(0, 16)).status()));
  }
}

TEST_F(CardSessionTest, UnwrapsTheDataObjectOfReadBinaryOdd) {
  fake_.card = [](const Bytes&) { return Bytes{0x53, 0x03, 1, 2, 3, 0x90, 0x00}; };
  fake_.protocol = 2;
  const auto response = Send(CommandApdu::ReadBinary(0x8000, 16));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->data, (Bytes{1, 2, 3}));
  fake_.card = [](const Bytes&) { return Bytes{0x53, 0x84, 0xFF, 0x90, 0x00}; };
  EXPECT_TRUE(absl::IsDataLoss(Send(CommandApdu::ReadBinary(0x8000, 16)).status()));
}

TEST_F(CardSessionTest, EndsWithItsBudgetOfCommandsBytesAndTime) {
  fake_.card = [](const Bytes&) { return Data(16, 0x9000); };
  budget_.commands = 2;
  auto session = *Connect();
  auto channel = *session->Begin();
  EXPECT_TRUE(channel->Transmit(CommandApdu::ReadBinary(0, 16)).ok());
  EXPECT_TRUE(channel->Transmit(CommandApdu::ReadBinary(0, 16)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(channel->Transmit(CommandApdu::ReadBinary(0, 16)).status()));
  channel.reset();
  session.reset();
  budget_.commands = 100;
  budget_.bytes = 17;
  EXPECT_TRUE(absl::IsResourceExhausted(Send(CommandApdu::ReadBinary(0, 16)).status()));
  budget_.bytes = 1000;
  fake_.card = [this](const Bytes&) {
    clock_.now += budget_.time;
    return Data(16, 0x9000);
  };
  session = *Connect();
  channel = *session->Begin();
  EXPECT_TRUE(channel->Transmit(CommandApdu::ReadBinary(0, 16)).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(channel->Transmit(CommandApdu::ReadBinary(0, 16)).status()));
  EXPECT_EQ(fake_.commands.size(), 4u);
}

TEST_F(CardSessionTest, StopsBetweenTwoCommandsAndEndsTheTransaction) {
  fake_.card = [this](const Bytes&) {
    control_.stop = true;
    return Data(16, 0x9000);
  };
  auto session = *Connect();
  {
    auto channel = *session->Begin();
    EXPECT_TRUE(channel->Transmit(CommandApdu::ReadBinary(0, 16)).ok());
    EXPECT_TRUE(absl::IsCancelled(channel->Transmit(CommandApdu::ReadBinary(16, 16)).status()));
  }
  EXPECT_TRUE(absl::IsCancelled(session->Begin().status()));
  EXPECT_EQ(fake_.commands.size(), 1u);
  EXPECT_EQ(fake_.calls.back(), "end leave");
}

TEST_F(CardSessionTest, OutlivesAFewResetsByOthers) {
  fake_.begin_codes = {kReset, kReset};
  auto session = *Connect();
  EXPECT_TRUE(session->Begin().ok());
  EXPECT_EQ(fake_.calls[2], "reconnect shared leave");
  fake_.begin_codes = {kReset, kReset, kReset, kReset, kReset};
  EXPECT_TRUE(absl::IsUnavailable(session->Begin().status()));
  fake_.begin_codes = {kRemoved};
  EXPECT_TRUE(absl::IsUnavailable(session->Begin().status()));
}

TEST_F(CardSessionTest, LeavesTheCardAloneThatAnotherProgramHeldForLong) {
  auto session = *Connect();
  fake_.on_begin = [this] { clock_.now += absl::Milliseconds(900); };
  EXPECT_TRUE(session->Begin().ok());
  fake_.on_begin = [this] { clock_.now += absl::Milliseconds(1100); };
  EXPECT_TRUE(absl::IsAborted(session->Begin().status()));
  EXPECT_TRUE(fake_.commands.empty());
  EXPECT_EQ(fake_.calls.back(), "end leave");
}

TEST_F(CardSessionTest, SaysWhatPcscSaid) {
  fake_.transmit_code = kReset;
  EXPECT_EQ(Send(CommandApdu::ReadBinary(0, 16)).status().message(), "SCardTransmit: SCARD_W_RESET_CARD");
  fake_.connect_code = 0x8010000B;
  const absl::Status refused = Connect().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_EQ(refused.message(), "SCardConnect: SCARD_E_SHARING_VIOLATION");
}

TEST_F(CardSessionTest, RefusesExtendedLengthWhereTheReaderTakesShortOnes) {
  EXPECT_TRUE(absl::IsInvalidArgument(Send(CommandApdu::ReadBinary(0, 1000)).status()));
  EXPECT_TRUE(fake_.commands.empty());
}

}  // namespace
}  // namespace kortvakt
