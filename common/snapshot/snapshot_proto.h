// Snapshot to and from kortvakt.v1, the form in which it travels and is stored.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/snapshot/snapshot.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

v1::Snapshot SnapshotToProto(const Snapshot& snapshot);

// The snapshot in `proto`, which came from outside. kInvalidArgument names the
// first field that cannot be: a fingerprint that is not 64 lower-case hex digits,
// an ATR of more than 33 bytes, an unset enum, a text over 4 KiB, a host name over
// 253 bytes (RFC 1035, 2.3.4), a reader's name over 256, more than 64 readers (each
// has one card at most), 256 certificates a card, 64 stores, 64 browsers, 64 probes (of
// 64 KiB each), 512 revocation answers and 64 CA downloads, 1,024 CAs a store, 64 entries in a certificate's
// list or 8 paths of 8 up from it, a browser's store that is not there, a time outside the years 1 to 9999,
// observed_at or workstation missing.
//
// Nor may the snapshot in full have more than 2,048 certificates on its cards, 2,048
// CAs in its stores, 16,384 entries in its certificates' lists, or CAs (each once,
// by fingerprint) of more than 4 MiB times the cards that have certificates: a card
// is kept with the CAs that it rests on. So what is made of a report of 1 MiB takes
// a few MiB, whatever is in it; the first thing wrong ends the reading.
absl::StatusOr<Snapshot> SnapshotFromProto(const v1::Snapshot& proto);

// When revocation was asked counts in the digest by so much: what a collector keeps tells of
// an answer that is no older than this and the time until it is asked again.
inline constexpr absl::Duration kRevocationRenewal = absl::Hours(7 * 24);

// SHA-256, 64 lower-case hex digits, over the serialised contents without
// observed_at, clock, each card's read_at, the addresses that probes tried (but what
// kept them from connecting), from when revocation answers are and until when, and with
// the time of asking rounded down to kRevocationRenewal (counted from 1970): equal when
// nothing worth a new report changed.
std::string SnapshotDigest(const Snapshot& snapshot);
std::string SnapshotDigest(v1::Snapshot proto);

// For the role "reader": HSA-ids and card numbers taken out of cards and their certificates.
void RemovePersonalData(Snapshot& snapshot);

}  // namespace kortvakt
