#include "tests/support/grpc/mtls_server.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>

namespace kortvakt::testing {

MtlsServer::MtlsServer(grpc::Service& service, const Issued& server_certificate, const Issued& client_ca) {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = client_ca.pem;
  options.pem_key_cert_pairs.push_back({server_certificate.key_pem, server_certificate.pem});
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
  builder.RegisterService(&service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    std::fputs("the test server does not start\n", stderr);
    std::abort();
  }
}

MtlsServer::~MtlsServer() { server_->Shutdown(std::chrono::system_clock::now()); }

}  // namespace kortvakt::testing
