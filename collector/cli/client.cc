#include "collector/cli/client.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "kortvakt/v1/query.grpc.pb.h"

namespace kortvakt {
namespace {

constexpr uint32_t kPageSize = 1000;
constexpr size_t kMaxRows = 1'000'000;
// A page of 1,000 cards is some 400 KiB; a workstation's snapshot at most 1 MiB.
constexpr int kMaxAnswerBytes = 16 << 20;
constexpr absl::Duration kCheckTimeout = absl::Seconds(5);

// gRPC's status codes have absl's numbers.
absl::Status ToStatus(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), CleanText(status.error_message(), 1024)};
}

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A proxy for web pages is no way to the collector.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

struct QueryClient::Impl {
  ServerAddress collector;
  TlsMaterial material;
  std::chrono::system_clock::time_point deadline;
  std::unique_ptr<v1::QueryService::Stub> stub;

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::QueryService::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(Method<Request, Response> method, const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    Response response;
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    if (status.ok()) return response;
    return Explain(ToStatus(status));
  }

  // Fetches page after page; `rows` gives the repeated field of a response.
  template <typename Request, typename Response, typename Rows>
  absl::StatusOr<Response> AskAll(Method<Request, Response> method, Request request, Rows rows) {
    Response all;
    request.mutable_page()->set_size(kPageSize);
    while (true) {
      ASSIGN_OR_RETURN(Response page, Ask(method, request));
      const size_t received = static_cast<size_t>(rows(page)->size());
      rows(all)->MergeFrom(*rows(page));
      all.set_total(page.total());
      const std::string& next = page.next_page_token();
      if (next.empty()) return all;
      // A page that is empty, or begins where it began, would go on for ever.
      if (received == 0 || next == request.page().token() ||
          static_cast<size_t>(rows(all)->size()) > kMaxRows) {
        return absl::InternalError(
            absl::StrCat("the list from ", FormatServerAddress(collector),
                         " does not end; narrow it by --site, or update the collector"));
      }
      request.mutable_page()->set_token(next);
    }
  }

  absl::Status Explain(const absl::Status& status) const {
    const std::string who = FormatServerAddress(collector);
    if (status.code() == absl::StatusCode::kUnavailable) {
      const absl::Status reason = CheckTlsConnection(collector, material, kCheckTimeout);
      if (!reason.ok()) return absl::UnavailableError(reason.message());
      return absl::UnavailableError(absl::StrCat(who, ": ", status.message()));
    }
    if (status.code() == absl::StatusCode::kDeadlineExceeded) {
      const absl::Status reason = CheckTlsConnection(collector, material, kCheckTimeout);
      if (!reason.ok()) return absl::UnavailableError(reason.message());
      return absl::DeadlineExceededError(
          absl::StrCat(who, " did not answer in time; try again, or give more time by --timeout"));
    }
    if (status.code() == absl::StatusCode::kUnimplemented) {
      return absl::UnavailableError(
          absl::StrCat(who, " does not know this question; it is no Kortvakt collector, or an older one"));
    }
    return status;
  }
};

QueryClient::QueryClient(const ServerAddress& collector, TlsMaterial material, absl::Duration timeout)
    : impl_(std::make_unique<Impl>()) {
  // gRPC logs failed handshakes on standard error; our own sentence replaces that.
  gpr_set_log_function([](gpr_log_func_args*) {});
  impl_->collector = collector;
  impl_->deadline =
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(absl::ToChronoNanoseconds(timeout));
  const auto credentials = grpc::SslCredentials({.pem_root_certs = material.ca,
                                                 .pem_private_key = material.key,
                                                 .pem_cert_chain = material.certificate});
  impl_->material = std::move(material);
  impl_->stub = v1::QueryService::NewStub(
      grpc::CreateCustomChannel(FormatServerAddress(collector), credentials, Arguments()));
}

QueryClient::~QueryClient() = default;

absl::StatusOr<v1::ListCardsResponse> QueryClient::ListCards(v1::ListCardsRequest request) {
  return impl_->AskAll<v1::ListCardsRequest, v1::ListCardsResponse>(
      &v1::QueryService::Stub::ListCards, std::move(request),
      [](v1::ListCardsResponse& response) { return response.mutable_cards(); });
}

absl::StatusOr<v1::ListRenewalsResponse> QueryClient::ListRenewals(v1::ListRenewalsRequest request) {
  return impl_->AskAll<v1::ListRenewalsRequest, v1::ListRenewalsResponse>(
      &v1::QueryService::Stub::ListRenewals, std::move(request),
      [](v1::ListRenewalsResponse& response) { return response.mutable_renewals(); });
}

absl::StatusOr<v1::ListWorkstationsResponse> QueryClient::ListWorkstations(
    v1::ListWorkstationsRequest request) {
  return impl_->AskAll<v1::ListWorkstationsRequest, v1::ListWorkstationsResponse>(
      &v1::QueryService::Stub::ListWorkstations, std::move(request),
      [](v1::ListWorkstationsResponse& response) { return response.mutable_workstations(); });
}

absl::StatusOr<v1::GetWorkstationResponse> QueryClient::GetWorkstation(
    const v1::GetWorkstationRequest& request) {
  return impl_->Ask<v1::GetWorkstationRequest, v1::GetWorkstationResponse>(
      &v1::QueryService::Stub::GetWorkstation, request);
}

absl::StatusOr<v1::ListAlertsResponse> QueryClient::ListAlerts(const v1::ListAlertsRequest& request) {
  return impl_->Ask<v1::ListAlertsRequest, v1::ListAlertsResponse>(&v1::QueryService::Stub::ListAlerts,
                                                                   request);
}

absl::StatusOr<v1::GetSummaryResponse> QueryClient::GetSummary(const v1::GetSummaryRequest& request) {
  return impl_->Ask<v1::GetSummaryRequest, v1::GetSummaryResponse>(&v1::QueryService::Stub::GetSummary,
                                                                   request);
}

absl::StatusOr<v1::ListCasResponse> QueryClient::ListCas(const v1::ListCasRequest& request) {
  return impl_->Ask<v1::ListCasRequest, v1::ListCasResponse>(&v1::QueryService::Stub::ListCas, request);
}

}  // namespace kortvakt
