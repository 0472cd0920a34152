// What the files of the scenario table share.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "tests/support/scenarios/scenarios.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt::testing {

inline constexpr char kHsaId3[] = "siths-e-id-person-hsa-id-3-ca-v1";
inline constexpr Expected kTwoLogins = {FindingCode::kSeveralLoginCerts, Severity::kInfo};

// A browser of `owner` with a database of its own that holds `ids`.
void AddBrowser(Snapshot& snapshot, const std::string& name, const std::string& owner,
                const std::vector<std::string>& ids);

// AllRequired() but these.
std::vector<std::string> Without(const std::vector<std::string>& missing);

// So many days from ScenarioNow().
inline absl::Time In(double days) { return ScenarioNow() + Days(days); }

inline Snapshot With(Snapshot snapshot, const std::function<void(Snapshot&)>& change) {
  change(snapshot);
  return snapshot;
}

inline Snapshot GoodCard() { return Workstation(CardWith({LoginCertificate(In(700))})); }

// Scenarios of the service, readers and cards, whatever the dates; the first gives nothing.
std::vector<Scenario> CardScenarios();
// Issuers and environments, several cards, CAs that should not be there.
std::vector<Scenario> IssuerScenarios();
// Servers that were probed.
std::vector<Scenario> ProbeScenarios();
// Modules by which browsers reach cards.
std::vector<Scenario> MiddlewareScenarios();
// Revocation, and downloads of missing CAs.
std::vector<Scenario> RevocationScenarios();
// Two causes at once, and a cause with what follows from it.
std::vector<Scenario> CombinedScenarios();

}  // namespace kortvakt::testing
