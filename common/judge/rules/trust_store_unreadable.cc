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

bool IsUsers(const TrustStoreFacts& store) { return store.owner != "machine"; }

// Nothing is out of order there: the agent does not look.
bool IsHarmless(const TrustStoreFacts& store) {
  return IsUsers(store) && store.unreadable_reason != UnreadableReason::kOther;
}

// Users' stores are read as the user whose they are, and cannot be left out one by one.
const char* UsersRemedy(UnreadableReason reason, Language language) {
  switch (reason) {
    case UnreadableReason::kOutside:
      return Say(language,
                 "Move the profile into Firefox's own folder if what is in it is to be told: the agent reads "
                 "no other. Nothing is damaged.",
                 "Flytta profilen till Firefox egen mapp om det ska gå att säga vad som finns i den: agenten "
                 "läser ingen annan. Inget är skadat.");
    case UnreadableReason::kLink:
      return Say(language,
                 "Put the file or folder itself in the place of the link or mount if what is in it is to be "
                 "told: the agent follows none in a home. Nothing is damaged.",
                 "Lägg själva filen eller mappen i stället för länken eller monteringen om det ska gå att "
                 "säga vad som finns i den: agenten följer inga i en hemkatalog. Inget är skadat.");
    case UnreadableReason::kPending:
      return Say(
          language,
          "Have the user close the browser, or start and close it where it has crashed: it then writes "
          "the change. Nothing is damaged.",
          "Låt användaren stänga webbläsaren, eller starta och stänga den om den har kraschat: då för "
          "den in ändringen. Inget är skadat.");
    case UnreadableReason::kOther:
      break;
  }
  return Say(
      language,
      "Have the user start the browser, which shows whether its database works, and see to what is said "
      "here as that user, as whom it is read. Where it stays so, set browser_databases = false in the "
      "agent's configuration: then no user's database is read.",
      "Låt användaren starta webbläsaren, så syns om dess databas fungerar, och åtgärda det som sägs här "
      "som den användaren, som den läses som. Om det inte hjälper, sätt browser_databases = false i "
      "agentens konfiguration: då läses ingen användares databas.");
}

const char* Remedy(const TrustStoreFacts& store, Language language) {
  if (IsUsers(store)) return UsersRemedy(store.unreadable_reason, language);
  if (store.kind == TrustStoreKind::kBrowserPolicy) {
    return Say(language,
               "Correct the policy file that is named here, or let the agent's user read it: a browser "
               "leaves out what it cannot read, too.",
               "Rätta policyfilen som nämns här, eller låt agentens användare läsa den: även en "
               "webbläsare utelämnar det den inte kan läsa.");
  }
  return Say(
      language,
      "Let the agent's user read the place (permissions), repair a damaged file, or take the place out "
      "of the agent's configuration.",
      "Låt agentens användare läsa platsen (behörigheter), laga en skadad fil, eller ta bort platsen "
      "ur agentens konfiguration.");
}

void AddUnreadable(const Facts& facts, const TrustStoreFacts& store, std::vector<Finding>& findings) {
  Finding finding = NewFinding(FindingCode::kTrustStoreUnreadable);
  if (IsHarmless(store)) finding.severity = Severity::kInfo;
  finding.subject = StoreName(store, facts.language());
  const std::string detail = DetailText(store.detail, facts.language());
  finding.evidence = detail.empty() ? Say(facts.language(), "could not be read", "kunde inte läsas") : detail;
  finding.evidence += Untold(facts);
  finding.remedy = Remedy(store, facts.language());
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
// exists: then nothing can be said of missing CAs. Info where it is a user's and nothing is
// out of order: it is where the agent does not look, or its browser is running.
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
