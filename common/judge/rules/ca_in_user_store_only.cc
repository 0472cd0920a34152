#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// CAs that the same users' stores hold make one finding.
struct Group {
  std::vector<const RequiredCa*> cas;
  std::vector<const TrustStoreFacts*> stores;
};

std::vector<Group> GroupByStores(const Facts& facts) {
  std::vector<Group> groups;
  for (const RequiredCa& required : facts.required_cas) {
    if (required.presence != CaPresence::kMissing || required.user_stores.empty()) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&required](const Group& group) {
      return group.stores == required.user_stores;
    });
    if (same != groups.end()) {
      same->cas.push_back(&required);
    } else {
      groups.push_back({{&required}, required.user_stores});
    }
  }
  return groups;
}

// The browsers that are here and lack one of the group's CAs.
std::vector<std::string> BrowsersWithout(const Facts& facts, const Group& group) {
  std::vector<std::string> without;
  for (const TrustView& view : facts.views) {
    if (view.browser() == nullptr) continue;
    const bool lacks = std::any_of(group.cas.begin(), group.cas.end(), [&](const RequiredCa* required) {
      return IsLacking(view.GapOf(*required->ca));
    });
    if (lacks) without.push_back(BrowserName(*view.browser(), facts.c.snapshot));
  }
  return without;
}

// CA_IN_USER_STORE_ONLY: a required CA is in no store of the machine, only in those of
// single users. They can log in; who sits down here next cannot.
class CaInUserStoreOnly final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCaInUserStoreOnly; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    for (const Group& group : GroupByStores(facts)) {
      Finding finding = NewFinding(code());
      std::vector<std::string> names;
      for (const RequiredCa* required : group.cas) names.push_back(CommonName(required->ca->subject));
      std::vector<std::string> stores;
      for (const TrustStoreFacts* store : group.stores) stores.push_back(StoreName(*store, language));
      finding.subject = ListText(names, 8, language);
      if (group.cas.size() == 1) finding.ca = group.cas.front()->ca->id;
      finding.evidence =
          absl::Substitute(Say(language, "only in $0", "bara i $0"), ListText(stores, 6, language));
      const std::vector<std::string> without = BrowsersWithout(facts, group);
      if (!without.empty()) {
        finding.evidence +=
            absl::Substitute(Say(language, "; not in the stores of $0", "; inte i lagren för $0"),
                             ListText(without, 6, language));
      } else if (!facts.c.snapshot.browsers.empty()) {
        finding.severity = Severity::kInfo;
        finding.evidence += Say(language, "; every browser that is here now has it",
                                "; alla webbläsare som finns här nu har det");
      }
      finding.remedy = Say(
          language,
          "Install them for all users: in the system's store, and for browsers by policy (Firefox: "
          "Certificates.Install) or in each user's database; issuing CAs before the root.",
          "Installera dem för alla användare: i systemets lager, och för webbläsare genom policy (Firefox: "
          "Certificates.Install) eller i varje användares databas; utfärdarcertifikat före rotcertifikat.");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CaInUserStoreOnlyRule() {
  static const CaInUserStoreOnly rule;
  return rule;
}

}  // namespace kortvakt
