#include "tests/support/card/direct_session.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace kortvakt::testing {
namespace {

constexpr int kMaxMoreData = 300;  // GET RESPONSE commands for one answer

}  // namespace

class DirectChannel : public CardChannel {
 public:
  explicit DirectChannel(DirectSession& session) : session_(session) {
    session_.open_ = true;
    session_.in_transaction_ = 0;
  }
  ~DirectChannel() override { session_.open_ = false; }

  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) override {
    const size_t most = command.length() == 0 ? 256 : command.length();
    ASSIGN_OR_RETURN(ResponseApdu answer, Exchange(command, most));
    size_t asked = most;
    int repeats = 0;
    for (int i = 0; i < kMaxMoreData; ++i) {
      const size_t low = (answer.sw & 0xFF) == 0 ? 256 : answer.sw & 0xFF;
      const bool again = repeats == 0 || (repeats == 1 && low < asked);
      if ((answer.sw & 0xFF00) == 0x6C00 && again && answer.data.empty()) {
        ++repeats;
        asked = low;
        ASSIGN_OR_RETURN(answer, Exchange(command.WithLength(low), most));
      } else if ((answer.sw & 0xFF00) == 0x6100) {
        Bytes data = std::move(answer.data);
        ASSIGN_OR_RETURN(answer, Exchange(CommandApdu::GetResponse(low), low));
        if (answer.data.empty() && (answer.sw & 0xFF00) == 0x6100) {
          return absl::DataLossError("61xx without data");
        }
        data.insert(data.end(), answer.data.begin(), answer.data.end());
        answer.data = std::move(data);
        if (answer.data.size() > std::max<size_t>(most, 256))
          return absl::DataLossError("answer longer than asked");
      } else if ((answer.sw & 0xFF00) == 0x6C00) {
        return absl::DataLossError("the card refuses the length that it asked for itself");
      } else {
        if (command.ins() == 0xB1) {
          ASSIGN_OR_RETURN(answer.data, UnwrapDiscretionaryData(answer.data));
        }
        return answer;
      }
    }
    return absl::DataLossError("the card announces more data without end");
  }

 private:
  absl::StatusOr<ResponseApdu> Exchange(const CommandApdu& command, size_t most) {
    DirectSession& session = session_;
    const size_t index = session.commands();
    if (index >= session.lost_at_) return absl::UnavailableError("SCARD_W_REMOVED_CARD");
    if (index >= session.budget_.commands || session.bytes_ > session.budget_.bytes) {
      return absl::ResourceExhaustedError("the budget of commands and bytes is used up");
    }
    session.longest_transaction_ = std::max(session.longest_transaction_, ++session.in_transaction_);
    const Bytes bytes = session.card_->Transmit(command.Encode(session.t0_));
    if (bytes.empty()) return absl::DeadlineExceededError("the card does not answer");
    if (bytes.size() < 2) return absl::DataLossError("an answer without a status word");
    if (bytes.size() - 2 > most) return absl::DataLossError("answer longer than asked");
    session.bytes_ += bytes.size();
    ResponseApdu answer;
    answer.data.assign(bytes.begin(), bytes.end() - 2);
    answer.sw = static_cast<uint16_t>(bytes[bytes.size() - 2] << 8 | bytes.back());
    return answer;
  }

  DirectSession& session_;
};

DirectSession::DirectSession(CardImage image) : t0_(image.t0), extended_(image.extended_length && !image.t0) {
  card_ = MakeVirtualCard(std::move(image));
  atr_ = card_->Atr();
}

absl::StatusOr<std::unique_ptr<CardChannel>> DirectSession::Begin() {
  if (open_) return absl::InternalError("a transaction is under way");
  if (commands() >= lost_at_) return absl::UnavailableError("SCARD_W_REMOVED_CARD");
  if (interloper_) interloper_(*card_);
  return std::make_unique<DirectChannel>(*this);
}

}  // namespace kortvakt::testing
