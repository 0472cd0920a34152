// The calls that an agent makes to its collector.
#pragma once

#include "absl/status/statusor.h"
#include "kortvakt/v1/ingest.pb.h"
#include "kortvakt/v1/judgement.pb.h"

namespace kortvakt {

// Implementations: CollectorClient (gRPC), the tests' fake.
class CollectorTransport {
 public:
  virtual ~CollectorTransport() = default;
  // Each blocks until the answer or a failure, at most half a minute. One call at a time.
  virtual absl::StatusOr<v1::SendReportsResponse> Send(const v1::SendReportsRequest& request) = 0;
  virtual absl::StatusOr<v1::Judgement> GetJudgement(const v1::GetJudgementRequest& request) = 0;
  // Makes a call under way, and each later one, fail soon with kCancelled. Callable from
  // any thread.
  virtual void Cancel() = 0;
};

}  // namespace kortvakt
