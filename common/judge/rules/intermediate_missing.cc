#include "common/judge/rules/missing_ca.h"
#include "common/judge/rules/rules.h"

namespace kortvakt {
namespace {

// INTERMEDIATE_MISSING: a required issuing CA is in none of the machine's stores
// (docs/findings.md says what counts). Where a store could not be read it
// cannot be told: TRUST_STORE_UNREADABLE.
class IntermediateMissing final : public CaValidityRule {
 public:
  FindingCode code() const override { return FindingCode::kIntermediateMissing; }
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const override {
    FindMissingCas(facts, code(), CaRole::kIssuing, findings);
  }
};

}  // namespace

const Rule& IntermediateMissingRule() {
  static const IntermediateMissing rule;
  return rule;
}

}  // namespace kortvakt
