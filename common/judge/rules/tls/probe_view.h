// What the rules about probed servers share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/judge/detail_text.h"
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

// What the store makes of the chain, by what the CAs known here and the catalogue tell of
// an issuer that is missing.
ProbeVerdict VerdictOf(const Facts& facts, const ProbeFacts& probe, const ProbeTrust& trust);

// Whether the server's certificate is self-signed.
bool IsSelfSigned(const ProbeFacts& probe);

// Whether the server asks for a client certificate so that browsers never answer: after the
// request in TLS 1.3 (RFC 8446, 4.2.6; they do not offer post-handshake authentication).
bool AskedTooLate(const ProbeFacts& probe);

// How a handshake failed that a client certificate or the server's name did not end.
enum class HandshakeFailure {
  kNone,             // it did not
  kNothingInCommon,  // no version, cipher suite or group in common, as far as it tells
  kOther,
};
HandshakeFailure HandshakeFailureOf(const ProbeFacts& probe);

// Names of the stores for which `holds`, those that do not count too; "" when none.
std::string StoresFor(const ProbeFacts& probe, const std::function<bool(const ProbeTrust&)>& holds,
                      Language language);

// Adds "; text" to the evidence; nothing when the text is empty.
void AddEvidence(Finding& finding, const std::string& text);

}  // namespace kortvakt
