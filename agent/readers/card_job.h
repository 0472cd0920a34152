// One attempt to read the card in one reader, on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "agent/cards/card_reader.h"
#include "agent/pcsc/pcsc_context.h"
#include "agent/readers/reader_plan.h"
#include "agent/readers/reader_watch.h"
#include "common/base/time.h"

namespace kortvakt {

// What is to be read, and by which rules.
struct CardJob {
  std::string reader;
  uint16_t events = 0;       // the insertion, by the service's count
  uint64_t insertion = 0;    // the same, by the plan's
  bool check_in_use = true;  // false: "in use" may still be our own trace
  KnownCards known;          // which card it may be, unchanged (CardMemory); empty: to be read
  ReaderWatch::Options options;
  absl::Duration started;
  CardControl control;
};

// What came of it.
struct CardResult {
  ReaderPlan::Outcome outcome = ReaderPlan::Outcome::kDone;
  CardContents contents;  // kDone
  std::string detail;     // kRetry, kBusy: why, for evidence
};

// Reads the card: all of it, unless it is one of `known` unchanged. The contents count
// only when the insertion and the handle are the same after as before. Blocks as PC/SC
// does; `job.control` is for others to look in and to stop it.
CardResult RunCardJob(CardJob& job, const Clock& clock);

// What is told of a card whose last attempt ended like the others, with kRetry and
// this detail.
CardContents GivenUp(const std::string& detail);

}  // namespace kortvakt
