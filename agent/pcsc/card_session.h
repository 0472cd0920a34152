// CardSession over PC/SC. Only pcsc_context.cc makes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/pcsc/pcsc_context.h"

namespace kortvakt::internal {

// PcscContext::Connect; `context` is its handle.
absl::StatusOr<std::unique_ptr<CardSession>> ConnectCard(intptr_t context, const std::string& reader,
                                                         const CardBudget& budget, const Clock& clock,
                                                         CardControl& control);

}  // namespace kortvakt::internal
