// Policy and CA catalogue, which belong together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/certs/ca_catalogue.h"
#include "common/judge/policy.h"

namespace kortvakt {

// What verdicts are made with.
struct Judgement {
  Policy policy;
  std::shared_ptr<const CaCatalogue> catalogue;  // not null
  // Whether an agent has it from its collector; otherwise it is of the program's own
  // configuration.
  bool of_collector = false;
};

// What a configuration names: its policy, and the built-in catalogue with `files` on
// top. Errors are one line: of a catalogue file, of a policy that asks for what the
// catalogue has not (CheckPolicy), or of both being more than agents can be given
// (judgement_proto.h).
absl::StatusOr<Judgement> LoadJudgement(const Policy& policy, const std::vector<std::string>& files);

}  // namespace kortvakt
