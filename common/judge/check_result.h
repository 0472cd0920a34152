// What `kortvakt-agent check --json` prints (docs/check-json.md).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/judge/finding.h"
#include "common/snapshot/snapshot.h"

namespace kortvakt {

// The proto3 JSON form of kortvakt.v1.CheckResult, defaults printed, ending in a newline.
// `findings` as Judge returned them for `now`, in `language`.
absl::StatusOr<std::string> CheckResultJson(const Snapshot& snapshot, const std::vector<Finding>& findings,
                                            absl::Time now, Language language);

}  // namespace kortvakt
