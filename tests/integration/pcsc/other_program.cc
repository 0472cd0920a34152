#include "tests/integration/pcsc/other_program.h"

#include <winscard.h>

#include "agent/pcsc/pcsc_status.h"
#include "common/base/status.h"
#include "tests/support/patience.h"

namespace kortvakt::testing {

OtherProgram::OtherProgram() { SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_); }

OtherProgram::~OtherProgram() {
  if (card_ != 0) SCardDisconnect(card_, SCARD_LEAVE_CARD);
  SCardReleaseContext(context_);
}

absl::Status OtherProgram::Connect(const std::string& reader, bool exclusive) {
  DWORD protocol = 0;
  return PcscStatus(
      SCardConnect(context_, reader.c_str(), exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED,
                   SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card_, &protocol),
      "SCardConnect");
}

absl::Status OtherProgram::Disconnect() {
  const long card = card_;
  card_ = 0;
  return PcscStatus(SCardDisconnect(card, SCARD_LEAVE_CARD), "SCardDisconnect");
}

absl::Status OtherProgram::Begin() {
  return PcscStatus(SCardBeginTransaction(card_), "SCardBeginTransaction");
}

absl::Status OtherProgram::End() {
  return PcscStatus(SCardEndTransaction(card_, SCARD_LEAVE_CARD), "SCardEndTransaction");
}

absl::StatusOr<uint16_t> OtherProgram::Send(const std::string& hex) {
  const Bytes command = *FromHex(hex);
  uint8_t answer[258];
  DWORD length = sizeof answer;
  RETURN_IF_ERROR(PcscStatus(SCardTransmit(card_, SCARD_PCI_T0, command.data(),
                                           static_cast<DWORD>(command.size()), nullptr, answer, &length),
                             "SCardTransmit"));
  if (length < 2) return absl::DataLossError("an answer without a status word");
  return static_cast<uint16_t>(answer[length - 2] << 8 | answer[length - 1]);
}

absl::Status OtherProgram::AwaitCard(const std::string& reader) {
  return AwaitState(reader, SCARD_STATE_PRESENT);
}

absl::Status OtherProgram::AwaitInUse(const std::string& reader) {
  return AwaitState(reader, SCARD_STATE_INUSE);
}

absl::Status OtherProgram::AwaitState(const std::string& reader, unsigned long wanted) {
  // That a program begins to use a card wakes nobody (pcsc-lite 1.9.9): asked again and again.
  constexpr DWORD kAskAgain = 50;  // ms
  SCARD_READERSTATE state{};
  state.szReader = reader.c_str();
  const absl::Time end = absl::Now() + kPatience;
  while ((state.dwEventState & wanted) == 0) {
    if (absl::Now() > end) return absl::DeadlineExceededError("no such state of the card came");
    const LONG code = SCardGetStatusChange(context_, kAskAgain, &state, 1);
    if (code != static_cast<LONG>(SCARD_E_TIMEOUT)) RETURN_IF_ERROR(PcscStatus(code, "SCardGetStatusChange"));
    state.dwCurrentState = state.dwEventState & ~static_cast<DWORD>(SCARD_STATE_CHANGED);
  }
  return absl::OkStatus();
}

}  // namespace kortvakt::testing
