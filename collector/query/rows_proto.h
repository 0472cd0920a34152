// Rows of the fleet to kortvakt.v1.
#pragma once

#include "collector/config.h"
#include "collector/fleet/fleet.h"
#include "collector/store/fleet_store.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

google::protobuf::Timestamp TimestampOf(absl::Time time);

// Without HSA-id and card number for Role::kReader.
v1::CardRow ToProto(const CardRow& row, Role role);
v1::RenewalRow ToProto(const RenewalRow& row, Role role);
v1::WorkstationRow ToProto(const WorkstationRow& row);
v1::Alert ToProto(const StoredAlert& alert);
v1::SiteSummary ToProto(const SiteCounts& counts, const std::string& site);

// The fleet's summary, or one site's (no rows when the site is not known).
v1::GetSummaryResponse SummaryOf(const FleetCounts& counts, const std::string& site, absl::Time now);

}  // namespace kortvakt
