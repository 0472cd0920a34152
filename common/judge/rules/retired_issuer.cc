#include "absl/strings/substitute.h"
#include "common/judge/rules/rules.h"
#include "common/judge/rules/unusable_issuer.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// RETIRED_ISSUER: a login certificate that has not ended, by a CA that has: no
// service accepts it any more.
class RetiredIssuer final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kRetiredIssuer; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    FindUnusableIssuers(
        facts,
        {code(), [](const CataloguedCa& ca, const Policy&) { return ca.state != CaState::kCurrent; },
         [](const CataloguedCa& ca, const Policy&, Language language) {
           return absl::Substitute(
               ca.state == CaState::kBlocked
                   ? Say(language, "the CA '$0' is blocked", "utfärdaren '$0' är spärrad")
                   : Say(language, "the CA '$0' is no longer in use", "utfärdaren '$0' används inte längre"),
               CommonName(ca.subject));
         },
         [](const Policy&, Language language) -> std::string {
           return Say(language, "Order a new card from the card office: this one is of a retired generation.",
                      "Beställ ett nytt kort hos kortkontoret: det här är av en avvecklad generation.");
         }},
        findings);
  }
};

}  // namespace

const Rule& RetiredIssuerRule() {
  static const RetiredIssuer rule;
  return rule;
}

}  // namespace kortvakt
