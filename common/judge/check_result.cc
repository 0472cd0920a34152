#include "common/judge/check_result.h"

#include <google/protobuf/util/json_util.h>

#include "common/judge/finding_proto.h"
#include "common/judge/judge.h"
#include "common/snapshot/snapshot_proto.h"
#include "kortvakt/v1/finding.pb.h"

namespace kortvakt {

absl::StatusOr<std::string> CheckResultJson(const Snapshot& snapshot, const std::vector<Finding>& findings,
                                            absl::Time now, Language language) {
  v1::CheckResult result;
  *result.mutable_snapshot() = SnapshotToProto(snapshot);
  for (const Finding& finding : findings) *result.add_findings() = FindingToProto(finding, language);
  result.mutable_judged_at()->set_seconds(absl::ToUnixSeconds(now));
  result.set_diagnosis(Diagnosis(findings, language));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(result, &json, options);
  if (!status.ok()) return absl::InternalError("writing JSON: " + status.ToString());
  return json;
}

}  // namespace kortvakt
