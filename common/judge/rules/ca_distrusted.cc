#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/usable_login.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// Who here can use the CA, be it by another certificate of its own than the distrusted one.
enum class Usable { kByNobody, kBySome, kByAll };

Usable UsableBy(const Facts& facts, const CataloguedCa& ca, const RequiredCa& required) {
  if (facts.c.snapshot.browsers.empty()) {
    const bool nowhere = required.presence == CaPresence::kMissing && required.user_stores.empty();
    return nowhere ? Usable::kByNobody : Usable::kBySome;
  }
  size_t can = 0;
  size_t cannot = 0;
  for (const TrustView& view : facts.views) {
    const CaGap gap = view.GapOf(ca);
    can += gap == CaGap::kNone ? 1 : 0;
    cannot += gap == CaGap::kDistrusted || IsLacking(gap) ? 1 : 0;
  }
  if (cannot == facts.views.size()) return Usable::kByNobody;
  return can == facts.views.size() ? Usable::kByAll : Usable::kBySome;
}

// CA_DISTRUSTED: a certificate of a required CA is actively distrusted in a store, which
// outweighs that it is trusted in another of the same browser. Retired CAs, which are rightly
// distrusted, are not required.
class CaDistrusted final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kCaDistrusted; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    const Language language = facts.language();
    const auto needed = NeededCas(facts);
    for (const RequiredCa& required : facts.required_cas) {
      if (required.distrusted_in.empty()) continue;
      Finding finding = NewFinding(code());
      finding.subject = CommonName(required.ca->subject);
      finding.ca = required.ca->id;
      std::vector<std::string> stores;
      for (const TrustStoreFacts* store : required.distrusted_in)
        stores.push_back(StoreName(*store, language));
      finding.evidence =
          absl::Substitute(Say(language, "marked as distrusted in $0", "markerat som ej betrott i $0"),
                           ListText(stores, 6, language));
      if (needed.count(required.ca->id) == 0) {
        finding.severity = Severity::kWarning;
        finding.evidence +=
            Say(language, "; no card that is here now needs it", "; inget kort som sitter i nu behöver det");
      } else if (const Usable usable = UsableBy(facts, *required.ca, required); usable == Usable::kByAll) {
        finding.severity = Severity::kInfo;
        finding.evidence +=
            Say(language, "; every browser that is here has it so that it counts all the same",
                "; alla webbläsare som finns här har det ändå så att det räknas");
      } else if (usable == Usable::kBySome) {
        finding.severity = Severity::kWarning;
        finding.evidence += Say(language, "; not everybody here is affected", "; inte alla här berörs");
      }
      if (const auto need = needed.find(required.ca->id); need != needed.end()) {
        finding.evidence += NeededByText(need->second.cards, language);
      }
      LowerForUsableLogin(facts, finding);
      // An issuing CA with "C" would be an end of chains itself.
      const bool root = required.ca->role == CaRole::kRoot;
      finding.remedy = absl::Substitute(
          Say(language,
              "Find out who distrusted it and why. If it was a mistake, take the mark away in that store "
              "(certutil -M -t $0 for a browser's database, the policy, or p11-kit's blocklist).",
              "Ta reda på vem som tog bort förtroendet och varför. Var det ett misstag, ta bort markeringen "
              "i det lagret (certutil -M -t $0 för en webbläsares databas, policyn, eller p11-kits "
              "spärrlista)."),
          root ? "C,," : ",,");
      findings.push_back(std::move(finding));
    }
  }
};

}  // namespace

const Rule& CaDistrustedRule() {
  static const CaDistrusted rule;
  return rule;
}

}  // namespace kortvakt
