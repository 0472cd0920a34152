// The gRPC face of Ingest.
#pragma once

#include <memory>

#include "collector/ingest/ingest.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace kortvakt {

// The service, to be registered with a server that verifies client certificates;
// `ingest` and `metrics` must outlive it. A caller whose certificate names no
// workstation gets PERMISSION_DENIED.
//
// Shared only so that users need not see gRPC to delete it.
std::shared_ptr<grpc::Service> MakeIngestService(Ingest& ingest, Metrics& metrics);

}  // namespace kortvakt
