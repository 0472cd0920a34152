// What revocation servers answered, to and from kortvakt.v1.
#pragma once

#include "common/snapshot/proto_check.h"
#include "common/snapshot/revocation_facts.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

// Most answers of a snapshot: 64 cards with 4 certificates, each asked of two servers.
inline constexpr int kMaxRevocations = 512;
// No catalogue requires as many CAs.
inline constexpr int kMaxCaDownloads = 64;

v1::RevocationCheck RevocationCheckToProto(const RevocationCheck& facts);
v1::CaDownload CaDownloadToProto(const CaDownload& facts);

// From outside: what cannot be is remembered in `check`. An address has at most 512 bytes,
// a detail 256.
RevocationCheck RevocationCheckFromProto(ProtoCheck& check, const v1::RevocationCheck& proto);
CaDownload CaDownloadFromProto(ProtoCheck& check, const v1::CaDownload& proto);

}  // namespace kortvakt
