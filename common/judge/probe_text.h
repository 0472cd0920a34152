// What a probed server did, as a person says it; why a login fails by it is in the findings.
#pragma once

#include <string>

#include "common/judge/finding.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// How far the conversation came: "HTTP 200", "no connection", "the TLS handshake fails (…)".
std::string OutcomeText(const ProbeFacts& probe, Language language);

// "a client certificate by SITHS e-id Person HSA-id 3 CA v1; and 3 more": what it asks for.
// Empty: it does not ask, or the conversation did not come so far.
std::string AskedForText(const ProbeFacts& probe, Language language);

}  // namespace kortvakt
