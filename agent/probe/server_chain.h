// A server's certificates as it sent them.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// Sets chain, chain_length, path_length, ends_self_signed, server_names and name_matches of
// `facts` from `sent` (DER, the server's own first). A certificate that cannot be decoded is
// left out of the chain. Names of the server's certificate: at most 16, each a DNS name or
// address; a name counts in the alternative names only, as browsers have it.
void ReadServerChain(const std::vector<Bytes>& sent, const std::string& host, ProbeFacts& facts);

}  // namespace kortvakt
