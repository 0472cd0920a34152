// Every kind of command to a card whose every answer is the fuzzer's: what CardChannel
// promises of an answer holds, and the card is not asked without end.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/fuzz/cards/fuzzed_card.h"

namespace kortvakt {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

std::vector<CommandApdu> Commands(bool extended) {
  static constexpr uint8_t kAid[] = {0xA0, 0x00, 0x00, 0x00, 0x63};
  std::vector<CommandApdu> commands = {
      CommandApdu::SelectApplication(kAid), CommandApdu::SelectFile(0x2F00, /*want_fci=*/true),
      CommandApdu::ReadBinary(0, 256),      CommandApdu::ReadBinary(0x8000, 256),
      CommandApdu::GetData(0xDF30, 16),     CommandApdu::ReadRecord(1),
  };
  if (extended) {
    commands.push_back(CommandApdu::ReadBinary(0, 65536));
    commands.push_back(CommandApdu::ReadBinary(0x8000, 1000));
  }
  return commands;
}

// False: the conversation is over.
bool Send(testing::FuzzedCard& card, CardChannel& channel, const CommandApdu& command) {
  const size_t before = card.commands();
  const absl::StatusOr<ResponseApdu> answer = channel.Transmit(command);
  // A first answer and 8 rounds more than whole ones take, each repeated once at most.
  Check(card.commands() - before <= 2 * (command.length() / 256 + 9));
  if (answer.ok()) {
    Check(answer->data.size() <= command.length());
    Check(answer->sw >> 8 != 0x61);
    return true;
  }
  Check(absl::IsDataLoss(answer.status()) || absl::IsUnavailable(answer.status()) ||
        absl::IsResourceExhausted(answer.status()));
  return absl::IsDataLoss(answer.status());
}

}  // namespace
}  // namespace kortvakt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  testing::FuzzedCard card(ByteView(data, size));
  const absl::StatusOr<std::unique_ptr<CardChannel>> channel = card.session().Begin();
  Check(channel.ok());
  const std::vector<CommandApdu> commands = Commands(card.session().extended_length());
  for (size_t next = 0; Send(card, **channel, commands[next]);) next = (next + 1) % commands.size();
  return 0;
}
