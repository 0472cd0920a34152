// A gRPC server on loopback that asks for client certificates, as the collector does.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "tests/support/pki/test_pki.h"

namespace grpc {
class Service;
class Server;
}  // namespace grpc

namespace kortvakt::testing {

// Serves from construction to destruction, at 127.0.0.1 and a free port.
class MtlsServer {
 public:
  // `service` must outlive it. Clients are verified against `client_ca`.
  MtlsServer(grpc::Service& service, const Issued& server_certificate, const Issued& client_ca);
  ~MtlsServer();
  MtlsServer(const MtlsServer&) = delete;
  MtlsServer& operator=(const MtlsServer&) = delete;

  int port() const { return port_; }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace kortvakt::testing
