#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

bool MachineHas(const RequiredCa& required) {
  return required.presence == CaPresence::kPresent || required.presence == CaPresence::kPresentByName;
}

// Those of the machine's CAs that the browser of `view` lacks, in the order in which they
// are installed: issuing CAs before roots.
std::vector<const RequiredCa*> Lacking(const Facts& facts, const TrustView& view) {
  std::vector<const RequiredCa*> lacking;
  for (const RequiredCa& required : facts.required_cas) {
    if (MachineHas(required) && IsLacking(view.GapOf(*required.ca))) lacking.push_back(&required);
  }
  std::stable_partition(lacking.begin(), lacking.end(),
                        [](const RequiredCa* required) { return required->ca->role != CaRole::kRoot; });
  return lacking;
}

// Browsers of one name that lack the same CAs make one finding.
struct Group {
  std::string browser;
  std::vector<const RequiredCa*> lacking;
  std::vector<const TrustView*> views;
};

std::vector<Group> GroupBrowsers(const Facts& facts) {
  std::vector<Group> groups;
  for (const TrustView& view : facts.views) {
    if (view.browser() == nullptr) continue;
    const std::string& name = view.browser()->name;
    std::vector<const RequiredCa*> lacking = Lacking(facts, view);
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.browser == name && group.lacking == lacking;
    });
    if (same != groups.end()) {
      same->views.push_back(&view);
    } else {
      groups.push_back({name, std::move(lacking), {&view}});
    }
  }
  return groups;
}

// Names of those that a browser of the group has, but which have ended.
std::vector<std::string> Ended(const Group& group) {
  std::vector<std::string> names;
  for (const RequiredCa* required : group.lacking) {
    if (std::any_of(group.views.begin(), group.views.end(),
                    [&](const TrustView* view) { return view->GapOf(*required->ca) == CaGap::kEnded; })) {
      names.push_back(CommonName(required->ca->subject));
    }
  }
  return names;
}

// Issuing CAs of the cards here that every browser lacks, with the cards: nobody can log in with them.
std::map<const RequiredCa*, std::vector<const CardView*>> LackingEverywhere(
    const Facts& facts, const std::vector<Group>& groups) {
  std::map<const RequiredCa*, std::vector<const CardView*>> everywhere;
  const auto needed = NeededCas(facts);
  for (const RequiredCa& required : facts.required_cas) {
    // A root that only ends the chain of a login certificate is not asked for by browsers.
    const auto need = needed.find(required.ca->id);
    const bool issues = required.ca->role != CaRole::kRoot && need != needed.end();
    const bool by_all = std::all_of(groups.begin(), groups.end(), [&](const Group& group) {
      return std::find(group.lacking.begin(), group.lacking.end(), &required) != group.lacking.end();
    });
    if (issues && by_all) everywhere.emplace(&required, need->second.cards);
  }
  return everywhere;
}

std::string Remedy(const std::string& browser, Language language) {
  if (browser == "Firefox") {
    return Say(
        language,
        "For all users: name the files in /etc/firefox/policies/policies.json under Certificates.Install, "
        "issuing CAs before the root. update-ca-certificates alone does not help.",
        "För alla användare: ange filerna i /etc/firefox/policies/policies.json under "
        "Certificates.Install, utfärdarcertifikat före rotcertifikat. Enbart update-ca-certificates "
        "hjälper inte.");
  }
  const char* text =
      Say(language,
          "In each user's database: certutil -d sql:FOLDER -A -t ,, -n NAME -i FILE for issuing CAs, "
          "then the same with -t C,, for the root; for the root alone the policy CACertificates will do. "
          "update-ca-certificates alone does not help.",
          "I varje användares databas: certutil -d sql:MAPP -A -t ,, -n NAMN -i FIL för "
          "utfärdarcertifikat, sedan samma med -t C,, för rotcertifikatet; för enbart rotcertifikatet räcker "
          "policyn CACertificates. Enbart update-ca-certificates hjälper inte.");
  return absl::StrCat(text, " ", MakeDatabaseText(language));
}

// CA_NOT_IN_BROWSER_STORE: a required CA that the machine has is in none of the stores
// that a user's browser looks at. On Linux the system bundle alone helps no browser.
class CaNotInBrowserStore final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCaNotInBrowserStore; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    const std::vector<Group> groups = GroupBrowsers(facts);
    const auto everywhere = LackingEverywhere(facts, groups);
    for (const Group& group : groups) {
      if (group.lacking.empty()) continue;
      Finding finding = NewFinding(code());
      std::vector<std::string> cas;
      std::vector<const CardView*> stopped;
      for (const RequiredCa* required : group.lacking) {
        cas.push_back(CommonName(required->ca->subject));
        const auto needed_by = everywhere.find(required);
        if (needed_by == everywhere.end()) continue;
        for (const CardView* card : needed_by->second) {
          if (std::find(stopped.begin(), stopped.end(), card) == stopped.end()) stopped.push_back(card);
        }
      }
      std::vector<std::string> users;
      for (const TrustView* view : group.views) {
        users.push_back(BrowserDatabase(*view->browser(), facts.c.snapshot, language));
      }
      finding.subject = CleanText(group.browser, 64);
      finding.evidence = absl::Substitute(
          Say(language,
              "the machine has them, but this browser does not look there: $0. Its own stores lack them: $1",
              "datorn har dem, men den här webbläsaren letar inte där: $0. De saknas i dess egna lager: $1"),
          ListText(cas, 8, language), ListText(users, 6, language));
      if (const std::vector<std::string> ended = Ended(group); !ended.empty()) {
        finding.evidence += absl::Substitute(
            Say(language, "; what they have of these has ended: $0", "; det de har av dessa har gått ut: $0"),
            ListText(ended, 8, language));
      }
      if (group.lacking.size() == 1) finding.ca = group.lacking.front()->ca->id;
      if (stopped.empty()) {
        finding.severity = Severity::kWarning;
        finding.evidence += Say(language, "; no card that is here now fails in every browser because of it",
                                "; inget kort som sitter i nu misslyckas i alla webbläsare på grund av det");
      } else {
        finding.evidence += NeededByText(stopped, language);
        LowerForUsableLogin(facts, finding);
      }
      finding.remedy = absl::StrCat(
          absl::Substitute(Say(language, "Install the CA certificates that $0 lacks in its own stores too. ",
                               "Installera de CA-certifikat som $0 saknar även i dess egna lager. "),
                           finding.subject),
          Remedy(group.browser, language));
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CaNotInBrowserStoreRule() {
  static const CaNotInBrowserStore rule;
  return rule;
}

}  // namespace kortvakt
