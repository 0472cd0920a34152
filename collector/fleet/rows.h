// Lists made from the fleet's records.
#pragma once

#include "collector/fleet/fleet.h"
#include "collector/fleet/fleet_state.h"

namespace kortvakt {

RowPage<CardRow> CardRows(const FleetState& state, const CardFilter& filter, const PageRange& range);
RowPage<RenewalRow> RenewalRows(const FleetState& state, const RenewalFilter& filter, const PageRange& range,
                                absl::Time now);
RowPage<WorkstationRow> WorkstationRows(const FleetState& state, const WorkstationFilter& filter,
                                        const PageRange& range);
WorkstationRow RowOf(const WorkstationRecord& workstation);

}  // namespace kortvakt
