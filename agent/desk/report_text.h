// What `kortvakt-agent check` tells a person.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/revocation/not_asked.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/finding.h"
#include "common/judge/policy.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// All that a report tells of. The references must outlive the call.
struct DeskReport {
  const Snapshot& snapshot;              // certificates classified by `catalogue` (ClassifySnapshot)
  const std::vector<Finding>& findings;  // as Judge returned them, in `language`
  const CaCatalogue& catalogue;
  const Policy& policy;
  absl::Time now;                       // the moment that was judged
  bool policy_of_collector = false;     // policy and catalogue, by which the running agent judges
  NotAskedCertificates not_asked = {};  // whose revocation is not known, though it was to be asked
  Language language = Language::kEnglish;
  int width = 80;       // columns; less than 40 is taken as 40
  bool colour = false;  // for a terminal only
};

// The report, lines ending in "\n": first a sentence that answers and what to do
// first, then readers with cards and certificates, trust stores, browsers, probed servers, and
// every finding with meaning, evidence, remedy and who does it. No personal data: neither HSA-id
// nor card number is shown. Never fails; foreign text cannot steer the terminal.
std::string ReportText(const DeskReport& report);

}  // namespace kortvakt
