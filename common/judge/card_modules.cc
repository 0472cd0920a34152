#include "common/judge/card_modules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxFile = 128;

bool ServesCards(const SecurityModuleFacts& module, const Policy& policy) {
  const std::string name = module.file.substr(module.file.rfind('/') + 1);
  return std::any_of(policy.card_modules.begin(), policy.card_modules.end(), [&](const std::string& known) {
    return name == known || absl::StartsWith(name, absl::StrCat(known, "."));
  });
}

}  // namespace

std::vector<std::string> CardModules(const BrowserFacts& browser, const Policy& policy) {
  std::vector<std::string> files;
  for (const SecurityModuleFacts& module : browser.modules) {
    if (!module.absent && ServesCards(module, policy)) files.push_back(CleanText(module.file, kMaxFile));
  }
  return files;
}

CardReach CardReachOf(const BrowserFacts& browser, const Policy& policy) {
  if (!CardModules(browser, policy).empty()) return CardReach::kCan;
  return browser.modules_state == ModulesState::kRead ? CardReach::kCannot : CardReach::kCannotTell;
}

}  // namespace kortvakt
