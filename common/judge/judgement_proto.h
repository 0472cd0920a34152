// Policy and catalogue as they travel: from the collector to its agents, and from the
// running agent to the desk.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "common/judge/judgement.h"
#include "kortvakt/v1/judgement.pb.h"

namespace kortvakt {

// Serialised, and the texts of a catalogue; also what a collector refuses to start with.
// The built-in catalogue has some 30 KiB.
inline constexpr size_t kMaxJudgementBytes = 1u << 20;
inline constexpr size_t kMaxCatalogueTexts = 64;

// In full; Judgement::of_collector does not travel.
v1::Judgement JudgementToProto(const Judgement& judgement);

// What `proto` says, which came from outside; where it leaves out what the asker has,
// that of `have` (null: nothing may be left out), of which of_collector is not used.
// Read as strictly as a configuration. kInvalidArgument: a text that cannot be read
// ("policy:LINE: …"), a policy that does not fit the catalogue, a
// version that is not its text's, something left out that the asker has not, or too
// much of it.
absl::StatusOr<Judgement> JudgementFromProto(const v1::Judgement& proto, const Judgement* have);

}  // namespace kortvakt
