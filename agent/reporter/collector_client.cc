#include "agent/reporter/collector_client.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "agent/reporter/identity.h"
#include "common/base/event.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/judge/judgement_proto.h"
#include "kortvakt/v1/ingest.grpc.pb.h"

namespace kortvakt {
namespace {

constexpr std::chrono::seconds kCallDeadline(30);
constexpr absl::Duration kCheckLimit = absl::Seconds(5);
constexpr int kMaxAnswerBytes = kMaxJudgementBytes;  // the largest answer there is

class CollectorClient final : public CollectorTransport {
 public:
  CollectorClient(ServerAddress address, TlsPaths paths)
      : address_(std::move(address)), paths_(std::move(paths)) {
    // gRPC logs each failed handshake on standard error; our own sentence replaces that.
    gpr_set_log_function([](gpr_log_func_args*) {});
  }

  absl::StatusOr<v1::SendReportsResponse> Send(const v1::SendReportsRequest& request) override {
    return Call(&Stub::SendReports, request);
  }
  absl::StatusOr<v1::Judgement> GetJudgement(const v1::GetJudgementRequest& request) override {
    return Call(&Stub::GetJudgement, request);
  }

  void Cancel() override {
    const MutexLock lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stop_.Set();
  }

 private:
  using Stub = v1::IngestService::Stub;

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(paths_, SystemClock().Now()));
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = identity.tls.ca;
    tls.pem_cert_chain = identity.tls.certificate;
    tls.pem_private_key = identity.tls.key;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
    // The channel is ours alone, and gone at the end of this call.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel =
        grpc::CreateCustomChannel(FormatServerAddress(address_), grpc::SslCredentials(tls), arguments);
    const std::unique_ptr<Stub> stub = v1::IngestService::NewStub(channel);

    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    {
      const MutexLock lock(mutex_);
      if (cancelled_) return absl::CancelledError("the agent is stopping");
      context_ = &context;
    }
    Response response;
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    bool cancelled = false;
    {
      const MutexLock lock(mutex_);
      context_ = nullptr;
      cancelled = cancelled_;
    }
    if (status.ok()) return response;
    const std::string where = absl::StrCat("collector ", FormatServerAddress(address_));
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !cancelled) {
      const absl::Status reason = CheckTlsConnection(address_, identity.tls, kCheckLimit, stop_.descriptor());
      if (absl::IsCancelled(reason)) return reason;
      if (!reason.ok()) return Annotate(reason, where);
    }
    // kCancelled is for Cancel; a collector that says so only fails.
    const auto code = status.error_code() == grpc::StatusCode::CANCELLED && !cancelled
                          ? absl::StatusCode::kUnavailable
                          : static_cast<absl::StatusCode>(status.error_code());
    return absl::Status(code, absl::StrCat(where, ": ", status.error_message()));
  }

  const ServerAddress address_;
  const TlsPaths paths_;
  const Event stop_;
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace

std::unique_ptr<CollectorTransport> MakeCollectorClient(const ServerAddress& address, const TlsPaths& paths) {
  return std::make_unique<CollectorClient>(address, paths);
}

}  // namespace kortvakt
