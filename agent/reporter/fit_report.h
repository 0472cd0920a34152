// Making a report fit: a card can hold, and a trust store too, far more than a
// real one does, and must not silence its workstation by that.
#pragma once

#include <cstddef>

#include "kortvakt/v1/ingest.pb.h"

namespace kortvakt {

// Largest report, serialised. The collector takes requests of 1 MiB; a workstation
// with 16 cards reports about 50 KiB.
inline constexpr size_t kMaxReportBytes = 900u << 10;

// Takes out of the snapshot in `report` what is too much for `max_bytes`, or for a
// collector by number (SnapshotFromProto, snapshot_proto.h). What is small stays as
// it is: only readers, trust stores and probes above an equal share of the room lose
// something, first the addresses (URLs) in their certificates, then certificates:
// those first that are nobody's login, signature or transport certificate, then
// those without a verified issuer, and of these the largest.
//
// Of a probe the server's own certificate is kept before those that it sent with it; a
// probe that is too large without them is left out, for a part of its list of CAs would
// be taken for the whole. Of revocation answers those that tell nothing go first, then
// those that are good; of answers of download servers the last.
//
// A card's or store's detail then begins with what was left out. Certificates left
// out of a card count as unreadable, and the card as not read to the end, so that
// nobody takes it for the whole card. The same snapshot is always cut the same way.
//
// Fits whenever there are no more readers and stores than a collector takes; more
// than that is left too large, and what a collector refuses for another reason is
// left for it to say so.
void FitReport(v1::Report& report, size_t max_bytes);

}  // namespace kortvakt
