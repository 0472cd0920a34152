#include "agent/pcsc/card_session.h"

#include <reader.h>
#include <winscard.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/pcsc/pcsc_status.h"
#include "common/base/status.h"

namespace kortvakt::internal {
namespace {

// Resets by other programs that a session outlives at the start of a transaction.
constexpr int kMostReconnects = 3;
// Repeats of one command after 6Cxx.
constexpr int kMostRepeats = 2;
// Longest answer: 65,536 bytes and the status word.
constexpr size_t kLongestAnswer = 65536 + 2;

// Says for the watching thread which function the conversation is in.
class InCall {
 public:
  InCall(CardControl& control, const char* name) : control_(control) { control_.call = name; }
  ~InCall() { control_.call = nullptr; }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  CardControl& control_;
};

// A code of a function that needs the card: whatever it is, this conversation is over.
absl::Status CardStatus(LONG code, const char* what) {
  const absl::Status status = PcscStatus(code, what);
  return status.ok() ? status : absl::UnavailableError(status.message());
}

class PcscCardSession final : public CardSession {
 public:
  PcscCardSession(SCARDHANDLE card, DWORD protocol, const CardBudget& budget, const Clock& clock,
                  CardControl& control)
      : card_(card),
        protocol_(protocol),
        budget_(budget),
        clock_(clock),
        control_(control),
        deadline_(clock.Monotonic() + budget.time),
        buffer_(kLongestAnswer) {}
  ~PcscCardSession() override {
    const InCall call(control_, "SCardDisconnect");
    SCardDisconnect(card_, SCARD_LEAVE_CARD);
  }

  absl::Status Learn();
  ByteView atr() const override { return atr_; }
  bool is_t0() const override { return protocol_ == SCARD_PROTOCOL_T0; }
  bool extended_length() const override { return extended_; }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override;

  void End() {
    const InCall call(control_, "SCardEndTransaction");
    SCardEndTransaction(card_, SCARD_LEAVE_CARD);
  }
  // One command and its answer, as they are, within the budget.
  absl::StatusOr<ResponseApdu> Exchange(const CommandApdu& command);

 private:
  absl::Status CheckTime() const;
  bool ReaderTakesExtended();

  const SCARDHANDLE card_;
  DWORD protocol_;
  CardBudget budget_;  // what is left
  const Clock& clock_;
  CardControl& control_;
  const absl::Duration deadline_;
  Bytes atr_;
  bool extended_ = false;
  Bytes buffer_;
};

class PcscCardChannel final : public CardChannel {
 public:
  explicit PcscCardChannel(PcscCardSession& session) : session_(session) {}
  ~PcscCardChannel() override { session_.End(); }
  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) override;

 private:
  absl::StatusOr<ResponseApdu> WithRightLength(const CommandApdu& command);

  PcscCardSession& session_;
};

absl::Status PcscCardSession::CheckTime() const {
  // In this order: once asked to stop, the clock may be gone.
  if (control_.stop) return absl::CancelledError("the agent is stopping");
  if (clock_.Monotonic() >= deadline_)
    return absl::DeadlineExceededError("the time for this card is used up");
  return absl::OkStatus();
}

absl::Status PcscCardSession::Learn() {
  DWORD state = 0;
  DWORD protocol = 0;
  DWORD name_length = 0;
  atr_.resize(MAX_ATR_SIZE);
  DWORD atr_length = static_cast<DWORD>(atr_.size());
  LONG code = 0;
  {
    const InCall call(control_, "SCardStatus");
    code = SCardStatus(card_, nullptr, &name_length, &state, &protocol, atr_.data(), &atr_length);
  }
  if (code != SCARD_S_SUCCESS) return CardStatus(code, "SCardStatus");
  atr_.resize(std::min<size_t>(atr_length, atr_.size()));
  extended_ = !is_t0() && ReaderTakesExtended();
  return absl::OkStatus();
}

// PC/SC part 10, 2.3: the reader's feature list (tag, length 4, control code in
// big-endian) leads to its properties (tag, length, value in little-endian), one
// of which is the largest APDU. Readers without either take short ones only.
bool PcscCardSession::ReaderTakesExtended() {
  const InCall call(control_, "SCardControl");
  uint8_t list[256];
  DWORD length = 0;
  if (SCardControl(card_, CM_IOCTL_GET_FEATURE_REQUEST, nullptr, 0, list, sizeof list, &length) !=
      SCARD_S_SUCCESS) {
    return false;
  }
  std::optional<DWORD> properties;
  for (size_t i = 0; i + 6 <= std::min<size_t>(length, sizeof list); i += 6) {
    if (list[i] != FEATURE_GET_TLV_PROPERTIES || list[i + 1] != 4) continue;
    properties = static_cast<DWORD>(list[i + 2]) << 24 | static_cast<DWORD>(list[i + 3]) << 16 |
                 static_cast<DWORD>(list[i + 4]) << 8 | list[i + 5];
  }
  if (!properties.has_value() ||
      SCardControl(card_, *properties, nullptr, 0, list, sizeof list, &length) != SCARD_S_SUCCESS) {
    return false;
  }
  const size_t end = std::min<size_t>(length, sizeof list);
  for (size_t i = 0; i + 2 <= end && i + 2 + list[i + 1] <= end; i += 2u + list[i + 1]) {
    if (list[i] != PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize || list[i + 1] != 4) continue;
    const uint32_t largest = list[i + 2] | static_cast<uint32_t>(list[i + 3]) << 8 |
                             static_cast<uint32_t>(list[i + 4]) << 16 |
                             static_cast<uint32_t>(list[i + 5]) << 24;
    return largest >= 65536;
  }
  return false;
}

absl::StatusOr<std::unique_ptr<CardChannel>> PcscCardSession::Begin() {
  RETURN_IF_ERROR(CheckTime());
  const absl::Duration asked = clock_.Monotonic();
  for (int attempt = 0;; ++attempt) {
    LONG code = 0;
    {
      const InCall call(control_, "SCardBeginTransaction");
      code = SCardBeginTransaction(card_);
    }
    if (code == SCARD_S_SUCCESS) break;
    // Another program reset the card. Nothing is lost: a channel starts with a SELECT.
    if (code != static_cast<LONG>(SCARD_W_RESET_CARD) || attempt == kMostReconnects) {
      return CardStatus(code, "SCardBeginTransaction");
    }
    const InCall call(control_, "SCardReconnect");
    code = SCardReconnect(card_, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD,
                          &protocol_);
    if (code != SCARD_S_SUCCESS) return CardStatus(code, "SCardReconnect");
  }
  auto channel = std::make_unique<PcscCardChannel>(*this);
  if (control_.stop) return absl::CancelledError("the agent is stopping");
  if (clock_.Monotonic() - asked > budget_.patience) {
    return absl::AbortedError("SCardBeginTransaction: another program held the card");
  }
  RETURN_IF_ERROR(CheckTime());
  return channel;
}

absl::StatusOr<ResponseApdu> PcscCardSession::Exchange(const CommandApdu& command) {
  RETURN_IF_ERROR(CheckTime());
  if (command.extended() && !extended_) {
    return absl::InvalidArgumentError(
        "an extended-length command for a reader or card that takes short ones");
  }
  if (budget_.commands == 0) return absl::ResourceExhaustedError("too many commands for one card");
  --budget_.commands;
  const Bytes bytes = command.Encode(is_t0());
  const SCARD_IO_REQUEST* const how = is_t0() ? SCARD_PCI_T0 : SCARD_PCI_T1;
  // Larger than asked for, so that a longer answer is seen as what it is.
  DWORD length = static_cast<DWORD>(buffer_.size());
  LONG code = 0;
  {
    const InCall call(control_, "SCardTransmit");
    code = SCardTransmit(card_, how, bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, buffer_.data(),
                         &length);
  }
  if (code == static_cast<LONG>(SCARD_E_INSUFFICIENT_BUFFER)) {
    return absl::DataLossError("the card's answer is longer than an answer can be");
  }
  if (code != SCARD_S_SUCCESS) return CardStatus(code, "SCardTransmit");
  // A card pulled in the middle shows as success without an answer.
  if (length < 2 || length > buffer_.size()) {
    return absl::UnavailableError(absl::StrCat("SCardTransmit: an answer of ", length, " bytes"));
  }
  if (length > budget_.bytes) return absl::ResourceExhaustedError("too many bytes for one card");
  budget_.bytes -= length;
  ResponseApdu response;
  response.data.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(length) - 2);
  response.sw = static_cast<uint16_t>(buffer_[length - 2] << 8 | buffer_[length - 1]);
  return response;
}

// How many bytes 61xx and 6Cxx speak of: 00 is 256 (7816-4, 5.6).
size_t Announced(uint16_t sw) { return (sw & 0xFF) == 0 ? 256 : sw & 0xFF; }

absl::StatusOr<ResponseApdu> PcscCardChannel::WithRightLength(const CommandApdu& command) {
  ASSIGN_OR_RETURN(ResponseApdu response, session_.Exchange(command));
  // The first 6Cxx may name the most that the card gives, a second what is left of the file.
  size_t asked = command.length();
  for (int repeats = 0; response.sw >> 8 == 0x6C && asked > 0; ++repeats) {
    const size_t length = Announced(response.sw);
    if (length == asked) return absl::DataLossError("6Cxx names the length that was asked for");
    if (repeats == kMostRepeats || (repeats > 0 && length > asked)) {
      return absl::DataLossError("6Cxx without end");
    }
    asked = length;
    ASSIGN_OR_RETURN(response, session_.Exchange(command.WithLength(asked)));
  }
  if (asked != command.length() && response.data.size() > asked) {
    return absl::DataLossError("6Cxx names fewer bytes than then come");
  }
  // Some cards give a whole object or nothing.
  if (asked > command.length()) response.data.resize(std::min(response.data.size(), command.length()));
  if (command.length() == 0) response.data.clear();  // not asked for
  if (response.data.size() > command.length()) {
    return absl::DataLossError(absl::StrCat("an answer of ", response.data.size(), " bytes where ",
                                            command.length(), " were asked for"));
  }
  return response;
}

absl::StatusOr<ResponseApdu> PcscCardChannel::Transmit(const CommandApdu& command) {
  ASSIGN_OR_RETURN(ResponseApdu response, WithRightLength(command));
  // Each round brings a byte at least, and no more than 256 of them are of use
  // to anybody: 8 more than whole answers allow for cards that dribble.
  size_t rounds = command.length() / 256 + 8;
  while (response.sw >> 8 == 0x61) {
    const size_t missing = command.length() - response.data.size();
    if (missing == 0) {
      response.sw = 0x9000;  // all that was asked for is here; what is left is not fetched
      break;
    }
    if (rounds-- == 0) return absl::DataLossError("61xx without end");
    ASSIGN_OR_RETURN(const ResponseApdu more,
                     WithRightLength(CommandApdu::GetResponse(std::min(missing, Announced(response.sw)))));
    if (more.data.empty() && more.sw >> 8 == 0x61) return absl::DataLossError("61xx without data");
    response.data.insert(response.data.end(), more.data.begin(), more.data.end());
    response.sw = more.sw;
  }
  if (command.ins() == 0xB1) {
    ASSIGN_OR_RETURN(response.data, UnwrapDiscretionaryData(response.data));
  }
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CardSession>> ConnectCard(intptr_t context, const std::string& reader,
                                                         const CardBudget& budget, const Clock& clock,
                                                         CardControl& control) {
  if (control.stop) return absl::CancelledError("the agent is stopping");
  SCARDHANDLE card = 0;
  DWORD protocol = 0;
  LONG code = 0;
  {
    const InCall call(control, "SCardConnect");
    code = SCardConnect(static_cast<SCARDCONTEXT>(context), reader.c_str(), SCARD_SHARE_SHARED,
                        SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
  }
  if (code != SCARD_S_SUCCESS) return PcscStatus(code, "SCardConnect");
  if (control.stop) {  // while we waited; the clock may be gone by now
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    return absl::CancelledError("the agent is stopping");
  }
  auto session = std::make_unique<PcscCardSession>(card, protocol, budget, clock, control);
  RETURN_IF_ERROR(session->Learn());
  return session;
}

}  // namespace kortvakt::internal
