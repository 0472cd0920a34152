// The collector over gRPC with mutual TLS.
#pragma once

#include <memory>
#include <string>

#include "agent/reporter/collector_transport.h"
#include "common/tls/tls_check.h"

namespace kortvakt {

// A transport that connects for each call and disconnects after it, so that a
// fleet holds no idle connections, and reads the files anew each time, so that a
// renewed certificate is taken up. Where gRPC says only that the handshake failed,
// the error says why and what to do (tls_check.h).
std::unique_ptr<CollectorTransport> MakeCollectorClient(const ServerAddress& address, const TlsPaths& paths);

}  // namespace kortvakt
