// Snapshot to and from kortvakt.v1, the form in which it travels and is stored.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/snapshot/snapshot.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

v1::Snapshot SnapshotToProto(const Snapshot& snapshot);

// The snapshot in `proto`, which came from outside. kInvalidArgument names the
// first field that cannot be: a fingerprint that is not 64 lower-case hex digits,
// an ATR of more than 33 bytes, an unset enum, a text over 4 KiB, more than 64
// readers, 256 certificates a card, 64 stores or 1,024 CAs a store, a time
// outside the years 1 to 9999, observed_at or workstation missing.
absl::StatusOr<Snapshot> SnapshotFromProto(const v1::Snapshot& proto);

// SHA-256, 64 lower-case hex digits, over the serialised contents without
// observed_at, clock and each card's read_at: equal when nothing worth a new
// report changed.
std::string SnapshotDigest(const Snapshot& snapshot);

// For the role "reader": HSA-ids and card numbers taken out of cards and their certificates.
void RemovePersonalData(Snapshot& snapshot);

}  // namespace kortvakt
