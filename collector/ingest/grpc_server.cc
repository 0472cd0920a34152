#include "collector/ingest/grpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/server_address.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// A call is at most 64 reports of which most are below 10 KiB.
constexpr int kMaxCallBytes = 4 << 20;
constexpr int kMaxStreams = 64;  // calls at once on a connection
// Agents report every few minutes; between reports a connection costs 110 KiB.
constexpr int kIdleMilliseconds = 30'000;
// What gRPC may use for messages and connections of all clients together.
constexpr size_t kMemoryQuota = 1u << 30;

// Its own lines are for its developers; what matters is said by us.
void LogOfGrpc(gpr_log_func_args* line) {
  if (line->severity == GPR_LOG_SEVERITY_ERROR) spdlog::debug("grpc: {}", CleanText(line->message, 400));
}

void PrepareGrpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(LogOfGrpc);
    // Debian builds Abseil with its deadlock detector on, fed by every lock in gRPC.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  });
}

// Why `address` cannot be listened at: gRPC does not say.
absl::Status WhyNot(const std::string& address) {
  const std::string what = absl::StrCat("cannot listen at ", address, " ([listen] grpc)");
  const absl::StatusOr<ServerAddress> parsed = ParseListenAddress(address);
  if (!parsed.ok()) return Annotate(parsed.status(), what);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code =
          getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found);
      code != 0) {
    return absl::UnavailableError(
        absl::StrCat(what, ": ", gai_strerror(code), "; give an address of this computer"));
  }
  int error = 0;
  const int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || bind(descriptor, found->ai_addr, found->ai_addrlen) != 0 ||
      listen(descriptor, 1) != 0) {
    error = errno;
  }
  if (descriptor >= 0) close(descriptor);
  freeaddrinfo(found);
  if (error == EADDRINUSE) {
    return absl::AlreadyExistsError(
        absl::StrCat(what, ": the port is taken; end the other program or choose another port"));
  }
  if (error == 0)
    return absl::UnavailableError(absl::StrCat(what, ": the certificate or key in [tls] was refused"));
  return absl::UnavailableError(absl::StrCat(what, ": ", std::string(ErrnoStatus(error, "bind").message()),
                                             "; give an address of this computer"));
}

}  // namespace

struct GrpcServer::Impl {
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const std::string& address,
                                                              const TlsMaterial& tls,
                                                              const std::vector<grpc::Service*>& services) {
  PrepareGrpc();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls.ca;
  options.pem_key_cert_pairs.push_back({tls.key, tls.certificate});

  grpc::ServerBuilder builder;
  auto impl = std::make_unique<Impl>();
  builder.AddListeningPort(address, grpc::SslServerCredentials(options), &impl->port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(kMaxCallBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("collector").Resize(kMemoryQuota));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMilliseconds);
  // The bandwidth probe sends a ping with each message of an idle connection: a
  // third of the CPU at an agent's pace.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Two collectors at one port would each get half of the reports.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) return WhyNot(address);
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() { Stop(absl::ZeroDuration()); }

int GrpcServer::port() const { return impl_->port; }

void GrpcServer::Stop(absl::Duration grace) {
  impl_->server->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(absl::ToInt64Milliseconds(grace)));
  impl_->server->Wait();
}

}  // namespace kortvakt
