// The fleet's numbers as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "collector/fleet/counts.h"
#include "common/certs/ca_catalogue.h"

namespace kortvakt {

// Every closed label combination of each site of `counts`, zeros included.
std::vector<prometheus::MetricFamily> FleetFamilies(const FleetCounts& counts, const CaCatalogue& catalogue);

}  // namespace kortvakt
