// What the rules about a certificate's dates share.
#pragma once

#include <string>
#include <vector>

#include "common/judge/rule.h"
#include "common/judge/seconds.h"

namespace kortvakt {

// A finding about certificate `index` of a card: subject "card …: login
// certificate of 'O'", evidence its name.
Finding DateFinding(FindingCode code, const CardView& view, size_t index, Language language);

// Adds to the evidence those of `indices` that come after the first: they share
// its fate, and one renewal mends all.
void AddOthers(const CardView& view, const std::vector<size_t>& indices, Language language, Finding& finding);

// Lowers the finding to information, since the workstation's clock is wrong by
// enough to make it come and go: the clock comes first.
void DoubtForClock(Language language, Finding& finding);

// Lowers the finding to `severity`, with the reason in the evidence.
void Lower(Severity severity, const char* reason, Finding& finding);

// Those of `indices` that are `validity` at `at`, in order.
std::vector<size_t> Select(const CardView& view, const std::vector<size_t>& indices, int64_t at,
                           Validity validity);

}  // namespace kortvakt
