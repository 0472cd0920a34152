// Certificates as large as those on real cards, for tests that count commands.
#pragma once

#include <vector>

#include "common/base/bytes.h"

namespace kortvakt::testing {

// A certificate and the identifier of its key (RFC 5280, 4.2.1.2: SHA-1, 20 bytes).
struct CardSizedCertificate {
  Bytes der;
  Bytes key_id;
};

// `count` certificates of one fictitious person, each with its own key (RSA-2048),
// 1,600 to 1,750 bytes, valid for ever; zlib saves about a tenth.
std::vector<CardSizedCertificate> CardSizedCertificates(size_t count);

}  // namespace kortvakt::testing
