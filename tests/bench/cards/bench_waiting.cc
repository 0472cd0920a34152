// How long another program has to wait for a card that is being read.
#include <algorithm>
#include <thread>
#include <utility>

#include "agent/cards/card_reader.h"
#include "common/base/status.h"
#include "tests/bench/cards/bench_readers.h"

namespace kortvakt::testing {
namespace {

// The other program's; any command that leaves the selected file as it is.
absl::Status SendOne(CardSession& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CardChannel> channel, session.Begin());
  return channel->Transmit(CommandApdu::GetData(0xDF30, 5)).status();
}

}  // namespace

absl::StatusOr<absl::Duration> BenchReaders::UseCard(
    size_t card, const std::function<absl::Status(CardSession&)>& use) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<PcscContext> context, PcscContext::Establish());
  const CardBudget patient{.patience = absl::InfiniteDuration()};
  CardControl control;
  const absl::Duration start = SystemClock().Monotonic();
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<CardSession> session,
                     context->Connect(pcscd_.ReaderName(card), patient, SystemClock(), control));
    RETURN_IF_ERROR(use(*session));
  }
  return SystemClock().Monotonic() - start;
}

absl::StatusOr<Wait> BenchReaders::AnotherProgram(Meanwhile what, size_t card, bool slow, int rounds) {
  RETURN_IF_ERROR(slow ? pcscd_.SetDelay(card, kLinkApdu, kLinkByte)
                       : pcscd_.SetDelay(card, absl::ZeroDuration()));
  KnownCards known;
  RETURN_IF_ERROR(UseCard(card, [&known](CardSession& session) -> absl::Status {
                    ASSIGN_OR_RETURN(CardContents contents, ReadCard(session));
                    known.push_back(std::make_shared<const CardContents>(std::move(contents)));
                    return absl::OkStatus();
                  }).status());
  const auto look = [&known](CardSession& session) { return RefreshCard(session, known).status(); };
  // How long it took.
  const auto meanwhile = [&]() -> absl::StatusOr<absl::Duration> {
    if (what == Meanwhile::kNothing) return absl::Milliseconds(10);
    if (what == Meanwhile::kWeLook) return UseCard(card, look);
    ASSIGN_OR_RETURN(const Cost cost, what == Meanwhile::kWeRead ? FirstRead(Who::kOurs, card)
                                                                 : OpenSc(card, /*cached=*/false));
    return *cost.bare;
  };
  ASSIGN_OR_RETURN(const absl::Duration undisturbed, meanwhile());
  std::vector<absl::Duration> waits;
  for (int round = 0; round < rounds; ++round) {
    absl::Status status;
    std::thread thread([&] { status = meanwhile().status(); });
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(undisturbed * round / rounds));
    const absl::StatusOr<absl::Duration> took = UseCard(card, SendOne);
    thread.join();
    RETURN_IF_ERROR(took.status());
    RETURN_IF_ERROR(status);
    waits.push_back(*took);
  }
  RETURN_IF_ERROR(pcscd_.SetDelay(card, absl::ZeroDuration()));
  std::sort(waits.begin(), waits.end());
  return Wait{.longest = waits.back(), .median = waits[waits.size() / 2]};
}

}  // namespace kortvakt::testing
