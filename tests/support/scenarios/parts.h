// What the files of the scenario table share.
#pragma once

#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "tests/support/scenarios/scenarios.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt::testing {

// Of the built-in CA catalogue: two ids; subjects beside those of workstations.h.
inline constexpr char kRoot[] = "siths-e-id-root-ca-v2";
inline constexpr char kHsaId3[] = "siths-e-id-person-hsa-id-3-ca-v1";
inline constexpr char kRootName[] = "CN=SITHS e-id Root CA v2,O=Inera AB,C=SE";
inline constexpr char kTestHsaId3[] = "CN=TEST SITHS e-id Person HSA-id 3 CA v1,O=Inera AB,C=SE";
inline constexpr char kType1[] = "CN=SITHS Type 1 CA v1,O=Inera AB,C=SE";

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

// CardWith, of another card than the other cards here.
CardFacts SecondCard(std::vector<CertificateFacts> certificates);

// The rows that each of these adds to a table, in this order.
std::vector<Scenario> TableOf(std::initializer_list<void (*)(std::vector<Scenario>&)> parts);

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
// Chains that do not hold, and cards that cannot log in beside one that can.
std::vector<Scenario> ChainScenarios();
// Two causes at once, and a cause with what follows from it.
std::vector<Scenario> CombinedScenarios();

}  // namespace kortvakt::testing
