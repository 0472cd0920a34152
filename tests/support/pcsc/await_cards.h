// Waiting until pcscd has noticed what was done to virtual cards.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/pcsc/pcsc_context.h"

namespace kortvakt::testing {

// Returns once every one of `readers` has a card, or (`present` false) none has.
// kDeadlineExceeded after kPatience. Sends cards nothing.
absl::Status AwaitCards(PcscContext& context, const std::vector<std::string>& readers, bool present);

}  // namespace kortvakt::testing
