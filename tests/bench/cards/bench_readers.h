// Who reads the benchmark's cards, and what each reading costs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/pcsc/pcsc_context.h"
#include "common/base/time.h"
#include "tests/bench/cards/bench_card.h"
#include "tests/support/pcsc/private_pcscd.h"

namespace kortvakt::testing {

// A real card and reader (T=0 at 250 kbit/s): what they add to an APDU, and to each byte.
inline constexpr absl::Duration kLinkApdu = absl::Milliseconds(3);
inline constexpr absl::Duration kLinkByte = absl::Microseconds(48);

// Counted by the virtual card, the same witness for everybody.
struct Cost {
  size_t commands = 0;  // APDUs, GET RESPONSE and repeats included
  size_t bytes = 0;     // of commands and answers
  // Of the program, from its start to its end, in the virtual reader; absent: not measured.
  std::optional<absl::Duration> bare;

  absl::Duration OnTheLink() const {
    return kLinkApdu * static_cast<int64_t>(commands) + kLinkByte * static_cast<int64_t>(bytes);
  }
};

enum class Who { kOurs, kMinimal };

// How long another program took to connect, begin a transaction, send a command, end it and
// let go, while somebody else did something with the card.
struct Wait {
  absl::Duration longest;
  absl::Duration median;
};
// Nothing; a first reading by ReadCard; RefreshCard of the unchanged card, or OpenSC's listing.
enum class Meanwhile { kNothing, kWeRead, kWeLook, kOpenScReads };

// Reads the card in `reader` over PC/SC; an error when it has not `certificates`.
absl::Status ReadOverPcsc(Who who, const std::string& reader, CardFamily family, size_t certificates);

// A pcscd with every card in a reader of its own. Each reading is checked for the
// number of certificates. Not thread-safe.
class BenchReaders {
 public:
  // `folder` is empty and outlives it.
  static absl::StatusOr<std::unique_ptr<BenchReaders>> Start(const std::string& folder);

  const std::vector<BenchCard>& cards() const { return cards_; }
  // Whether our programs speak to it without PC/SC (bench_card.h).
  bool Direct(size_t card) const { return cards_[card].link == BenchCard::Link::kT1Extended; }

  // A first reading by ReadCard or by ReadMinimally, in a process of its own.
  absl::StatusOr<Cost> FirstRead(Who who, size_t card);
  // RefreshCard after the unchanged card was pulled and put in again.
  absl::StatusOr<Cost> Reinserted(size_t card);
  // pkcs15-tool --list-certificates, which reads them all; `cached`: with its file cache, filled before.
  absl::StatusOr<Cost> OpenSc(size_t card, bool cached);
  // Of `rounds` times, in each of which the other program comes at a moment of its own, spread
  // evenly over what goes on. `slow`: with the card behind kLinkApdu and kLinkByte. Not for
  // cards that our programs speak to without PC/SC.
  absl::StatusOr<Wait> AnotherProgram(Meanwhile what, size_t card, bool slow, int rounds);

 private:
  BenchReaders(std::string folder, PrivatePcscd pcscd, std::unique_ptr<PcscContext> context)
      : folder_(std::move(folder)), pcscd_(std::move(pcscd)), context_(std::move(context)) {}
  absl::Status WriteOpenScConfig(const std::string& name, bool cache, bool extended) const;
  absl::StatusOr<Cost> Logged(size_t slot) const;
  absl::StatusOr<Cost> RunLogged(size_t slot, const std::vector<std::string>& command,
                                 const std::string& opensc_config = "");
  // Connects to the card and does `use` with it; how long that took, from before to after.
  absl::StatusOr<absl::Duration> UseCard(size_t card,
                                         const std::function<absl::Status(CardSession&)>& use) const;

  const std::string folder_;
  const std::vector<BenchCard> cards_ = BenchCards();
  std::vector<std::string> images_;
  PrivatePcscd pcscd_;
  std::unique_ptr<PcscContext> context_;
};

}  // namespace kortvakt::testing
