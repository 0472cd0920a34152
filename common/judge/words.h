// How things are named in findings and reports, in both languages, without
// personal data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"
#include "common/judge/finding.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

inline const char* Say(Language language, const char* english, const char* swedish) {
  return language == Language::kSwedish ? swedish : english;
}

const char* MeaningOf(FindingCode code, Language language);

// "kritiskt", "critical"; "kortkontoret", "the card office".
const char* SeverityText(Severity severity, Language language);
const char* FixedByText(FixedBy fixed_by, Language language);

// A length of time as a person says it, cut to its largest `units` units that
// follow each other: "4 years", "5 veckor 6 dagar", "0 seconds". Of the absolute value.
std::string DurationText(absl::Duration duration, Language language, int units = 2);

// The common name in an RFC 4514 string; without one, the whole string. At most
// 100 bytes.
std::string CommonName(std::string_view rfc4514);

// First 8 characters of a pseudonym or fingerprint.
std::string ShortId(std::string_view id);

// "reader 'X'".
std::string ReaderName(const ReaderFacts& reader, Language language);
// "card 1a2b3c4d in reader 'X'"; without an id "the card in reader 'X'".
std::string CardName(const ReaderFacts& reader, const CardFacts& card, Language language);
// "certificate 1a2b3c4d by 'SITHS e-id … CA v1', valid to 2026-12-01T08:00:00Z".
std::string CertificateName(const CertificateFacts& certificate, Language language);
// "system bundle /etc/ssl/certs/ca-certificates.crt".
std::string StoreName(const TrustStoreFacts& store, Language language);
// The same with what keeps it from being looked into: "folder /x (does not exist)", "(could not be read)".
std::string StoreNameAndState(const TrustStoreFacts& store, Language language);
// "browser database ~/.pki/nssdb (uid:1000)": the first of the stores of a browser of
// `snapshot`, with its state; without one whose browser it is.
std::string BrowserDatabase(const BrowserFacts& browser, const Snapshot& snapshot, Language language);

// "Firefox (uid:1000)"; where another browser of `snapshot` is called so too, as two profiles
// of one user are, with its database: "Firefox (uid:1000, ~/.mozilla/firefox/work)".
std::string BrowserName(const BrowserFacts& browser, const Snapshot& snapshot);
// How a browser's database is made that does not exist, which certutil and modutil do not do.
const char* MakeDatabaseText(Language language);

// "LoA 2", "LoA 3", "LoA unknown", "no LoA"; with what it rests on: "LoA 3 (by policy)".
std::string LoaText(Loa loa, Language language);
std::string LoaText(Loa loa, LoaBasis basis, Language language);

// "login certificate", "signature certificate", … as a heading: "Login".
const char* PurposeText(Purpose purpose, Language language);

// "a, b and 3 more": at most `limit` of `names`.
std::string ListText(const std::vector<std::string>& names, size_t limit, Language language);

}  // namespace kortvakt
