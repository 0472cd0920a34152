// A certificate's facts to and from kortvakt.v1.
#pragma once

#include "common/certs/certificate_facts.h"
#include "common/snapshot/proto_check.h"
#include "kortvakt/v1/snapshot.pb.h"

namespace kortvakt {

v1::Certificate CertificateToProto(const CertificateFacts& facts);

// From outside: what cannot be is remembered in `check`.
CertificateFacts CertificateFromProto(ProtoCheck& check, const v1::Certificate& proto);

}  // namespace kortvakt
