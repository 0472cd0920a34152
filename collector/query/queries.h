// The questions of query.proto, answered from the fleet: what the service does
// once it knows who asks.
#pragma once

#include "absl/status/statusor.h"
#include "collector/alerts/alert_book.h"
#include "collector/config.h"
#include "collector/fleet/fleet.h"
#include "common/base/time.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// Thread-safe. The parts must outlive it. For all:
//   kInvalidArgument   a filter cannot be; the message names the field
//   kPermissionDenied  the role may not ask that
class Queries {
 public:
  Queries(const Fleet& fleet, const AlertBook& alerts, const Clock& clock)
      : fleet_(fleet), alerts_(alerts), clock_(clock) {}

  absl::StatusOr<v1::ListCardsResponse> ListCards(const v1::ListCardsRequest& request, Role role) const;
  absl::StatusOr<v1::ListRenewalsResponse> ListRenewals(const v1::ListRenewalsRequest& request,
                                                        Role role) const;
  absl::StatusOr<v1::ListWorkstationsResponse> ListWorkstations(const v1::ListWorkstationsRequest& request,
                                                                Role role) const;
  absl::StatusOr<v1::GetWorkstationResponse> GetWorkstation(const v1::GetWorkstationRequest& request,
                                                            Role role) const;
  absl::StatusOr<v1::ListAlertsResponse> ListAlerts(const v1::ListAlertsRequest& request, Role role) const;
  absl::StatusOr<v1::GetSummaryResponse> GetSummary(const v1::GetSummaryRequest& request, Role role) const;
  absl::StatusOr<v1::ListCasResponse> ListCas(const v1::ListCasRequest& request, Role role) const;

 private:
  const Fleet& fleet_;
  const AlertBook& alerts_;
  const Clock& clock_;
};

}  // namespace kortvakt
