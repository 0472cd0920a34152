// The scenario table: what stands in a workstation, and what is to be found.
#pragma once

#include <string>
#include <vector>

#include "common/judge/finding.h"
#include "common/judge/policy.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt::testing {

struct Expected {
  FindingCode code;
  Severity severity;
};

struct Scenario {
  std::string name;  // a sentence
  Snapshot snapshot;
  Policy policy;
  std::vector<Expected> expected;  // in the order of ranking, at ScenarioNow()
};

// Every scenario, judged with ScenarioCatalogue().
const std::vector<Scenario>& Scenarios();

}  // namespace kortvakt::testing
