#include "collector/query/query_service.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/query/peer.h"
#include "kortvakt/v1/query.grpc.pb.h"

namespace kortvakt {
namespace {

std::string First(const grpc::AuthContext& context, const char* property) {
  const auto values = context.FindPropertyValues(property);
  return values.empty() ? "" : std::string(values[0].data(), values[0].size());
}

PeerIdentity PeerOf(const grpc::ServerContextBase& server) {
  const std::shared_ptr<const grpc::AuthContext> context = server.auth_context();
  if (context == nullptr || !context->IsPeerAuthenticated()) return {};
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : context->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  return MakePeerIdentity(std::move(uris), First(*context, GRPC_X509_CN_PROPERTY_NAME),
                          First(*context, GRPC_X509_PEM_CERT_PROPERTY_NAME));
}

// gRPC's status codes have absl's numbers.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

// What the audit log says was looked at; empty: nothing personal is in it.
std::string LookedAt(const v1::ListCardsRequest& request, const v1::ListCardsResponse& response) {
  const char* by = !request.holder_hsa_id().empty() ? " by holder"
                   : !request.card_id().empty()     ? " by card"
                                                    : "";
  return absl::StrCat("listed cards", by, ": ", response.cards_size(), " rows");
}
std::string LookedAt(const v1::ListRenewalsRequest&, const v1::ListRenewalsResponse& response) {
  return absl::StrCat("listed renewals: ", response.renewals_size(), " rows");
}
std::string LookedAt(const v1::GetWorkstationRequest&, const v1::GetWorkstationResponse& response) {
  for (const auto& reader : response.snapshot().readers()) {
    if (reader.has_card()) return absl::StrCat("looked at workstation ", response.workstation().id());
  }
  return "";
}
template <typename Request, typename Response>
std::string LookedAt(const Request&, const Response&) {
  return "";
}

class QueryServiceImpl final : public v1::QueryService::CallbackService {
 public:
  QueryServiceImpl(const Queries& queries, std::vector<AccessRule> rules,
                   std::function<void(const std::string&)> audit)
      : queries_(queries), rules_(std::move(rules)), audit_(std::move(audit)) {}

  grpc::ServerUnaryReactor* ListCards(grpc::CallbackServerContext* context,
                                      const v1::ListCardsRequest* request,
                                      v1::ListCardsResponse* response) override {
    return Answer(context, *request, *response, &Queries::ListCards);
  }
  grpc::ServerUnaryReactor* ListRenewals(grpc::CallbackServerContext* context,
                                         const v1::ListRenewalsRequest* request,
                                         v1::ListRenewalsResponse* response) override {
    return Answer(context, *request, *response, &Queries::ListRenewals);
  }
  grpc::ServerUnaryReactor* ListWorkstations(grpc::CallbackServerContext* context,
                                             const v1::ListWorkstationsRequest* request,
                                             v1::ListWorkstationsResponse* response) override {
    return Answer(context, *request, *response, &Queries::ListWorkstations);
  }
  grpc::ServerUnaryReactor* GetWorkstation(grpc::CallbackServerContext* context,
                                           const v1::GetWorkstationRequest* request,
                                           v1::GetWorkstationResponse* response) override {
    return Answer(context, *request, *response, &Queries::GetWorkstation);
  }
  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context,
                                       const v1::ListAlertsRequest* request,
                                       v1::ListAlertsResponse* response) override {
    return Answer(context, *request, *response, &Queries::ListAlerts);
  }
  grpc::ServerUnaryReactor* GetSummary(grpc::CallbackServerContext* context,
                                       const v1::GetSummaryRequest* request,
                                       v1::GetSummaryResponse* response) override {
    return Answer(context, *request, *response, &Queries::GetSummary);
  }
  grpc::ServerUnaryReactor* ListCas(grpc::CallbackServerContext* context, const v1::ListCasRequest* request,
                                    v1::ListCasResponse* response) override {
    return Answer(context, *request, *response, &Queries::ListCas);
  }

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const Request& request,
                                   Response& response,
                                   absl::StatusOr<Response> (Queries::*question)(const Request&, Role)
                                       const) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(TryAnswer(PeerOf(*context), request, response, question)));
    return reactor;
  }

  template <typename Request, typename Response>
  absl::Status TryAnswer(const PeerIdentity& peer, const Request& request, Response& response,
                         absl::StatusOr<Response> (Queries::*question)(const Request&, Role) const) {
    const auto caller = FindCaller(peer, rules_);
    if (!caller.ok()) {
      audit_(absl::StrCat("certificate ", peer.sha256.substr(0, 16), ": refused ",
                          Request::descriptor()->name()));
      return caller.status();
    }
    auto answer = (queries_.*question)(request, caller->role);
    if (!answer.ok()) {
      if (absl::IsPermissionDenied(answer.status())) {
        audit_(absl::StrCat(caller->name, ": refused ", Request::descriptor()->name()));
      }
      return answer.status();
    }
    response = *std::move(answer);
    if (caller->role == Role::kOperator) {
      // Before the answer leaves: what was shown is in the log, whatever happens next.
      const std::string what = LookedAt(request, response);
      if (!what.empty()) audit_(absl::StrCat(caller->name, ": ", what));
    }
    return absl::OkStatus();
  }

  const Queries& queries_;
  const std::vector<AccessRule> rules_;
  const std::function<void(const std::string&)> audit_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeQueryService(const Queries& queries, std::vector<AccessRule> rules,
                                                std::function<void(const std::string&)> audit) {
  return std::make_shared<QueryServiceImpl>(queries, std::move(rules), std::move(audit));
}

}  // namespace kortvakt
