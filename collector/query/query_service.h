// The gRPC face of Queries: says who asks, lets in, keeps the audit log.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/config.h"
#include "collector/query/queries.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace kortvakt {

// The service, to be registered with a server that verifies client certificates;
// the references must outlive it. Each look at personal data, and each refusal,
// is a line given to `audit` ("who: what"), which must be thread-safe. The lines
// hold no personal data.
//
// Shared only so that users need not see gRPC to delete it.
std::shared_ptr<grpc::Service> MakeQueryService(const Queries& queries, std::vector<AccessRule> rules,
                                                std::function<void(const std::string&)> audit);

}  // namespace kortvakt
