// The certificates of an NSS database (cert9.db), and how far each is trusted.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/trust/trust_store.h"
#include "common/base/bytes.h"

namespace kortvakt {

// Largest database taken and most certificates of one. Real ones have 0.3 MiB
// and a handful.
inline constexpr size_t kMaxNssBytes = 32u << 20;
inline constexpr size_t kMaxNssCertificates = 4096;

// Reads the bytes of a cert9.db, an SQLite file with one row an object (PKCS#11's
// and NSS's attributes as columns). SQLite sees these bytes only: no file, no
// lock, no journal, no module that pkcs11.txt names. Views, triggers and functions
// of the file's schema are not run.
//
// The trust is that for servers of the Web: kTrusted, a CA trusted as an issuer;
// kDistrusted, actively distrusted; kPresent, anything else (no opinion, an
// intermediate, trusted as a single server). As NSS has it, trust counts for the
// certificate whose hash its row names; a row without one can only distrust. Rows in
// the form of PKCS#11 3.2, which NSS writes since 3.114, go before those of its own.
// Not looked at is the signature that NSS keeps of trust in key4.db: who writes
// his own database by hand misleads us on himself alone.
//
// kInvalidArgument: no such database, damaged, or made to be hostile. Messages hold nothing
// out of the file.
// kResourceExhausted: over the limits above.
absl::StatusOr<std::vector<TrustStoreContents::Entry>> ReadNssDatabase(Bytes file);

}  // namespace kortvakt
