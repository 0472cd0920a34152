#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/detail_text.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// "; cannot be told of: a; b": the required CAs that were seen nowhere else.
std::string Untold(const Facts& facts) {
  std::vector<std::string> names;
  for (const RequiredCa& required : facts.required_cas) {
    if (required.presence == CaPresence::kCannotTell) names.push_back(CommonName(required.ca->subject));
  }
  if (names.empty()) return "";
  return absl::Substitute(Say(facts.language(), "; whether these are here cannot be told: $0",
                              "; om dessa finns här går inte att säga: $0"),
                          ListText(names, 8, facts.language()));
}

void AddUnreadable(const Facts& facts, const TrustStoreFacts& store, std::vector<Finding>& findings) {
  Finding finding = NewFinding(FindingCode::kTrustStoreUnreadable);
  finding.subject = StoreName(store, facts.language());
  const std::string detail = DetailText(store.detail, facts.language());
  finding.evidence = detail.empty() ? Say(facts.language(), "could not be read", "kunde inte läsas") : detail;
  finding.evidence += Untold(facts);
  finding.remedy =
      Say(facts.language(),
          "Let the agent's user read the place (permissions), repair a damaged file, or take the place out "
          "of the agent's configuration.",
          "Låt agentens användare läsa platsen (behörigheter), laga en skadad fil, eller ta bort platsen "
          "ur agentens konfiguration.");
  findings.push_back(std::move(finding));
}

void AddNoneExists(const Facts& facts, std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const TrustStoreFacts& store : facts.c.snapshot.trust_stores)
    names.push_back(StoreName(store, facts.language()));
  Finding finding = NewFinding(FindingCode::kTrustStoreUnreadable);
  finding.subject = ListText(names, 4, facts.language());
  finding.evidence = Say(facts.language(), "none of the configured places exists",
                         "ingen av de konfigurerade platserna finns") +
                     Untold(facts);
  finding.remedy =
      Say(facts.language(),
          "Correct the places in the agent's configuration, or install the system's CA certificates "
          "(Debian: package ca-certificates).",
          "Rätta platserna i agentens konfiguration, eller installera systemets CA-certifikat (Debian: "
          "paketet ca-certificates).");
  findings.push_back(std::move(finding));
}

// TRUST_STORE_UNREADABLE: a store could not be read, or none of the machine's stores
// exists: then nothing can be said of missing CAs.
class TrustStoreUnreadable final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kTrustStoreUnreadable; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    bool machine_store = false;
    bool one_exists = false;
    for (const TrustStoreFacts& store : facts.c.snapshot.trust_stores) {
      machine_store |= store.owner == "machine";
      one_exists |= store.owner == "machine" && store.state != TrustStoreState::kAbsent;
      if (store.state == TrustStoreState::kUnreadable) AddUnreadable(facts, store, findings);
    }
    if (machine_store && !one_exists) AddNoneExists(facts, findings);
  }
};

}  // namespace

const Rule& TrustStoreUnreadableRule() {
  static const TrustStoreUnreadable rule;
  return rule;
}

}  // namespace kortvakt
