// What is shown of a reader, from all that is known of it.
#pragma once

#include <optional>
#include <string>

#include "agent/pcsc/pcsc_context.h"
#include "agent/readers/reader_plan.h"
#include "agent/readers/reader_watch.h"

namespace kortvakt {

// `card`: what was read of the card that is in it now; `not_answering`: the PC/SC
// function that its worker is stuck in, or empty.
ObservedReader Observe(const ReaderStatus& status, const ReaderPlan& plan,
                       const std::optional<ObservedCard>& card, const std::string& not_answering);

// Whether two look the same to those who asked to be told of changes.
bool SameReader(const ObservedReader& a, const ObservedReader& b);
bool SameContents(const CardContents& a, const CardContents& b);

}  // namespace kortvakt
