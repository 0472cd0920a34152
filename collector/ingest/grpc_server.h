// The collector's gRPC server: mutual TLS, limits, one port for agents and
// operators.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls/tls_check.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace kortvakt {

// Serves from Start until Stop or destruction. Thread-safe.
class GrpcServer {
 public:
  // Listens at "HOST:PORT" (port 0: a free one). Clients need a certificate that
  // chains to `tls.ca`. The services must outlive the server. kAlreadyExists: the
  // port is taken; kUnavailable: another reason; both name address and remedy.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const std::string& address, const TlsMaterial& tls,
                                                           const std::vector<grpc::Service*>& services);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const;
  // Takes no new calls, lets those under way end for `grace`, then cancels them;
  // returns when all have ended.
  void Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
