// The drivers with a card whose every answer is the fuzzer's: whatever it says, reading
// ends, within bounds, and says something of it.
#include <cstdint>
#include <cstdlib>

#include "agent/cards/card_reader.h"
#include "tests/fuzz/cards/fuzzed_card.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kortvakt;
  testing::FuzzedCard card(ByteView(data, size));
  const absl::StatusOr<CardContents> contents = ReadCard(card.session());
  if (!contents.ok()) return 0;
  Check(contents->certificates.size() <= 256);
  Check(contents->state == CardState::kRead || !contents->detail.empty());
  for (const CardCertificate& certificate : contents->certificates) {
    Check(!certificate.der.empty() && certificate.der[0] == 0x30);
  }
  (void)MakeCardFacts(card.session().atr(), *contents, PrivacyOptions{}, absl::UnixEpoch());
  // As one of two cards, the other of which is known by something else.
  CardContents twin = *contents;
  if (!twin.serial.empty()) twin.serial.back() ^= 1;
  if (!twin.freshness.empty()) twin.freshness.back() ^= 1;
  const KnownCards known = {std::make_shared<const CardContents>(twin),
                            std::make_shared<const CardContents>(*contents)};
  (void)RefreshCard(card.session(), known);
  return 0;
}
