#include "collector/ingest/ingest_service.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/workstation_identity.h"
#include "kortvakt/v1/ingest.grpc.pb.h"

namespace kortvakt {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::StatusOr<std::string> CallerOf(const grpc::CallbackServerContext& context) {
  std::vector<std::string> uris;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer != nullptr && peer->IsPeerAuthenticated()) {
    for (const grpc::string_ref& uri : peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
      uris.emplace_back(uri.data(), uri.size());
    }
  }
  return WorkstationOf(uris);
}

class IngestService final : public v1::IngestService::CallbackService {
 public:
  IngestService(Ingest& ingest, Metrics& metrics) : ingest_(ingest), metrics_(metrics) {}

  grpc::ServerUnaryReactor* SendReports(grpc::CallbackServerContext* context,
                                        const v1::SendReportsRequest* request,
                                        v1::SendReportsResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const absl::StatusOr<std::string> workstation = Admit(*context);
    if (!workstation.ok()) {
      reactor->Finish(ToGrpc(workstation.status()));
      return reactor;
    }
    // Request and response live until the reactor is finished.
    ingest_.Take(*workstation, *request, [reactor, response](absl::StatusOr<v1::SendReportsResponse> taken) {
      if (taken.ok()) *response = *std::move(taken);
      reactor->Finish(taken.ok() ? grpc::Status::OK : ToGrpc(taken.status()));
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* GetJudgement(grpc::CallbackServerContext* context,
                                         const v1::GetJudgementRequest* request,
                                         v1::Judgement* response) override {
    const absl::Status admitted = Admit(*context).status();
    if (admitted.ok()) *response = ingest_.GetJudgement(*request);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(admitted));
    return reactor;
  }

 private:
  // The calling workstation; whoever is none is refused, and counted.
  absl::StatusOr<std::string> Admit(const grpc::CallbackServerContext& context) {
    absl::StatusOr<std::string> workstation = CallerOf(context);
    if (!workstation.ok()) metrics_.CountRejection(Rejection::kNotWorkstation);
    return workstation;
  }

  Ingest& ingest_;
  Metrics& metrics_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeIngestService(Ingest& ingest, Metrics& metrics) {
  return std::make_shared<IngestService>(ingest, metrics);
}

}  // namespace kortvakt
