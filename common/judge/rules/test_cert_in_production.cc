#include "common/judge/rules/rules.h"
#include "common/judge/rules/unusable_issuer.h"
#include "common/judge/words.h"

namespace kortvakt {
namespace {

// TEST_CERT_IN_PRODUCTION: a card of the other environment than the workstation
// works in; also a production card where the policy says test.
class TestCertInProduction final : public ValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kTestCertInProduction; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    FindUnusableIssuers(
        facts,
        {code(),
         [](const CataloguedCa& ca, const Policy& policy) { return ca.environment != policy.environment; },
         [](const CataloguedCa& ca, const Policy&, Language language) -> std::string {
           return ca.environment == CaEnvironment::kTest
                      ? Say(language, "issued in the test environment", "utfärdat i testmiljön")
                      : Say(language, "issued in production", "utfärdat i produktion");
         },
         [](const Policy& policy, Language language) -> std::string {
           return policy.environment == CaEnvironment::kProduction
                      ? Say(language,
                            "Use the holder's ordinary card: services in production do not accept test "
                            "cards.",
                            "Använd innehavarens vanliga kort: tjänster i produktion godtar inte testkort.")
                      : Say(language,
                            "Use a test card: this workstation works in the test environment (policy "
                            "`environment`).",
                            "Använd ett testkort: den här arbetsstationen hör till testmiljön (`environment` "
                            "i "
                            "policyn).");
         }},
        findings);
  }
};

}  // namespace

const Rule& TestCertInProductionRule() {
  static const TestCertInProduction rule;
  return rule;
}

}  // namespace kortvakt
