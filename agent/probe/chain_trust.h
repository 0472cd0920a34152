// What trust stores make of a server's certificates.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// What a browser (or another program) trusts, DER. The bytes must outlive its use.
struct ProbePool {
  std::string store;                      // its name in ProbeTrust
  bool browser = false;                   // all that a browser trusts, not only one place
  std::vector<ByteView> trusted = {};     // trusted as issuers
  std::vector<ByteView> present = {};     // there, but the end of no chain
  std::vector<ByteView> distrusted = {};  // actively
  // Whether a trusted certificate that is not self-signed ends a chain, as in NSS;
  // OpenSSL wants the root.
  bool intermediates_end_chains = false;
};

// What each of `pools` makes of `sent` (DER, the server's own first), in their order. Dates
// do not count for the verdict: they are told of each way up. Whether a missing issuer is a
// root is told by all of the pools together. `public_roots`: fingerprints of the roots that
// the system's publisher ships; empty: not known.
std::vector<ProbeTrust> TrustOf(const std::vector<Bytes>& sent, const std::vector<ProbePool>& pools,
                                const std::set<std::string>& public_roots);

}  // namespace kortvakt
