// What is known of a certificate's revocation, and how it is said.
#pragma once

#include <string>

#include "common/certs/certificate_facts.h"
#include "common/judge/finding.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// What is known of a certificate's revocation: an answer that says it is revoked, else
// one that says it is not, else the last that could not tell. Null: nobody was asked.
const RevocationCheck* RevocationOf(const Snapshot& snapshot, const CertificateFacts& certificate);

// "revoked since 2026-11-20T08:00:00Z (no longer needed)", "suspended since …", "not
// revoked, by ocsp1.example.org as of …", "whether it is revoked could not be told:
// ocsp1.example.org: no answer in time".
std::string RevocationText(const RevocationCheck& check, Language language);

// "no answer in time", "the answer is out of date (…)": why it could not be told.
std::string ProblemText(const RevocationCheck& check, Language language);

// "tried 2026-11-22T08:00:00Z": when a server was asked.
std::string TriedText(absl::Time at, Language language);

// The host (and port) in an address: "ocsp1.example.org". Clean.
std::string HostOf(const std::string& url);

}  // namespace kortvakt
