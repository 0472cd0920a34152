#include "tests/unit/common/judge/tls/tls_findings.h"

#include <utility>

#include "absl/strings/match.h"
#include "tests/support/scenarios/servers.h"
#include "tests/support/scenarios/workstations.h"

namespace kortvakt::testing {

std::vector<Finding> AboutServers(const Snapshot& snapshot, Language language) {
  Verdict verdict = Judge({.snapshot = snapshot,
                           .catalogue = CaCatalogue::BuiltIn(),
                           .policy = {},
                           .now = ScenarioNow(),
                           .language = language});
  std::erase_if(verdict.findings,
                [](const Finding& finding) { return !absl::StartsWith(InfoOf(finding.code).word, "TLS_"); });
  return verdict.findings;
}

std::vector<std::string> Words(const Snapshot& snapshot) {
  std::vector<std::string> words;
  for (const Finding& finding : AboutServers(snapshot)) {
    words.push_back(std::string(InfoOf(finding.code).word) + " " + SeverityWord(finding.severity));
  }
  return words;
}

Snapshot With(const ProbeFacts& probe, std::optional<CardFacts> card) {
  Snapshot snapshot = Workstation(std::move(card));
  snapshot.probes = {probe};
  return snapshot;
}

CardFacts Card() { return CardWith({LoginCertificate(ScenarioNow() + Days(700))}); }

}  // namespace kortvakt::testing
