#include "tests/fuzz/cards/fuzzed_card.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/support/card/card_image.h"
#include "tests/unit/agent/pcsc/fake_winscard.h"

namespace kortvakt::testing {
namespace {

constexpr uint32_t kRemoved = 0x80100069;  // SCARD_W_REMOVED_CARD

class StandingClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch(); }
  absl::Duration Monotonic() const override { return absl::ZeroDuration(); }
};

// The answers of an input, one after the other.
std::function<Bytes(const Bytes&)> AnswersOf(ByteView input) {
  return [rest = input](const Bytes&) mutable {
    if (rest.size() < 2) {
      FakeWinscard::Get().transmit_code = kRemoved;
      return Bytes();
    }
    const size_t size = std::min<size_t>(static_cast<size_t>(rest[0]) << 8 | rest[1], rest.size() - 2);
    const ByteView answer = rest.subspan(2, size);
    rest = rest.subspan(2 + size);
    return Bytes(answer.begin(), answer.end());
  };
}

}  // namespace

FuzzedCard::FuzzedCard(uint8_t flags, std::function<Bytes(const Bytes&)> card) {
  static const StandingClock clock;
  FakeWinscard& fake = FakeWinscard::Reset();
  fake.card = std::move(card);
  fake.protocol = (flags & kT1) != 0 ? 2 : 1;
  fake.extended_length = (flags & kExtended) != 0;
  if ((flags & kIdPrime) != 0) fake.atr.assign(std::begin(kIdPrimeAtr), std::end(kIdPrimeAtr));
  context_ = *PcscContext::Establish();
  session_ = *context_->Connect("reader", CardBudget(), clock, control_);
}

FuzzedCard::FuzzedCard(ByteView input)
    : FuzzedCard(input.empty() ? uint8_t{0} : input[0], AnswersOf(input.empty() ? input : input.subspan(1))) {
}

size_t FuzzedCard::commands() const { return FakeWinscard::Get().commands.size(); }

void AppendAnswer(Bytes& input, ByteView answer) {
  input.push_back(static_cast<uint8_t>(answer.size() >> 8));
  input.push_back(static_cast<uint8_t>(answer.size()));
  input.insert(input.end(), answer.begin(), answer.end());
}

}  // namespace kortvakt::testing
