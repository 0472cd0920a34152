// What earlier answers are still worth.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "common/snapshot/revocation_facts.h"

namespace kortvakt {

// A question that was answered is asked again after so long, and up to the jitter more.
inline constexpr absl::Duration kAskAgain = absl::Hours(24);
inline constexpr absl::Duration kAskAgainJitter = absl::Hours(6);

// Whether one of the answers about a certificate, or for a CA, told something: good or
// revoked; the CA that was looked for. A failure of one moment does not.
bool Tells(const std::vector<RevocationCheck>& answers);
bool Tells(const std::vector<CaDownload>& answers);

// Whether they told something at a time from which it need not be asked again, by the wall
// clock: not before `now` by more than a running agent waits, nor after it (the clock was
// set back).
bool IsAnswered(const std::vector<RevocationCheck>& answers, absl::Time now);
bool IsAnswered(const std::vector<CaDownload>& answers, absl::Time now);

// What is known of a certificate by `fresh`, never empty, after `known`; each with at most
// one answer that tells, as a round has. What was told before stands, first, where `fresh` does
// not tell, or tells otherwise of an earlier time (thisUpdate; of a revoked certificate, its
// revocation where that is later), and is left out then: revoked, which neither a silent server
// nor an older list undoes, or good until its nextUpdate. A later "good" ends a certificateHold.
std::vector<RevocationCheck> WithWhatWasKnown(const std::vector<RevocationCheck>& known,
                                              std::vector<RevocationCheck> fresh, absl::Time now);

}  // namespace kortvakt
