#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/bytes.h"
#include "common/judge/card_modules.h"
#include "common/judge/rules/cert_dates.h"
#include "common/judge/rules/rules.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Files that are registered and not there, which a removed package leaves behind.
std::vector<std::string> AbsentFiles(const BrowserFacts& browser) {
  std::vector<std::string> files;
  for (const SecurityModuleFacts& module : browser.modules) {
    if (module.absent) files.push_back(CleanText(module.file, 128));
  }
  return files;
}

// Browsers of one name with the same trouble make one finding.
struct Group {
  std::string browser;
  bool can = false;
  std::vector<std::string> absent;
  std::vector<const BrowserFacts*> browsers;
};

std::vector<Group> Troubled(const Facts& facts) {
  std::vector<Group> groups;
  for (const BrowserFacts& browser : facts.c.snapshot.browsers) {
    const CardReach reach = CardReachOf(browser, facts.c.policy);
    Group group{browser.name, reach == CardReach::kCan, AbsentFiles(browser), {&browser}};
    if (reach == CardReach::kCannotTell || (group.can && group.absent.empty())) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& other) {
      return other.browser == group.browser && other.can == group.can && other.absent == group.absent;
    });
    if (same != groups.end()) {
      same->browsers.push_back(&browser);
    } else {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

// Whether each of the group's users has a browser that reaches cards.
bool AllHaveAnother(const Facts& facts, const Group& group) {
  const std::vector<BrowserFacts>& all = facts.c.snapshot.browsers;
  return std::all_of(group.browsers.begin(), group.browsers.end(), [&](const BrowserFacts* browser) {
    return std::any_of(all.begin(), all.end(), [&](const BrowserFacts& other) {
      return other.owner == browser->owner && CardReachOf(other, facts.c.policy) == CardReach::kCan;
    });
  });
}

// MIDDLEWARE_MISSING: a browser has no PKCS#11 module that serves cards, while there is a
// reader here. For information where its user has another browser that has one. An app
// that logs in by itself (SITHS eID) needs none in the browser: so never more than a warning.
class MiddlewareMissing final : public Rule {
 public:
  FindingCode code() const override { return FindingCode::kMiddlewareMissing; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    if (facts.c.snapshot.readers.empty()) return;  // NO_READER's and PCSC_SERVICE_DOWN's business
    for (const Group& group : Troubled(facts)) findings.push_back(About(facts, group));
  }

 private:
  Finding About(const Facts& facts, const Group& group) const {
    const Language language = facts.language();
    Finding finding = NewFinding(code());
    finding.subject = CleanText(group.browser, 64);
    std::vector<std::string> databases;
    for (const BrowserFacts* browser : group.browsers) {
      databases.push_back(BrowserDatabase(*browser, facts.c.snapshot, language));
    }
    const std::string where = ListText(databases, 6, language);
    if (group.can) {
      finding.evidence = absl::Substitute(Say(language, "a module that is registered has no file: $0. In: $1",
                                              "en registrerad modul saknar fil: $0. I: $1"),
                                          ListText(group.absent, 4, language), where);
      Lower(Severity::kInfo, Say(language, "another module serves cards", "en annan modul når kort"),
            finding);
      finding.remedy =
          Say(language, "Remove what is left of the module that is gone from the browser's settings.",
              "Ta bort det som finns kvar av den borttagna modulen ur webbläsarens inställningar.");
      return finding;
    }
    finding.evidence = absl::Substitute(Say(language, "no module for cards is registered in: $0",
                                            "ingen modul för kort är registrerad i: $0"),
                                        where);
    if (!group.absent.empty()) {
      absl::StrAppend(&finding.evidence,
                      absl::Substitute(Say(language, "; registered, but there is no such file: $0",
                                           "; registrerad, men filen finns inte: $0"),
                                       ListText(group.absent, 4, language)));
    }
    if (AllHaveAnother(facts, group)) {
      Lower(Severity::kInfo,
            Say(language, "the same users have another browser that has one",
                "samma användare har en annan webbläsare som har en"),
            finding);
    }
    finding.remedy = Remedy(group.browser, language);
    return finding;
  }

  static std::string Remedy(const std::string& browser, Language language) {
    if (browser == "Firefox") {
      return Say(language,
                 "Install the card's middleware (Net iD, SafeNet, or OpenSC) and name its module in "
                 "/etc/firefox/policies/policies.json under SecurityDevices.Add.",
                 "Installera kortets mellanprogram (Net iD, SafeNet eller OpenSC) och ange dess modul i "
                 "/etc/firefox/policies/policies.json under SecurityDevices.Add.");
    }
    const char* text =
        Say(language,
            "Install the card's middleware (Net iD, SafeNet, or OpenSC) and register its module in each "
            "user's database: modutil -dbdir sql:FOLDER -add NAME -libfile FILE, with the browser closed.",
            "Installera kortets mellanprogram (Net iD, SafeNet eller OpenSC) och registrera dess modul i "
            "varje användares databas: modutil -dbdir sql:MAPP -add NAMN -libfile FIL, med webbläsaren "
            "stängd.");
    return absl::StrCat(text, " ", MakeDatabaseText(language));
  }
};

}  // namespace

const Rule& MiddlewareMissingRule() {
  static const MiddlewareMissing rule;
  return rule;
}

}  // namespace kortvakt
