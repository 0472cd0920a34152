// What the rules about probed servers share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/judge/rule.h"
#include "common/snapshot/probe_facts.h"

namespace kortvakt {

// A finding about the server of `probe`: its address as subject.
Finding NewFinding(FindingCode code, const ProbeFacts& probe);

// The server's own certificate; null: none came.
const CertificateFacts* ServerCertificate(const ProbeFacts& probe);

// The certificates on the way up from the server's own as it sent them, itself first.
std::vector<const CertificateFacts*> SentPath(const ProbeFacts& probe);

// Whether the server's chain was checked against what a browser trusts: then only
// these count, else every store that was looked at.
bool Counts(const ProbeFacts& probe, const ProbeTrust& trust);
bool AnyThatCounts(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds);
bool AllThatCount(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds);

// Names of the stores for which `holds`, those that do not count too; "" when none.
std::string StoresFor(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds,
                      Language language);

// Adds "; text" to the evidence; nothing when the text is empty.
void AddEvidence(Finding& finding, const std::string& text);

}  // namespace kortvakt
