// A CA whose key is the same in every process, for corpora that must hold tomorrow.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "tests/support/pki/test_pki.h"

namespace kortvakt::testing {

// Its private key is the number seven: it protects nothing.
const Issued& FuzzIssuer();

// ECDSA with SHA-256 over `bytes` by the issuer's key, as the AlgorithmIdentifier and the BIT
// STRING that follow a signed structure (RFC 5280, 5.1.1).
std::string SignatureParts(ByteView bytes);

// `contents` as a DER element.
std::string DerOf(uint8_t tag, const std::string& contents);

}  // namespace kortvakt::testing
