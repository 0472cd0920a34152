// A card whose every answer is the fuzzer's: whatever it says, reading ends, within
// bounds, and says something of it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "agent/cards/card_reader.h"

namespace kortvakt {
namespace {

// The input: a byte of flags (T=0, extended length, IDPrime's ATR), then answers,
// each behind its length of two bytes. After the last the card is gone.
class FuzzedSession : public CardSession {
 public:
  explicit FuzzedSession(ByteView input) : rest_(input) {
    const uint8_t flags = rest_.empty() ? 0 : rest_[0];
    if (!rest_.empty()) rest_ = rest_.subspan(1);
    t0_ = (flags & 1) == 0;
    extended_ = (flags & 2) != 0;
    static constexpr uint8_t kIdPrime[] = {0x3B, 0x7F, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xB0,
                                           0x85, 0x59, 0x56, 0xFB, 0x12, 0x0F, 0xFE, 0x82, 0x90, 0x00};
    if (flags & 4) atr_ = kIdPrime;
  }
  ByteView atr() const override { return atr_; }
  bool is_t0() const override { return t0_; }
  bool extended_length() const override { return extended_; }
  absl::StatusOr<std::unique_ptr<CardChannel>> Begin() override;

  absl::StatusOr<ResponseApdu> Answer(const CommandApdu& command) {
    if (rest_.size() < 2) return absl::UnavailableError("the card is gone");
    const size_t size = std::min<size_t>(static_cast<size_t>(rest_[0]) << 8 | rest_[1], rest_.size() - 2);
    const ByteView bytes = rest_.subspan(2, size);
    rest_ = rest_.subspan(2 + size);
    if (size < 2) return absl::DataLossError("an answer without a status word");
    if (size - 2 > command.length()) return absl::DataLossError("answer longer than asked");
    ResponseApdu answer;
    answer.data.assign(bytes.begin(), bytes.end() - 2);
    answer.sw = static_cast<uint16_t>(bytes[size - 2] << 8 | bytes[size - 1]);
    return answer;
  }

 private:
  ByteView rest_;
  ByteView atr_;
  bool t0_ = true;
  bool extended_ = false;
};

class FuzzedChannel : public CardChannel {
 public:
  explicit FuzzedChannel(FuzzedSession& session) : session_(session) {}
  absl::StatusOr<ResponseApdu> Transmit(const CommandApdu& command) override {
    return session_.Answer(command);
  }

 private:
  FuzzedSession& session_;
};

absl::StatusOr<std::unique_ptr<CardChannel>> FuzzedSession::Begin() {
  if (rest_.empty()) return absl::UnavailableError("the card is gone");
  return std::make_unique<FuzzedChannel>(*this);
}

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace
}  // namespace kortvakt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  FuzzedSession session(ByteView(data, size));
  const absl::StatusOr<CardContents> contents = ReadCard(session);
  if (!contents.ok()) return 0;
  Check(contents->certificates.size() <= 256);
  Check(contents->state == CardState::kRead || !contents->detail.empty());
  for (const CardCertificate& certificate : contents->certificates) {
    Check(!certificate.der.empty() && certificate.der[0] == 0x30);
  }
  (void)MakeCardFacts(session.atr(), *contents, PrivacyOptions{}, absl::UnixEpoch());
  (void)RefreshCard(session, *contents);
  return 0;
}
