// Judging: a pure function from what was seen to what is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/finding.h"
#include "common/judge/policy.h"
#include "common/judge/renewal.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// All that a verdict depends on. The references must outlive the call.
struct Case {
  const Snapshot& snapshot;
  const CaCatalogue& catalogue;
  const Policy& policy;
  absl::Time now;
  Language language = Language::kEnglish;
  const ReplacementLookup* replacements = nullptr;  // null at the desk
};

struct Verdict {
  // Most likely cause of a failed login first.
  std::vector<Finding> findings;
  // The first moment after `now` at which time alone may change the verdict;
  // InfiniteFuture when none.
  absl::Time next_change;
};

// Judges with the certificates classified anew by the case's catalogue; never
// fails. Thread-safe.
Verdict Judge(const Case& c);

// What to do first, and who does it, in one sentence: of the first of `findings` (ranked, in
// `language`). Empty when none is a warning or worse: there is nothing to do for a login to work.
std::string Diagnosis(const std::vector<Finding>& findings, Language language);

// Worst severity; absent when there is no finding.
std::optional<Severity> WorstSeverity(const std::vector<Finding>& findings);

}  // namespace kortvakt
