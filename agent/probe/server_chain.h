// A server's certificates as it sent them, and what trust stores make of them.
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

// Sets chain, path_length, server_names and name_matches of `facts` from `sent` (DER,
// the server's own first). A certificate that cannot be decoded is left out of the
// chain. Names of the server's certificate: at most 16, each a DNS name or address; a
// name counts in the alternative names only, as browsers have it.
void ReadServerChain(const std::vector<Bytes>& sent, const std::string& host, ProbeFacts& facts);

// What `pool` makes of `sent`; dates do not count. `public_roots`: fingerprints of the
// roots that the system's publisher ships; empty: not known.
ProbeTrust TrustOf(const std::vector<Bytes>& sent, const ProbePool& pool,
                   const std::set<std::string>& public_roots);

}  // namespace kortvakt
