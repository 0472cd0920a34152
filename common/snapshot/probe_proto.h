// A probe's facts to and from kortvakt.v1.
#pragma once

#include "common/snapshot/probe_facts.h"
#include "common/snapshot/proto_check.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

v1::Probe ProbeToProto(const ProbeFacts& facts);

// Most probes of a snapshot: no workstation has as many login services.
inline constexpr int kMaxProbes = 64;

// From outside: what cannot be is remembered in `check`. Of one probe at most 16
// addresses, certificates and names each, 128 stores, 512 CA names and 64 KiB in all.
ProbeFacts ProbeFromProto(ProtoCheck& check, const v1::Probe& proto);

}  // namespace kortvakt
