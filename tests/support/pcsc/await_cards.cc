#include "tests/support/pcsc/await_cards.h"

#include <algorithm>

#include "common/base/time.h"
#include "tests/support/patience.h"

namespace kortvakt::testing {

absl::Status AwaitCards(PcscContext& context, const std::vector<std::string>& readers, bool present) {
  std::vector<ReaderStatus> states(readers.size());
  for (size_t i = 0; i < readers.size(); ++i) states[i].name = readers[i];
  const absl::Duration end = SystemClock().Monotonic() + kPatience;
  while (true) {
    const absl::Status status = context.Wait(states, kPatience);
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) return status;
    if (std::all_of(states.begin(), states.end(),
                    [present](const ReaderStatus& state) { return state.present == present; })) {
      return absl::OkStatus();
    }
    if (SystemClock().Monotonic() >= end) {
      return absl::DeadlineExceededError("the virtual cards do not come or go");
    }
  }
}

}  // namespace kortvakt::testing
