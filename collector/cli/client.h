// The collector's query service, as the command line uses it.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls/tls_check.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// Asks one collector over mutual TLS. Lists come whole: all pages are fetched
// and put together (at most 1,000,000 rows; next_page_token is then empty).
//
// Errors keep the service's code and message, but where no connection comes
// about: then the code is kUnavailable and the reason is found out by
// CheckTlsConnection (tls_check.h), so that the message says what to do. Not
// thread-safe.
class QueryClient {
 public:
  // Connects at the first question. Everything together takes `timeout` at most,
  // from now on, and a few seconds more to find out why no connection came about.
  QueryClient(const ServerAddress& collector, TlsMaterial material, absl::Duration timeout);
  ~QueryClient();
  QueryClient(const QueryClient&) = delete;
  QueryClient& operator=(const QueryClient&) = delete;

  // Each takes the request without its `page`.
  absl::StatusOr<v1::ListCardsResponse> ListCards(v1::ListCardsRequest request);
  absl::StatusOr<v1::ListRenewalsResponse> ListRenewals(v1::ListRenewalsRequest request);
  absl::StatusOr<v1::ListWorkstationsResponse> ListWorkstations(v1::ListWorkstationsRequest request);
  absl::StatusOr<v1::GetWorkstationResponse> GetWorkstation(const v1::GetWorkstationRequest& request);
  absl::StatusOr<v1::ListAlertsResponse> ListAlerts(const v1::ListAlertsRequest& request);
  absl::StatusOr<v1::GetSummaryResponse> GetSummary(const v1::GetSummaryRequest& request);
  absl::StatusOr<v1::ListCasResponse> ListCas(const v1::ListCasRequest& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kortvakt
