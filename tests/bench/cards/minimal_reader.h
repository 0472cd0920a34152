// The floor: what a reader must send that tells the same of a card as ours does.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/pcsc/card_channel.h"
#include "common/base/bytes.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt::testing {

// Reads the certificates of a card of `family`, and on the way what ours takes with
// it: serial, label, keys, and on IDPrime the freshness counters. For well-behaved
// cards only: it knows beforehand that they take SELECT without answer data, keep
// their files where the virtual cards do and do not lie, and it checks nothing.
// One transaction. Every command is a SELECT or a read of bytes that are needed.
absl::StatusOr<std::vector<Bytes>> ReadMinimally(CardSession& session, CardFamily family);

}  // namespace kortvakt::testing
